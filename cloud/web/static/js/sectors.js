// Draws each chart of a sector: one line per device, told apart by dashes and the legend, not by colour alone.
import { day, hour, sizeOf } from "./chart.js";
import { number } from "./format.js";
import { now, t, zone } from "./words.js";

const STEPS = 288; // of a day: five minutes each
const REDRAW_MS = 60e3;
const LINES = [["--accent", [], "━"], ["--severity-3", [12, 6], "╍"], ["--severity-4", [3, 4], "┅"], ["--severity-2", [12, 4, 3, 4], "╍·"], ["--good", [6, 3], "┉"], ["--text", [1, 5], "···"]];

for (const place of document.querySelectorAll(".chart.many")) start(place);

async function start(place) {
  const view = { place, lines: JSON.parse(place.dataset.lines), plot: null };
  await load(view);
  new ResizeObserver(() => view.plot?.setSize(sizeFor(place))).observe(place);
  setInterval(() => document.hidden || load(view), REDRAW_MS);
}

async function load(view) {
  const { point, span, silence } = view.place.dataset;
  const step = Math.max(1000, Math.round(Number(span) / STEPS));
  const end = Math.ceil(now() / step) * step;
  const begin = end - Number(span);
  const told = await Promise.all(view.lines.map((line) => series({ gateway: line.gateway, device: line.device, point, begin, end, step_ms: step })));
  const note = view.place.parentElement.querySelector("[data-note]");
  note.textContent = told.includes(null) ? t("failed") : told.every((each) => each.length === 0) ? t("empty_series") : "";
  const table = columns(told.map((each) => each ?? []), Math.max(3 * step, 2 * Number(silence)));
  if (!table[0].length) return;
  if (view.plot) {
    view.plot.setData(table, false);
    view.plot.setScale("x", { min: begin / 1000, max: end / 1000 });
    view.plot.redraw();
  } else {
    view.plot = new uPlot(options(view, { min: begin / 1000, max: end / 1000 }), table, view.place);
  }
}

async function series(asked) {
  const answer = await fetch(`/api/v1/series?${new URLSearchParams(asked)}`);
  return answer.ok ? (await answer.json()).buckets : null;
}

// All lines share one row of times. Where a device only speaks seldom its line goes on; where it was silent it breaks.
function columns(told, silence) {
  const breaks = told.flatMap((each) => each.flatMap((bucket, index) => (index && bucket.begin - each[index - 1].begin > silence ? [each[index - 1].begin + 1] : [])));
  const times = [...new Set([...told.flatMap((each) => each.map((bucket) => bucket.begin)), ...breaks])].sort((a, b) => a - b);
  return [times.map((at) => at / 1000), ...told.map((each) => values(each, times, silence))];
}

function values(buckets, times, silence) {
  const known = new Map(buckets.map((bucket) => [bucket.begin, bucket.mean]));
  const heard = buckets.map((bucket) => bucket.begin);
  let next = 0;
  return times.map((at) => {
    while (next < heard.length && heard[next] <= at) next += 1;
    if (known.has(at)) return known.get(at);
    const [before, after] = [heard[next - 1], heard[next]];
    return before !== undefined && after !== undefined && after - before <= silence ? undefined : null;
  });
}

function options(view, range) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const { unit } = view.place.dataset;
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font };
  return {
    ...sizeFor(view.place),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { x: { time: true, ...range } },
    axes: [
      { ...axis, values: (plot, ticks) => ticks.map((tick) => hour(plot, tick)), space: 64 },
      { ...axis, values: (_, ticks) => ticks.map((tick) => number(tick, Math.abs(ticks.at(-1) - ticks[0]) < 10 ? 1 : 0)), size: 62 },
    ],
    series: [
      { label: t("time"), value: (plot, value) => (value === null ? "–" : day(plot, value)) },
      ...view.lines.map((line, index) => ({
        label: `${LINES[index % LINES.length][2]} ${line.name}`,
        stroke: colour(LINES[index % LINES.length][0]),
        dash: LINES[index % LINES.length][1],
        width: 2,
        points: { size: 4 },
        value: (_, value) => (value === null || value === undefined ? "–" : `${number(value, 2)} ${unit}`),
      })),
    ],
    cursor: { points: { size: 7 } },
  };
}

function sizeFor(place) {
  const { width, height } = sizeOf(place);
  return { width, height: Math.min(height, 260) };
}
