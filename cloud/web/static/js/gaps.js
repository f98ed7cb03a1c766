// Says why a chart has gaps: hatched bands behind the line, a legend, and a table with the same facts in words.
import { moment, number } from "./format.js";
import { now, t } from "./words.js";

const AGAIN_MS = 30e3;
const TILE = 12;
const STRIP = 5; // the foot of a band: seen also where the hatch is thin
const LEAST = 3;
const TINT = 0.13;
const INK = 0.6;
// Each kind has a colour and a hatch of its own: the hatch alone tells them apart.
const KINDS = {
  silent: { colour: "--none", lines: [[0, 6, 4, 6]] },
  awaited: { colour: "--severity-4", lines: [[3, 0, 3, 12], [9, 0, 9, 12]] },
  dropped: { colour: "--severity-2", lines: [[0, 0, 12, 12], [0, 12, 12, 0]] },
  dead_lettered: { colour: "--severity-1", lines: [[0, 0, 12, 12]] },
  late: { colour: "--accent", lines: [[0, 12, 12, 0]] },
  doubtful: { colour: "--severity-3", lines: [[2, 3, 4, 3], [8, 9, 10, 9]] },
};

// Asks for the gaps of the chart's range, but seldom: they change slowly.
export async function askForGaps(view, { begin, end }) {
  const { gateway, device, point, span } = view.place.dataset;
  if (view.gapsOf === span && now() - view.gapsAt < AGAIN_MS) return;
  const query = new URLSearchParams({ point, from: begin, to: end });
  const path = [gateway, device].map(encodeURIComponent).join("/");
  const answer = await fetch(`/api/v1/devices/${path}/gaps?${query}`);
  if (!answer.ok) return;
  view.gaps = (await answer.json()).items;
  view.gapsOf = span;
  view.gapsAt = now();
  show(view.gaps);
}

export function drawGaps(plot, gaps, colour) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const gap of gaps) {
    const ink = colour(KINDS[gap.kind].colour);
    const left = plot.valToPos(gap.begin / 1000, "x", true);
    const width = Math.max(LEAST * ratio, plot.valToPos(gap.end / 1000, "x", true) - left);
    ctx.globalAlpha = TINT;
    ctx.fillStyle = ink;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = INK;
    ctx.fillStyle = hatch(gap.kind, ink, ratio);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = ink;
    ctx.fillRect(left, bbox.top + bbox.height - STRIP * ratio, width, STRIP * ratio);
  }
  ctx.restore();
}

function hatch(kind, ink, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE * ratio;
  const ctx = tile.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.4;
  for (const [x1, y1, x2, y2] of KINDS[kind].lines) {
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
  }
  return ctx.createPattern(tile, "repeat");
}

function show(gaps) {
  const found = Object.keys(KINDS).filter((kind) => gaps.some((gap) => gap.kind === kind));
  document.getElementById("gap-legend").replaceChildren(...found.map(legend));
  const place = document.getElementById("gaps");
  place.hidden = gaps.length === 0;
  document.getElementById("gap-count").textContent = number(gaps.length, 0);
  place.querySelector("tbody").replaceChildren(...[...gaps].reverse().map(row));
}

function legend(kind) {
  const item = document.createElement("li");
  const swatch = document.createElement("canvas");
  swatch.width = 2 * TILE * devicePixelRatio;
  swatch.height = TILE * devicePixelRatio;
  swatch.className = "swatch";
  swatch.setAttribute("aria-hidden", "true");
  const ink = getComputedStyle(document.documentElement).getPropertyValue(KINDS[kind].colour).trim();
  const ctx = swatch.getContext("2d");
  ctx.fillStyle = hatch(kind, ink, devicePixelRatio);
  ctx.fillRect(0, 0, swatch.width, swatch.height);
  item.append(swatch, t(`gap_${kind}`));
  return item;
}

function row(gap) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = t(`gap_${gap.kind}`);
  const readings = gap.readings ? number(gap.readings, 0) : "–";
  line.append(head, cell("gap_from", moment(gap.begin), "time"), cell("gap_to", moment(gap.end), "time"));
  line.append(cell("gap_readings", readings, "number"), cell("gap_why", why(gap)));
  return line;
}

function cell(label, text, name = "") {
  const made = document.createElement("td");
  made.dataset.label = t(label);
  made.className = name;
  made.textContent = text;
  return made;
}

function why({ kind, reason, arrived_at: arrivedAt }) {
  if (arrivedAt) return t("gap_arrived", { at: moment(arrivedAt) });
  if (!reason) return t(`gap_why_${kind}`);
  return [`why_${reason}`, `reason_${reason}`].map((key) => [key, t(key)]).find(([key, text]) => text !== key)?.[1] ?? reason;
}
