// The land under a map: ours, or the one that the province has uploaded; its tiles beneath, where there are any.
import { addTiles } from "./maptiles.js";
import { t } from "./words.js";

const OUR_FRAME = [[21.31, 103.86], [22.3, 105.15]];
const NATIONAL = 5; // degrees: what reaches so far shows Hoàng Sa and Trường Sa
// The middle of each; tiles may forget them.
const ISLANDS = { "Quần đảo Hoàng Sa (Việt Nam)": [112.0, 16.5], "Quần đảo Trường Sa (Việt Nam)": [114.4, 9.25] };
const PANES = ["commune", "outline"]; // beneath what lies in them

export async function drawLand(map) {
  const [answer, tiles] = await Promise.all([fetch("/api/v1/map/land"), addTiles(map)]);
  if (!answer.ok) return { frame: OUR_FRAME, communes: new Map() };
  const land = await answer.json();
  const communes = new Map();
  if (tiles && !land.features.some(({ properties }) => properties.kind === "island")) land.features.push(...islands());
  const rank = ({ properties }) => (PANES.includes(properties.kind) ? 0 : 1);
  land.features.sort((a, b) => rank(a) - rank(b));
  L.geoJSON(land, {
    interactive: false,
    style: (feature) => ({ className: `map-${feature.properties.kind}` }),
    pointToLayer: (feature, at) => L.circleMarker(at, { radius: 2, className: `map-${feature.properties.kind}` }),
    onEachFeature: (feature, layer) => nameIt(feature, layer, communes),
  }).addTo(map);
  const [west, south, east, north] = land.bbox;
  const national = Math.max(east - west, north - south) >= NATIONAL;
  map.attributionControl.addAttribution(land.thacba || tiles ? t("own_map") : t("schematic"));
  map.getContainer().classList.toggle("over-tiles", tiles);
  map.getContainer().classList.toggle("only-tiles", tiles && !land.thacba); // they take the place of our drawing
  if (national) {
    const middles = land.features.filter(({ properties }) => properties.kind === "island").map(({ geometry }) => geometry.coordinates.slice(0, 2).reverse());
    return { frame: L.latLngBounds([[south, west], [north, east], ...middles]), communes, national };
  }
  return { frame: land.thacba ? [[south, west], [north, east]] : OUR_FRAME, communes, national };
}

function islands() {
  return Object.entries(ISLANDS).map(([name, coordinates]) => (
    { type: "Feature", properties: { kind: "island", name }, geometry: { type: "Point", coordinates } }));
}

function nameIt({ properties: { kind, name, area } }, layer, communes) {
  if (kind === "commune" && area) communes.set(area, [...(communes.get(area) ?? []), layer]);
  if (kind === "outline" || !name) return;
  layer.bindTooltip(name, { permanent: true, direction: kind === "town" || kind === "island" ? "bottom" : "center",
    className: `map-name map-name-${kind}`, offset: [0, 0], interactive: false });
}

// Names of the land give way to the sites, and to each other.
export function hideCrowded(place) {
  const taken = [...place.querySelectorAll(".site-mark, .site-name, .map-cluster")].map((each) => each.getBoundingClientRect());
  for (const name of place.querySelectorAll(".map-name")) {
    const box = name.getBoundingClientRect();
    const crowded = taken.some((other) => overlaps(box, other));
    name.classList.toggle("crowded", crowded);
    if (!crowded) taken.push(box);
  }
}

export function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
