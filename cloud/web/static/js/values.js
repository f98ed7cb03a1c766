// Puts new readings into whatever shows them: elements with data-value="gateway/device/point".
import { age, cell } from "./format.js";
import { t } from "./words.js";

export function showReading({ gateway, device, point, value, quality, freshness, observed_at: observedAt }) {
  const name = CSS.escape(`${gateway}/${device}/${point}`);
  for (const row of document.querySelectorAll(`[data-value="${name}"]`)) {
    const part = (which) => row.querySelector(`[data-part="${which}"]`);
    const text = value === null || value === undefined ? part("value").textContent : cell(value, row.dataset);
    const changed = text !== part("value").textContent;
    part("value").textContent = text;
    const word = freshness ?? "measured";
    row.className = `fresh-${word}${quality && quality !== "good" ? " doubted" : ""}`;
    part("freshness").textContent = t(word);
    part("quality").textContent = qualityWord(quality);
    part("age").replaceChildren(timeOf(observedAt));
    if (changed) flash(row);
  }
}

function qualityWord(code) {
  const [kind, reason] = (code || "good").split(":");
  if (kind === "good") return "";
  const known = t(`reason_${reason}`);
  return `${t(kind)}: ${known === `reason_${reason}` ? reason : known}`;
}

function flash(row) {
  row.classList.add("changed");
  setTimeout(() => row.classList.remove("changed"), 900);
}

function timeOf(at) {
  const time = document.createElement("time");
  time.dataset.age = at;
  time.textContent = age(at);
  return time;
}
