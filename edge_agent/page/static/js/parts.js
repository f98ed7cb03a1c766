// Keeps parts of the page young: asks the gateway for a part again and exchanges only the pieces that it sent anew, so
// that what somebody has ticked, opened or is reading stays as it is.
import { t } from "./words.js";

const LONGEST_MS = 8000;
const stale = document.getElementById("stale");

export function parts() {
  for (const part of document.querySelectorAll("[data-part]")) keep(part);
}

function keep(part) {
  const sent = new Map();
  let failures = 0;
  for (const piece of part.children) sent.set(piece.dataset.key, piece.outerHTML);

  async function look() {
    try {
      const answer = await fetch(part.dataset.part, { signal: AbortSignal.timeout(LONGEST_MS) });
      if (answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      exchange(part, await answer.text(), sent);
      failures = 0;
    } catch {
      failures += 1;
    }
    say(failures > 1);
    if (!part.dataset.until || !part.querySelector(part.dataset.until)) again();
  }

  function again() {
    setTimeout(() => (document.hidden ? again() : look()), Number(part.dataset.every));
  }

  again();
}

function exchange(part, text, sent) {
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  const there = new Map([...part.children].map((piece) => [piece.dataset.key, piece]));
  let before = null;
  for (const piece of [...fresh.children]) {
    const key = piece.dataset.key;
    const html = piece.outerHTML;
    let mine = there.get(key);
    if (!mine || (sent.get(key) !== html && !piecewise(mine, piece))) {
      const adopted = document.importNode(piece, true);
      if (mine) mine.replaceWith(adopted);
      mine = adopted;
    }
    sent.set(key, html);
    there.delete(key);
    const place = before ? before.nextElementSibling : part.firstElementChild;
    if (place !== mine) part.insertBefore(mine, place);
    before = mine;
  }
  for (const gone of there.values()) gone.remove();
}

// A piece with something in use inside (a pressed button, an open list) is changed point by point, not exchanged.
function piecewise(mine, piece) {
  const old = [...mine.querySelectorAll("[data-point]")];
  const young = [...piece.querySelectorAll("[data-point]")];
  if (!old.length || old.length !== young.length || mine.querySelectorAll("p.lead").length !== piece.querySelectorAll("p.lead").length) return false;
  old.forEach((point, place) => {
    if (point.outerHTML !== young[place].outerHTML) point.replaceWith(document.importNode(young[place], true));
  });
  return true;
}

function say(old) {
  if (stale.hidden === !old) return;
  stale.textContent = old ? t("stale") : "";
  stale.hidden = !old;
}
