// The map without internet: our own schematic drawing, and the sites with a shape and a name for their state.
import { t } from "./words.js";

const FRAME = [[21.31, 103.86], [22.3, 105.15]];

export async function startMap() {
  const place = document.getElementById("map");
  if (!place) return;
  const map = L.map(place, { zoomControl: false, attributionControl: true, minZoom: 7, maxZoom: 13, zoomSnap: 0.25,
    scrollWheelZoom: false, maxBounds: [[20.6, 103], [23, 106]] });
  L.control.zoom({ zoomInTitle: t("zoom_in"), zoomOutTitle: t("zoom_out") }).addTo(map);
  map.attributionControl.setPrefix(false).addAttribution(t("schematic"));
  map.fitBounds(FRAME);
  const answer = await fetch("/static/map/yen_bai.geojson");
  L.geoJSON(await answer.json(), {
    interactive: false,
    style: (feature) => ({ className: `map-${feature.properties.kind}` }),
    pointToLayer: (feature, at) => L.circleMarker(at, { radius: 2, className: "map-town" }),
    onEachFeature: nameIt,
  }).addTo(map);
  const layer = L.layerGroup().addTo(map);
  const draw = () => drawSites(layer);
  draw();
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "sites") draw();
  });
  new ResizeObserver(() => map.invalidateSize().fitBounds(FRAME)).observe(place);
}

function nameIt(feature, layer) {
  const { kind, name } = feature.properties;
  if (kind === "outline") return;
  layer.bindTooltip(name, { permanent: true, direction: kind === "town" ? "bottom" : "center",
    className: `map-name map-name-${kind}`, offset: [0, 0], interactive: false });
}

function drawSites(layer) {
  layer.clearLayers();
  const rows = [...document.querySelectorAll("[data-site]")];
  rows.sort((a, b) => a.dataset.lon - b.dataset.lon);
  rows.forEach((row, index) => {
    const { site, lat, lon, mark, name, alarms } = row.dataset;
    const words = alarms === "0" ? t(mark) : `${t(mark)} · ${alarms} ${t("alarms_open")}`;
    const shape = row.querySelector("svg").cloneNode(true);
    shape.setAttribute("width", "22");
    shape.setAttribute("height", "22");
    const icon = L.divIcon({ html: shape, className: `site-mark at-${mark}`, iconSize: [22, 22] });
    const marker = L.marker([Number(lat), Number(lon)], { icon, keyboard: true, title: `${name}: ${words}`, alt: `${name}: ${words}`,
      zIndexOffset: mark.startsWith("severity") ? 1000 : 0 });
    marker.bindTooltip(label(name, words), { permanent: true, direction: index % 2 ? "right" : "left",
      offset: [index % 2 ? 10 : -10, 0], className: `site-name at-${mark}` });
    marker.on("click keypress", () => location.assign(`/devices?site=${encodeURIComponent(site)}`));
    marker.addTo(layer);
  });
}

function label(name, words) {
  const box = document.createElement("span");
  box.append(name, document.createElement("br"), Object.assign(document.createElement("small"), { textContent: words }));
  return box;
}
