// Draws one point over time with uPlot: mean, band from lowest to highest, honest gaps with their reasons, levels.
import { number } from "./format.js";
import { askForGaps, drawGaps } from "./gaps.js";
import { language, now, t, zone } from "./words.js";

const REDRAW_MS = 5e3;
const QUIET_MS = 60e3; // also a silent device's chart moves on, and its gap grows
const two = (n) => String(n).padStart(2, "0");

export async function startChart() {
  const place = document.getElementById("chart");
  if (!place) return;
  const view = { place, plot: null, thresholds: [], gaps: [], gapsOf: "", gapsAt: 0 };
  const series = await load(view);
  if (!new URLSearchParams(location.search).has("range") && comeCloser(view, series)) await load(view);
  new ResizeObserver(() => view.plot?.setSize(sizeOf(place))).observe(place);
  let wanted = false;
  document.body.addEventListener("thacba:reading", ({ detail }) => {
    const { gateway, device, point } = place.dataset;
    wanted ||= detail.gateway === gateway && detail.device === device && detail.point === point;
  });
  setInterval(() => {
    if (document.hidden || (!wanted && now() - view.gapsAt < QUIET_MS)) return;
    wanted = false;
    load(view);
  }, REDRAW_MS);
}

// A device that has been heard for minutes only would be a dot in a chart of a day: the shortest range that holds it.
function comeCloser({ place }, series) {
  const first = series?.buckets[0]?.begin;
  const links = [...document.querySelectorAll(".ranges a")];
  const link = links.find((each) => first >= series.end - Number(each.dataset.span));
  if (!link || link.dataset.span === place.dataset.span) return false;
  for (const each of links) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  place.dataset.span = link.dataset.span;
  return true;
}

async function load(view) {
  const { gateway, device, point, span, silence } = view.place.dataset;
  const end = Math.round(now());
  const query = new URLSearchParams({ gateway, device, point, begin: end - Number(span), end });
  const answer = await fetch(`/api/v1/series?${query}`);
  if (!answer.ok) {
    note(t("failed"));
    return null;
  }
  const series = await answer.json();
  note(series.buckets.length ? "" : t("empty_series"));
  view.thresholds = series.thresholds;
  const table = columns(series, Math.max(3 * series.step_ms, Number(silence)));
  const range = { min: series.begin / 1000, max: series.end / 1000 };
  if (view.plot) {
    view.plot.setData(table, false);
    view.plot.setScale("x", range);
  } else {
    view.plot = new uPlot(options(view, range), table, view.place);
  }
  await askForGaps(view, series);
  view.plot.redraw(false);
  return series;
}

// Where nothing came for too long the line breaks: a straight line over a gap would be a lie.
function columns({ buckets }, silence) {
  const rows = [];
  buckets.forEach((bucket, index) => {
    const before = buckets[index - 1];
    if (before && bucket.begin - before.begin > silence) rows.push([(before.begin + 1) / 1000, null, null, null]);
    rows.push([bucket.begin / 1000, bucket.minimum, bucket.maximum, bucket.mean]);
  });
  return [0, 1, 2, 3].map((column) => rows.map((row) => row[column]));
}

function options(view, range) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const unit = view.place.dataset.unit;
  const shown = (_, value) => (value === null || value === undefined ? "–" : `${number(value, 2)} ${unit}`);
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font };
  return {
    ...sizeOf(view.place),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { x: { time: true, ...range }, y: { range: (_, low, high) => rangeOf(view.thresholds, low, high) } },
    axes: [
      { ...axis, values: (plot, ticks) => ticks.map((tick) => hour(plot, tick)), space: 64 },
      { ...axis, values: (_, ticks) => ticks.map((tick) => number(tick, Math.abs(tick) < 100 ? 1 : 0)), size: 62 },
    ],
    series: [
      { label: t("time"), value: (plot, value) => (value === null ? "–" : day(plot, value)) },
      { label: t("minimum"), stroke: "transparent", value: shown, points: { show: false } },
      { label: t("maximum"), stroke: "transparent", value: shown, points: { show: false } },
      { label: t("mean"), stroke: colour("--accent"), width: 2, value: shown, points: { size: 4 } },
    ],
    bands: [{ series: [2, 1], fill: colour("--band") }],
    cursor: { points: { size: 7 } },
    hooks: { drawClear: [(plot) => drawGaps(plot, view.gaps, colour)], draw: [(plot) => drawLevels(plot, view.thresholds, colour)] },
  };
}

export function hour(plot, tick) {
  const at = uPlot.tzDate(new Date(tick * 1000), zone);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return text === "00:00" ? `${two(at.getDate())}/${two(at.getMonth() + 1)}` : text;
}

export function day(plot, tick) {
  const at = uPlot.tzDate(new Date(tick * 1000), zone);
  return `${two(at.getDate())}/${two(at.getMonth() + 1)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

// The nearest level above is always in sight, so that the distance to it can be seen.
function rangeOf(thresholds, low, high) {
  if (low === null || high === null) return [0, 1];
  const ahead = thresholds.find((level) => level.value > high);
  const near = ahead && ahead.value - high < Math.max(2, 3 * (high - low)) ? ahead.value : high;
  const margin = Math.max((near - low) * 0.08, 0.05);
  return [low - margin, near + margin];
}

export function drawLevels(plot, thresholds, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  for (const level of thresholds) {
    const y = plot.valToPos(level.value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(`--severity-${level.severity}`);
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(`${level.level_shown[language]}  ${number(level.value, 2)}`, bbox.left + 6 * devicePixelRatio, y - 5 * devicePixelRatio);
  }
  ctx.restore();
}

export function sizeOf(place) {
  return { width: place.clientWidth, height: Math.max(220, Math.min(420, Math.round(place.clientWidth * 0.45))) };
}

function note(text) {
  document.getElementById("chart-note").textContent = text;
}
