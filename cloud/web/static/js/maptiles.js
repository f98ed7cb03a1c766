// The province's own tiles beneath the land: pictures, or shapes that are drawn here. They come from our own server.
const VECTORS = "/static/vendor/protomaps-leaflet/protomaps-leaflet.js";
const DEEPER = 2; // zooms below the last one of the file, in which its tiles are drawn larger

// Whether there are any.
export async function addTiles(map) {
  const answer = await fetch("/api/v1/map/tiles");
  const told = answer.ok ? await answer.json() : { kind: "" };
  if (!told.kind) return false;
  const [west, south, east, north] = told.bounds;
  const options = { attribution: plain(told.attribution), bounds: [[south, west], [north, east]], noWrap: true };
  const url = `/api/v1/map/tiles/{z}/{x}/{y}?v=${told.digest}`;
  const layer = told.kind === "vector" ? await vectors(url, told, options)
    : L.tileLayer(url, { ...options, minNativeZoom: told.min_zoom, maxNativeZoom: told.max_zoom, maxZoom: 19 });
  layer.addTo(map);
  map.setMaxZoom(Math.max(map.getMaxZoom(), Math.min(19, told.max_zoom + DEEPER)));
  return true;
}

async function vectors(url, told, options) {
  await script(VECTORS);
  const flavor = document.documentElement.dataset.theme === "light" ? "light" : "dark";
  return protomapsL.leafletLayer({ ...options, url, flavor, lang: "vi", maxDataZoom: told.max_zoom });
}

function script(address) {
  return new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: address, onload: done, onerror: failed }));
  });
}

// Leaflet takes HTML here, and these words come out of a file.
function plain(words) {
  return words.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt()};`);
}
