// The claim of the QR code stands behind the # of the address, which no browser sends: it is taken from there, kept
// until somebody has shown the code of the label, and then handed to the gateway.
const KEPT = "thacba-claim";

export function claims() {
  take();
  const link = sessionStorage.getItem(KEPT);
  if (!link) return;
  const login = document.querySelector("[data-login]");
  if (login) {
    login.elements.back.value = "/join";
    document.getElementById("claim-kept").hidden = false;
  }
  const form = document.getElementById("by-link");
  if (form) offer(form, link);
}

function take() {
  const fragment = location.hash.slice(1);
  if (!new URLSearchParams(fragment).get("claim")) return;
  sessionStorage.setItem(KEPT, `${location.origin}/#${fragment}`);
  history.replaceState(null, "", location.pathname + location.search); // off the screen and out of the history
  if (!document.querySelector("[data-login]") && location.pathname !== "/join") location.assign("/join");
}

function offer(form, link) {
  const facts = new URLSearchParams(new URL(link).hash.slice(1));
  form.elements.link.value = link;
  for (const place of form.querySelectorAll("[data-claim]")) place.textContent = facts.get(place.dataset.claim) ?? "";
  form.hidden = false;
  document.getElementById("by-code").hidden = true;
  form.addEventListener("submit", () => sessionStorage.removeItem(KEPT));
}
