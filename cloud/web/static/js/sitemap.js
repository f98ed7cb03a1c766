// The map of sites: clusters, open alarms, communes and the circle of a search; true without a reload.
import { age } from "./format.js";
import { drawLand, hideCrowded, overlaps } from "./mapland.js";
import { language, t } from "./words.js";

const CELL = 52; // pixels: sites nearer to each other than this become one mark
const asked = new Set();
const place = document.getElementById("site-map");
const form = document.getElementById("map-form");
const view = { map: null, layer: null, circle: null, sites: [], areas: [], land: { communes: new Map() }, framed: "" };

start();

async function start() {
  const map = L.map(place, { zoomControl: false, attributionControl: true, minZoom: 4, maxZoom: 15, zoomSnap: 0.25,
    scrollWheelZoom: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false });
  L.control.zoom({ zoomInTitle: t("zoom_in"), zoomOutTitle: t("zoom_out") }).addTo(map);
  map.attributionControl.setPrefix(false);
  Object.assign(view, { map, layer: L.layerGroup().addTo(map) });
  map.setView([21.8, 104.5], 8, { animate: false });
  view.land = await drawLand(map);
  map.fitBounds(view.land.frame, { animate: false });
  map.setMaxBounds(L.latLngBounds(view.land.frame).pad(0.6));
  map.on("zoomend", draw);
  map.on("click", pick);
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.addEventListener("change", () => place.classList.toggle(`no-${box.dataset.layer}`, !box.checked));
  }
  document.getElementById("pick-middle").addEventListener("click", ({ currentTarget }) => setPicking(currentTarget.ariaPressed !== "true"));
  document.body.addEventListener("htmx:afterSettle", ({ detail }) => detail.elt.id === "sitemap" && load());
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(place);
  await load();
}

// What the list beneath was asked for is asked for the map too.
async function load() {
  const chosen = JSON.parse(document.getElementById("sitemap").dataset.chosen);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(chosen)) {
    for (const each of [value].flat()) if (each !== "" && each !== null) query.append(key, each);
  }
  const answer = await fetch(`/api/v1/map?${query}`);
  if (!answer.ok) return;
  Object.assign(view, await answer.json());
  drawCircle(chosen);
  if (view.framed !== String(query)) frame(chosen, String(query));
  draw();
}

// A new question moves the map to its answer; a new alarm does not.
function frame(chosen, query) {
  const first = view.framed === "";
  view.framed = query || "all";
  if (view.circle) view.map.fitBounds(view.circle.getBounds(), { animate: false });
  else if (chosen.area && view.sites.length) view.map.fitBounds(boundsOf(view.sites).pad(0.3), { animate: false, maxZoom: 12 });
  else if (!first) view.map.fitBounds(view.land.frame, { animate: false });
}

function drawCircle({ near, km }) {
  view.circle?.remove();
  const [lat, lon] = near.split(/[\s,;]+/).filter(Boolean).map(Number);
  view.circle = Number.isFinite(lat) && Number.isFinite(lon)
    ? L.circle([lat, lon], { radius: km * 1000, className: "map-circle", interactive: false }).addTo(view.map) : null;
}

function draw() {
  view.layer.clearLayers();
  drawAreas();
  const groups = clusters(view.sites);
  const markers = groups.map((group) => (group.length > 1 ? addCluster(group) : addSite(group[0])));
  const taken = markers.map((marker) => marker.getElement().getBoundingClientRect());
  const box = place.getBoundingClientRect();
  groups.forEach((group, index) => group.length === 1 && nameSite(markers[index], group[0], taken, box));
  hideCrowded(place);
}

// Sites of one cell of the screen stand together; the list is sorted, so the worst gives the group its mark.
function clusters(sites) {
  const cells = new Map();
  for (const site of [...sites].sort((a, b) => rank(a) - rank(b))) {
    const { x, y } = view.map.project([site.lat, site.lon]);
    const near = [...cells.values()].find((cell) => Math.hypot(cell.x - x, cell.y - y) < CELL);
    if (near) near.sites.push(site);
    else cells.set(site.id, { x, y, sites: [site] });
  }
  return [...cells.values()].map((cell) => cell.sites);
}

function rank({ severity, mark }) {
  return severity ?? (mark === "site_ok" ? 9 : 6);
}

function addCluster(group) {
  const html = document.createElement("span");
  html.className = "link";
  html.append(shape(group[0].mark, 14), String(group.length));
  const label = `${group.length} ${t("sites")}: ${t(group[0].mark)}`;
  const icon = L.divIcon({ html, className: `map-cluster at-${group[0].mark}`, iconSize: [48, 28] });
  const marker = L.marker(middle(group), { icon, keyboard: true, title: label, alt: label, zIndexOffset: 1000 - 50 * rank(group[0]) });
  return listen(marker, () => open(marker, group)).addTo(view.layer);
}

// Zooms in until they come apart; where they never will, it lists them.
function open(marker, group) {
  const bounds = boundsOf(group);
  const zoom = Math.min(view.map.getBoundsZoom(bounds.pad(0.2)), view.map.getMaxZoom());
  if (zoom > view.map.getZoom() + 0.2) view.map.setView(bounds.getCenter(), zoom, { animate: false });
  else popUp(marker, group);
}

function addSite(site) {
  const words = `${name(site)}: ${state(site)}`;
  const icon = L.divIcon({ html: shape(site.mark, 22), className: `site-mark at-${site.mark}`, iconSize: [24, 24] });
  const marker = L.marker([site.lat, site.lon], { icon, keyboard: true, title: words, alt: words, zIndexOffset: 1000 - 50 * rank(site) });
  return listen(marker, () => popUp(marker, [site])).addTo(view.layer);
}

function listen(marker, act) {
  marker.on("click", act);
  marker.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && act());
  return marker;
}

function popUp(marker, group) {
  const list = document.createElement("ul");
  list.append(...group.map(entry));
  L.popup({ closeButton: true, maxWidth: 300, offset: [0, -8] }).setLatLng(marker.getLatLng()).setContent(list).openOn(view.map);
  list.querySelector("a").focus();
}

function entry(site) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `/devices?site=${encodeURIComponent(site.id)}`, textContent: name(site) });
  const said = Object.assign(document.createElement("div"), { className: "small" });
  said.append(shape(site.mark, 14), ` ${state(site)} · ${site.read_at ? age(site.read_at) : t("no_value")}`);
  item.append(link, said);
  if (site.alarms) {
    const alarms = Object.assign(document.createElement("a"), { href: `/alarms?site=${encodeURIComponent(site.id)}`, textContent: `${site.alarms} ${t("alarms_open")}` });
    item.append(alarms);
  }
  return item;
}

function nameSite(marker, site, taken, frame) {
  for (const [direction, ...offset] of [["right", 11, 0], ["left", -11, 0], ["top", 0, -11], ["bottom", 0, 11]]) {
    marker.bindTooltip(name(site), { permanent: true, direction, offset, className: `site-name at-${site.mark}` });
    const box = marker.getTooltip().getElement().getBoundingClientRect();
    const inside = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
    if (inside && !taken.some((other) => overlaps(box, other))) {
      taken.push(box);
      return;
    }
    marker.unbindTooltip();
  }
  marker.bindTooltip(`${name(site)}: ${state(site)}`, { direction: "auto", className: `site-name at-${site.mark}` });
}

// A commune with a shape of its own shows its worst alarm at its border; one without has its name at the middle of its sites.
function drawAreas() {
  for (const area of view.areas) {
    const shapes = view.land.communes.get(area.id);
    if (shapes) {
      for (const each of shapes) each.getElement()?.setAttribute("class", `map-commune${area.severity ? ` at-severity_${area.severity}` : ""}`);
    } else {
      L.tooltip({ permanent: true, direction: "center", className: "map-name map-name-area", interactive: false, offset: [0, 26] })
        .setLatLng([area.lat, area.lon]).setContent(document.createTextNode(name(area))).addTo(view.layer);
    }
  }
}

function pick({ latlng }) {
  if (!place.classList.contains("picking")) return;
  setPicking(false);
  const near = document.getElementById("near");
  near.value = `${latlng.lat.toFixed(4)},${latlng.lng.toFixed(4)}`;
  near.dispatchEvent(new Event("change", { bubbles: true }));
}

function setPicking(on) {
  document.getElementById("pick-middle").ariaPressed = String(on);
  place.classList.toggle("picking", on);
}

function shape(mark, size) {
  const svg = document.querySelector(`[data-shape="${mark}"] svg`).cloneNode(true);
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  return svg;
}

function boundsOf(sites) {
  return L.latLngBounds(sites.map((site) => [site.lat, site.lon]));
}

function middle(sites) {
  return [sites.reduce((sum, site) => sum + site.lat, 0) / sites.length, sites.reduce((sum, site) => sum + site.lon, 0) / sites.length];
}

function name(thing) {
  return thing.name[language];
}

function state({ mark, alarms }) {
  return alarms ? `${t(mark)} · ${alarms} ${t("alarms_open")}` : t(mark);
}

// A reading renews the age of its site; the first one turns it from grey.
document.body.addEventListener("thacba:reading", ({ detail }) => {
  const list = document.getElementById("sitemap");
  const site = JSON.parse(list?.dataset.sites ?? "{}")[detail.gateway];
  if (!site) {
    if (!asked.has(detail.gateway)) renew(); // a gateway that was added since: the server knows where it stands
    asked.add(detail.gateway);
    return;
  }
  const cell = list.querySelector(`[data-newest="${CSS.escape(site)}"]`);
  const at = detail.observed_at;
  if (!at || !cell) return;
  const before = Number(cell.querySelector("time")?.dataset.age ?? 0);
  if (!before) renew();
  if (at <= before) return;
  const time = document.createElement("time");
  time.dataset.age = at;
  time.textContent = age(at);
  cell.replaceChildren(time);
});

function renew() {
  document.body.dispatchEvent(new CustomEvent("thacba:newsite", { detail: {} }));
}
