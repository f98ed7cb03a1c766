// How numbers, times and ages look; the same rules as cloud/web/present.py.
import { language, now, t, zone } from "./words.js";

const grouping = language === "vi" ? "de-DE" : "en-US"; // 1.234,5 or 1,234.5
const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: zone, day: "2-digit", month: "2-digit", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const steps = [[60e3, 1e3, "seconds"], [3600e3, 60e3, "minutes"], [172800e3, 3600e3, "hours"]];

export function number(value, digits) {
  const places = digits ?? (Math.abs(value) < 100 ? 2 : 1);
  return new Intl.NumberFormat(grouping, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
}

export function moment(at) {
  return clock.format(new Date(at)).replace(",", "");
}

export function age(at) {
  return lasting(now() - at);
}

export function lasting(ms) {
  const span = Math.max(0, ms);
  for (const [below, unit, word] of steps) {
    if (span < below) return t(word, { n: Math.floor(span / unit) });
  }
  return t("days", { n: Math.floor(span / 86400e3) });
}

export function cell(value, { type, choices, digits }) {
  if (value === null || value === undefined) return "–";
  if (type === "bool") return t(value ? "yes" : "no");
  if (type === "enum") return JSON.parse(choices)[String(value)] ?? String(value);
  if (type === "string") return value;
  return number(value, type === "int" ? 0 : digits === "" ? undefined : Number(digits));
}
