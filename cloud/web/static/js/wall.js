// Wall mode: pages take turns in two frames, one in sight while the next one loads; grave alarms come first.
import { startAges } from "./ages.js";
import { moment } from "./format.js";
import { startLive } from "./live.js";
import { startSound } from "./sound.js";
import { language, now } from "./words.js";

const LOAD_MS = 20e3; // a page that takes longer is left out this time
const STEP_MS = 500;
const FRESH_MS = 6 * 3600e3; // then the whole page is loaded anew
const CHECK_MS = 60e3;
const MOST_STOPS = 4;
const byId = (id) => document.getElementById(id);

const wall = byId("wall");
const pages = JSON.parse(wall.dataset.pages);
const dwell = Number(wall.dataset.dwell) * 1000;
const wake = { severity: Number(wall.dataset.wake), ms: Number(wall.dataset.wakeS) * 1000 };
const waiting = new Map(); // grave alarms that nobody has acknowledged: id -> { text, key, shown }
const born = Date.now();
let [front, back] = wall.querySelectorAll("iframe");
let turn = -1;
let until = 0;
let began = 0;
let loading = null;
let paused = false;
let lostAt = 0;
let hide = 0;

for (const each of JSON.parse(wall.dataset.waiting)) waiting.set(each.id, { text: each[language], key: each.id, shown: false });
startAges();
startLive();
startSound({ early: true });
document.body.addEventListener("thacba:alarm", ({ detail }) => heard(detail));
document.addEventListener("keydown", keys);
document.addEventListener("mousemove", pointer);
addEventListener("resize", () => scale(front));
new MutationObserver(link).observe(byId("live"), { attributes: true });
setInterval(step, STEP_MS);
setInterval(check, CHECK_MS);
showAlarms();
pointer();
next();

function heard(alarm) {
  if (alarm.severity > wake.severity && !waiting.has(alarm.id)) return;
  const key = `${alarm.id}:${alarm.level}:${alarm.activations}`;
  if (!alarm.open || alarm.acknowledged_at || alarm.severity > wake.severity) waiting.delete(alarm.id);
  else if (waiting.get(alarm.id)?.key !== key) {
    waiting.set(alarm.id, { text: language === "vi" ? alarm.text_vi : alarm.text_en, key, shown: false });
    if (!paused) next();
  }
  showAlarms();
}

function showAlarms() {
  const bar = byId("wall-alarm");
  const rows = [...waiting.values()];
  bar.hidden = !rows.length;
  if (!rows.length) return;
  const more = bar.querySelector("[data-part=more]");
  bar.querySelector("[data-part=text]").textContent = rows.at(-1).text;
  more.hidden = rows.length < 2;
  more.textContent = more.dataset.text.replace("{n}", rows.length - 1);
}

// What comes next: an alarm that has not been shown yet, else the next page.
function next(by = 1) {
  const alarm = [...waiting].reverse().find(([, each]) => !each.shown);
  if (alarm && by === 1) {
    alarm[1].shown = true;
    load(`/alarms/${alarm[0]}`, wake.ms);
    return;
  }
  turn = (turn + by + pages.length) % pages.length;
  load(pages[turn], dwell);
}

function load(address, ms) {
  loading = { address, ms, since: Date.now() };
  back.onload = () => arrived();
  back.src = address;
}

function arrived() {
  const shown = back.contentDocument;
  if (!loading || !shown?.getElementById("main")) return; // an error of the browser: step() goes on
  if (shown.location.pathname === "/login") {
    loading = null;
    check();
    return;
  }
  shown.documentElement.dataset.framed = "";
  shown.addEventListener("keydown", keys);
  shown.addEventListener("mousemove", pointer);
  scale(back);
  [front, back] = [back, front];
  front.classList.add("shown");
  back.classList.remove("shown");
  back.onload = null;
  front.inert = false;
  back.inert = true; // a hidden page must not take the keyboard
  if (document.activeElement === back) back.blur();
  back.src = "about:blank";
  byId("wall-title").textContent = shown.querySelector("h1")?.firstChild?.textContent.trim() || shown.title;
  byId("wall-place").textContent = `${turn + 1}/${pages.length}`;
  began = Date.now();
  until = began + loading.ms;
  loading = null;
}

// Pages are made for a desk; a wall is looked at from afar.
function scale(frame) {
  const root = frame.contentDocument?.documentElement;
  if (root) root.style.fontSize = `${Math.max(15, Math.min(innerWidth / 1920, innerHeight / 1080) * 17)}px`;
}

function step() {
  const at = Date.now();
  if (loading && at - loading.since > LOAD_MS) {
    loading = null;
    until = at + dwell / 2;
  }
  const share = until > began ? (at - began) / (until - began) : 0;
  byId("wall-progress").value = paused ? 0 : Math.min(1, share);
  scroll(Math.min(share, 0.999));
  if (!paused && !loading && at >= until) next();
}

// A page that is taller than the screen is shown from top to bottom, in a few stops.
function scroll(share) {
  const root = front.contentDocument?.scrollingElement;
  if (!root || paused) return;
  const stops = Math.min(MOST_STOPS, Math.ceil(root.scrollHeight / root.clientHeight));
  const top = Math.round(Math.floor(share * stops) * root.clientHeight * 0.9);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (front.dataset.top !== String(top)) root.scrollTo({ top, behavior: calm ? "instant" : "smooth" });
  front.dataset.top = top;
}

// Without the centre what stands on the wall grows old, and the wall says so.
function link() {
  const offline = byId("live").dataset.state === "offline";
  if (offline && !lostAt) lostAt = now();
  if (!offline) lostAt = 0;
  trouble(offline ? byId("wall-trouble").dataset.offline.replace("{at}", moment(lostAt)) : "");
}

async function check() {
  const answer = await fetch("/api/v1/me").catch(() => null);
  if (answer?.status === 401) trouble(byId("wall-trouble").dataset.over);
  else if (answer?.ok && Date.now() - born > FRESH_MS && !waiting.size) location.reload();
}

function trouble(text) {
  byId("wall-trouble").textContent = text;
  byId("wall-trouble").hidden = !text;
}

function keys(event) {
  if (event.key === "ArrowRight") next();
  else if (event.key === "ArrowLeft") next(-1);
  else if (event.key === " ") pause();
  else if (event.key === "f") document.documentElement.requestFullscreen?.();
  else if (event.key === "Escape" && !document.fullscreenElement) location.assign("/");
  else return;
  event.preventDefault();
}

function pause() {
  paused = !paused;
  until = Date.now() + dwell;
  began = Date.now();
  byId("wall-place").textContent = paused ? wall.dataset.paused : `${turn + 1}/${pages.length}`;
}

function pointer() {
  document.body.classList.remove("no-pointer");
  clearTimeout(hide);
  hide = setTimeout(() => document.body.classList.add("no-pointer"), 3e3);
}
