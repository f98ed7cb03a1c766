// Fetches the board anew once a minute while somebody looks, and keeps what is open.
const EVERY_MS = 60000;

async function renew() {
  if (document.hidden || document.querySelector("details[open]")) return;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("main").replaceChildren(...fresh.getElementById("main").children);
  } catch {
    // The old board stays, with its time above it.
  }
}

setInterval(renew, EVERY_MS);
