// Keeps the shell on the phone, so that opening the page out of reach says what to do instead of a browser's error.
const SHELL = "thacba-shell-1";
const KEPT = [
  "/offline", "/static/style.css", "/static/icon-192.png", "/static/icon-512.png", "/manifest.webmanifest",
  ...["main", "words", "claim", "forms", "pad", "parts", "photo", "place", "exif"].map((name) => `/static/js/${name}.js`),
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forget().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const { pathname } = new URL(event.request.url);
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match("/offline")));
  else if (KEPT.includes(pathname)) event.respondWith(fetch(event.request).catch(() => caches.match(pathname)));
});

async function forget() {
  for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
}
