// Listens to the live feed and tells the page: thacba:reading, thacba:alarm, thacba:gateway, thacba:reset on <body>.
import { setNow, t } from "./words.js";

const SILENCE_MS = 40e3; // the centre beats every 15 s
let last = document.body.dataset.liveAfter;
let heard = Date.now();
let source = null;

export function startLive() {
  if (!document.getElementById("live")) return;
  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  setInterval(watch, 5e3);
}

function open() {
  if (source) return;
  heard = Date.now();
  source = new EventSource(`/api/v1/live?after=${last}`);
  source.addEventListener("open", () => show("live"));
  source.addEventListener("error", () => show("offline"));
  source.addEventListener("beat", (event) => {
    heard = Date.now();
    setNow(JSON.parse(event.data).now);
  });
  for (const kind of ["reading", "alarm", "gateway", "reset"]) {
    source.addEventListener(kind, (event) => pass(kind, event));
  }
}

function close() {
  source?.close();
  source = null;
}

function pass(kind, event) {
  heard = Date.now();
  last = event.lastEventId;
  document.body.dispatchEvent(new CustomEvent(`thacba:${kind}`, { detail: JSON.parse(event.data) }));
}

// A browser gives up for good when the centre answers with an error (log-in expired, restart): try anew.
function watch() {
  if (document.hidden || !source) return;
  if (source.readyState === EventSource.CLOSED || Date.now() - heard > SILENCE_MS) {
    show("offline");
    close();
    open();
  }
}

function show(state) {
  const place = document.getElementById("live");
  place.dataset.state = state;
  place.lastElementChild.textContent = t(state);
}
