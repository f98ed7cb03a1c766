// The map without internet: the land, and the sites with a shape and a name for their state.
import { drawLand, hideCrowded, overlaps } from "./mapland.js";
import { t } from "./words.js";

export async function startMap() {
  const place = document.getElementById("map");
  if (!place) return;
  const map = L.map(place, { zoomControl: false, attributionControl: true, minZoom: 4, maxZoom: 13, zoomSnap: 0.25,
    scrollWheelZoom: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false });
  L.control.zoom({ zoomInTitle: t("zoom_in"), zoomOutTitle: t("zoom_out") }).addTo(map);
  map.attributionControl.setPrefix(false);
  map.setView([21.8, 104.5], 8, { animate: false });
  const { frame } = await drawLand(map);
  map.fitBounds(frame, { animate: false });
  const layer = L.layerGroup().addTo(map);
  map.setMaxBounds(L.latLngBounds(frame).pad(0.6));
  const draw = () => {
    drawSites(layer, place);
    hideCrowded(place);
  };
  draw();
  map.on("zoomend", draw);
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "sites") draw();
  });
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    map.invalidateSize({ animate: false }).fitBounds(frame, { animate: false });
    draw();
  }).observe(place);
}

const MANY = 20; // sites: where there are more, names are for those with an alarm

// The worst first: they get the room for their names; a name without room shows on hover and focus.
function drawSites(layer, place) {
  layer.clearLayers();
  const rows = [...document.querySelectorAll("[data-site]")].sort((a, b) => rank(a) - rank(b));
  const markers = rows.map((row) => addMarker(layer, row));
  const taken = markers.map((marker) => marker.getElement().getBoundingClientRect());
  const frame = place.getBoundingClientRect();
  markers.forEach((marker, index) => {
    const facts = rows[index].dataset;
    if (rows.length > MANY && facts.alarms === "0") bind(marker, facts, { permanent: false, direction: "auto" });
    else nameMarker(marker, facts, taken, frame);
  });
}

function rank(row) {
  return Number(/severity_(\d)/.exec(row.dataset.mark)?.[1] ?? (row.dataset.mark === "site_ok" ? 6 : 5));
}

function addMarker(layer, row) {
  const { site, lat, lon, mark, name } = row.dataset;
  const shape = row.querySelector("svg").cloneNode(true);
  shape.setAttribute("width", "22");
  shape.setAttribute("height", "22");
  const icon = L.divIcon({ html: shape, className: `site-mark at-${mark}`, iconSize: [22, 22] });
  const words = `${name}: ${stateOf(row.dataset)}`;
  const marker = L.marker([Number(lat), Number(lon)], { icon, keyboard: true, title: words, alt: words,
    zIndexOffset: 1000 - 100 * rank(row) });
  marker.on("click", () => location.assign(`/devices?site=${encodeURIComponent(site)}`));
  marker.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && marker.fire("click"));
  return marker.addTo(layer);
}

function stateOf({ mark, alarms }) {
  return alarms === "0" ? t(mark) : `${t(mark)} · ${alarms} ${t("alarms_open")}`;
}

function nameMarker(marker, facts, taken, frame) {
  for (const [direction, ...offset] of [["right", 11, 0], ["left", -11, 0], ["top", 0, -11], ["bottom", 0, 11]]) {
    bind(marker, facts, { permanent: true, direction, offset });
    const box = marker.getTooltip().getElement().getBoundingClientRect();
    if (isInside(box, frame) && !taken.some((other) => overlaps(box, other))) {
      taken.push(box);
      return;
    }
    marker.unbindTooltip();
  }
  bind(marker, facts, { permanent: false, direction: "auto" });
}

function bind(marker, facts, options) {
  marker.bindTooltip(label(facts.name, stateOf(facts)), { ...options, className: `site-name at-${facts.mark}` });
}

function isInside(box, frame) {
  return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
}

function label(name, words) {
  const box = document.createElement("span");
  box.append(name, document.createElement("br"), Object.assign(document.createElement("small"), { textContent: words }));
  return box;
}
