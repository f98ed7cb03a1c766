// Rehearses the text in the editor on stored history, and shows what it would have done.
import { attempt } from "./api.js";
import { day, drawLevels, hour, sizeOf } from "./chart.js";
import { age, moment, number } from "./format.js";
import { ask } from "./rule_api.js";
import { language, now, t, zone } from "./words.js";

const DAY_MS = 86400e3;
const HANOI_MS = 7 * 3600e3;
const MOST_SHOWN = 200;

export function startRehearsal(draft) {
  const form = document.getElementById("rehearsal");
  if (!form) return;
  form.elements.from.value = dateOf(now() - 30 * DAY_MS);
  form.elements.to.value = dateOf(now());
  form.querySelector("[type=submit]").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, async () => {
      const { from, to, against } = form.elements;
      const wish = { from: beginOf(from.value), to: beginOf(to.value) + DAY_MS, draft: draft(), against: against.value };
      show(form, await ask("POST", `${form.dataset.rule}/rehearsals`, wish));
    });
  });
}

// Days begin at midnight of Vietnam, wherever the browser stands.
function dateOf(at) {
  return new Date(at + HANOI_MS).toISOString().slice(0, 10);
}

function beginOf(date) {
  return Date.parse(`${date}T00:00:00Z`) - HANOI_MS;
}

function show(form, report) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  part("report").hidden = false;
  part("totals").replaceChildren(...totals(report).flatMap(([name, value]) => [made("dt", name), made("dd", value)]));
  part("night-count").textContent = number(report.nights.length, 0);
  part("nights").replaceChildren(...report.nights.map((each) => row([each.night], [number(each.notices, 0), number(each.alarms, 0)])));
  part("alarm-count").textContent = number(report.alarms.length + report.left_out, 0);
  part("alarms").replaceChildren(...report.alarms.slice(0, MOST_SHOWN).map(episode));
  const { difference } = report;
  part("same").textContent = difference ? t("rehearsal_same", { n: difference.same }) : t("rehearsal_alone");
  const changes = difference
    ? [...difference.only_here.map((each) => change("only_here", each)), ...difference.only_there.map((each) => change("only_there", each)), ...difference.moved.map((each) => change("moved", each.here))]
    : [];
  part("changes").closest("table").hidden = changes.length === 0;
  part("changes").replaceChildren(...changes.slice(0, MOST_SHOWN));
  part("remarks").replaceChildren(...report.remarks.map((each) => made("li", each[language])));
  draw(document.getElementById("rehearsal-chart"), report);
}

function totals({ totals: sums }) {
  return [
    [t("rehearsal_alarms"), number(sums.alarms, 0)],
    [t("rehearsal_notices"), number(sums.notices, 0)],
    [t("rehearsal_by_night"), number(sums.night_notices, 0)],
    [t("rehearsal_devices"), `${number(sums.devices_concerned, 0)} / ${number(sums.devices, 0)}`],
    [t("rehearsal_longest"), sums.longest_ms ? age(now() - sums.longest_ms) : "–"],
    [t("rehearsal_readings"), number(sums.readings, 0)],
  ];
}

function episode(each) {
  const cells = [
    [t("raised"), moment(each.raised_at)], [t("cleared"), each.cleared_at ? moment(each.cleared_at) : t("rehearsal_lasts")],
    [t("device"), `${each.gateway}/${each.device}`], [t("level"), each.level_shown[language]], [t("value"), each.value === null ? "–" : number(each.value, 2)],
  ];
  return labelled(cells);
}

function change(kind, each) {
  return labelled([
    [t("gap_what"), t(`rehearsal_${kind}`)], [t("device"), `${each.gateway}/${each.device}`], [t("level"), each.level_shown[language]], [t("raised"), moment(each.raised_at)],
  ]);
}

function draw(place, report) {
  const [shown] = report.chart;
  place.hidden = !shown?.buckets.length;
  place.replaceChildren();
  if (place.hidden) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const lines = shown.thresholds.filter((each) => each.value !== null);
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui, sans-serif" };
  const text = (_, value) => (value === null || value === undefined ? "–" : `${number(value, 2)} ${shown.unit}`);
  const theirs = report.alarms.filter((each) => each.gateway === shown.gateway && each.device === shown.device);
  const plot = new uPlot(
    {
      ...sizeOf(place),
      title: `${shown.gateway}/${shown.device} · ${shown.point}`,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: { x: { time: true, min: report.begin / 1000, max: report.end / 1000 }, y: { range: (_, low, high) => spanOf(lines, low, high) } },
      axes: [
        { ...axis, values: (each, ticks) => ticks.map((tick) => hour(each, tick)), space: 64 },
        { ...axis, values: (_, ticks) => ticks.map((tick) => number(tick, Math.abs(tick) < 100 ? 1 : 0)), size: 62 },
      ],
      series: [
        { label: t("time"), value: (each, value) => (value === null ? "–" : day(each, value)) },
        { label: t("minimum"), stroke: "transparent", value: text, points: { show: false } },
        { label: t("maximum"), stroke: "transparent", value: text, points: { show: false } },
        { label: t("last"), stroke: colour("--accent"), width: 1.5, value: text, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: colour("--band") }],
      hooks: { drawClear: [(each) => shade(each, theirs, colour)], draw: [(each) => drawLevels(each, lines, colour)] },
    },
    [0, 1, 2, 3].map((column) => shown.buckets.map((each) => (column === 0 ? each[0] / 1000 : each[column]))),
    place,
  );
  new ResizeObserver(() => plot.setSize(sizeOf(place))).observe(place);
}

function spanOf(lines, low, high) {
  const all = [low, high, ...lines.map((each) => each.value)].filter((value) => value !== null);
  if (!all.length) return [0, 1];
  const margin = Math.max((Math.max(...all) - Math.min(...all)) * 0.08, 0.05);
  return [Math.min(...all) - margin, Math.max(...all) + margin];
}

function shade(plot, alarms, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.globalAlpha = 0.25;
  for (const each of alarms) {
    const left = Math.max(bbox.left, plot.valToPos(each.raised_at / 1000, "x", true));
    const right = Math.min(bbox.left + bbox.width, each.cleared_at ? plot.valToPos(each.cleared_at / 1000, "x", true) : Infinity);
    ctx.fillStyle = colour(`--severity-${each.severity}`);
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
}

function row(names, figures) {
  const line = document.createElement("tr");
  line.append(...names.map((each) => made("td", each)), ...figures.map((each) => made("td", each, "number")));
  return line;
}

function labelled(cells) {
  const line = document.createElement("tr");
  for (const [label, text] of cells) {
    const cell = made("td", text);
    cell.dataset.label = label;
    line.append(cell);
  }
  return line;
}

function made(name, text, kind = "") {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = kind;
  return element;
}
