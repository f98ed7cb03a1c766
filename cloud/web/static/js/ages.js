// Keeps every age and the clock going: the age of data is always visible and always true.
import { age, lasting, moment } from "./format.js";
import { now, t } from "./words.js";

export function startAges() {
  setInterval(tick, 1e3);
  tick();
}

function tick() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = age(Number(time.dataset.age));
    if (time.textContent !== text) time.textContent = text;
  }
  for (const time of document.querySelectorAll("time[data-due]")) showDue(time);
  const clock = document.getElementById("clock");
  if (clock) clock.textContent = moment(now());
}

// What is left until a deadline, or how long it is over.
function showDue(time) {
  const left = Number(time.dataset.due) - now();
  const text = t(left < 0 ? "overdue" : "left", { span: lasting(Math.abs(left)) });
  if (time.textContent !== text) time.textContent = text;
  time.className = left < 0 ? "late" : "left";
}
