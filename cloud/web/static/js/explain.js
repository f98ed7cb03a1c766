// Draws why an alarm fired: what was judged, the levels, the holds as shaded time, and a mark at each moment.
import { send } from "./api.js";
import { day, drawLevels, hour, sizeOf } from "./chart.js";
import { number } from "./format.js";
import { language, t, zone } from "./words.js";

const WORTH = ["raised", "escalated", "eased", "cleared", "missed", "missed_end", "withdrawn"];
const TINT = 0.2;

export async function startExplanation() {
  const place = document.getElementById("why-figure");
  if (!place) return;
  let told;
  try {
    told = await send("GET", `/alarms/${encodeURIComponent(place.dataset.alarm)}/explain`);
  } catch (error) {
    document.getElementById("why-note").textContent = error.message;
    return;
  }
  const { unit, pointUnit } = place.dataset;
  const scale = Number(place.dataset.scale); // what lasts is drawn in minutes
  const levels = told.levels.filter((each) => typeof each.threshold === "number");
  const lines = levels.map((each) => ({ level_shown: each.shown, severity: each.severity, value: each.threshold / scale }));
  const apart = told.judged_apart;
  const figures = told.readings.map((each) => (apart ? each.figure && each.figure / scale : each.value));
  draw(place, told, { values: figures, lines, unit, label: t(apart ? "figure" : "value") });
  const below = document.getElementById("why-values");
  if (below) draw(below, told, { values: told.readings.map((each) => each.value), lines: [], unit: pointUnit, label: t("value") });
  showLegend(told, lines, unit);
}

function draw(place, told, { values, lines, unit, label }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const shown = (_, value) => (value === null || value === undefined ? "–" : `${number(value, 2)} ${unit}`);
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui, sans-serif" };
  const late = told.readings.map((each, index) => (each.late ? values[index] : null));
  const series = [
    { label: t("time"), value: (plot, value) => (value === null ? "–" : day(plot, value)) },
    { label, stroke: colour("--accent"), width: 2, value: shown, points: { show: values.length < 200, size: 4 } },
  ];
  const table = [told.readings.map((each) => each.at / 1000), values];
  if (late.some((value) => value !== null)) {
    series.push({ label: t("came_late"), stroke: colour("--severity-3"), width: 0, paths: () => null, value: shown, points: { show: true, size: 9, width: 2, fill: "transparent" } });
    table.push(late);
  }
  const heights = () => (place.classList.contains("low") ? { ...sizeOf(place), height: 160 } : sizeOf(place));
  const plot = new uPlot(
    {
      ...heights(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: { x: { time: true, min: told.begin / 1000, max: told.end / 1000 }, y: { range: (_, low, high) => rangeOf(lines, low, high) } },
      axes: [
        { ...axis, values: (each, ticks) => ticks.map((tick) => hour(each, tick)), space: 64 },
        { ...axis, values: (_, ticks) => ticks.map((tick) => number(tick, Math.abs(tick) < 100 ? 1 : 0)), size: 62 },
      ],
      series,
      cursor: { points: { size: 7 } },
      hooks: {
        drawClear: [(each) => drawHolds(each, told, colour)],
        draw: [(each) => drawLevels(each, lines, colour), (each) => drawMoments(each, told, colour)],
      },
    },
    table,
    place,
  );
  new ResizeObserver(() => plot.setSize(heights())).observe(place);
}

// Every level is in sight: how far it was away is part of the answer.
function rangeOf(lines, low, high) {
  const all = [low, high, ...lines.map((each) => each.value)].filter((value) => value !== null);
  if (!all.length) return [0, 1];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const margin = Math.max((most - least) * 0.08, 0.05);
  return [least - margin, most + margin];
}

function drawHolds(plot, told, colour) {
  const { ctx, bbox } = plot;
  const severity = new Map(told.levels.map((each) => [each.name, each.severity]));
  ctx.save();
  clip(plot);
  for (const hold of told.holds.filter((each) => !each.before)) {
    const left = plot.valToPos(hold.begin / 1000, "x", true);
    const width = plot.valToPos((hold.end ?? told.end) / 1000, "x", true) - left;
    if (width <= 0) continue;
    ctx.globalAlpha = TINT;
    ctx.fillStyle = colour(`--severity-${severity.get(hold.level)}`);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = ctx.fillStyle;
    ctx.setLineDash(hold.held ? [] : [3 * devicePixelRatio, 3 * devicePixelRatio]); // dashed: it was left before it counted
    ctx.lineWidth = devicePixelRatio;
    ctx.strokeRect(left, bbox.top, width, bbox.height);
  }
  ctx.restore();
}

function drawMoments(plot, told, colour) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  clip(plot);
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  const names = new Map(told.levels.map((each) => [each.name, each.shown[language]]));
  const taken = [];
  for (const moment of told.moments.filter((each) => WORTH.includes(each.what))) {
    const x = plot.valToPos(moment.at / 1000, "x", true);
    ctx.strokeStyle = ctx.fillStyle = colour("--text");
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 6 * ratio, bbox.top);
    ctx.lineTo(x + 6 * ratio, bbox.top);
    ctx.lineTo(x, bbox.top + 9 * ratio);
    ctx.fill();
    label(ctx, `${t(`what_${moment.what}`)} ${names.get(moment.level) ?? moment.level}`.trim(), { x, bbox, ratio, taken });
  }
  ctx.restore();
}

// Labels of moments that lie near each other stand under each other; what finds no room stands in the table alone.
function label(ctx, text, { x, bbox, ratio, taken }) {
  const width = ctx.measureText(text).width;
  const left = Math.min(Math.max(x + 8 * ratio, bbox.left), bbox.left + bbox.width - width - 4 * ratio);
  for (let line = 0; line < 5; line += 1) {
    const free = taken.every((each) => each.line !== line || left > each.right || left + width < each.left);
    if (!free) continue;
    taken.push({ line, left, right: left + width + 8 * ratio });
    ctx.fillText(text, left, bbox.top + (14 + 15 * line) * ratio);
    return;
  }
}

function clip({ ctx, bbox }) {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}

function showLegend(told, lines, unit) {
  const items = lines.map((each) => item(`level severity-${each.severity}`, `${t("level")} ${each.level_shown[language]}: ${number(each.value, 2)} ${unit}`));
  if (told.holds.some((each) => each.held && !each.before)) items.push(item("hold", t("hold")));
  if (told.holds.some((each) => !each.held && !each.before)) items.push(item("hold left", t("hold_left")));
  items.push(item("moment", t("moment")));
  if (told.readings.some((each) => each.late)) items.push(item("late", t("came_late")));
  document.getElementById("why-legend").replaceChildren(...items);
}

function item(kind, text) {
  const made = document.createElement("li");
  const sign = document.createElement("span");
  sign.className = `sign ${kind}`;
  sign.setAttribute("aria-hidden", "true");
  made.append(sign, text);
  return made;
}
