// Keeps every age and the clock going: the age of data is always visible and always true.
import { age, moment } from "./format.js";
import { now } from "./words.js";

export function startAges() {
  setInterval(tick, 1e3);
  tick();
}

function tick() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = age(Number(time.dataset.age));
    if (time.textContent !== text) time.textContent = text;
  }
  const clock = document.getElementById("clock");
  if (clock) clock.textContent = moment(now());
}
