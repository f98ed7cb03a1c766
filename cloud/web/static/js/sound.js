// The sound of alarms: made here, without a file; silenced with Alt+M or a click, and off where nobody wants it.
//
// New unacknowledged alarms ring: severity 1 again and again until silenced or acknowledged, severity 2 once.
// What rings is remembered for the whole browser, so that the next page goes on and a silence holds in every window.
import { t } from "./words.js";

const STORE = "thacba_sound"; // { on, ringing: { id: key }, heard: [key] }
const AGAIN_MS = 8e3;
const MOST_HEARD = 300;
const TONES = { 1: [[880, 0], [660, 0.22], [880, 0.44], [660, 0.66]], 2: [[587, 0], [440, 0.28]] };
let audio = null;
let button = null;
let timer = 0;

// `early`: a screen that nobody touches; its browser must be told to allow it.
export function startSound({ early = false } = {}) {
  button = document.getElementById("sound");
  if (!button || window.top !== window) return;
  button.hidden = false;
  button.addEventListener("click", press);
  document.addEventListener("keydown", (event) => {
    if (event.code === "KeyM" && event.altKey && !event.ctrlKey && !event.metaKey) press(); // WCAG 2.1.4: no bare letter
  });
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, unlock, { passive: true });
  addEventListener("storage", (event) => event.key === STORE && show());
  document.body.addEventListener("thacba:alarm", ({ detail }) => heard(detail));
  if (early || navigator.userActivation?.hasBeenActive) unlock();
  recheck();
  show();
}

function remembered() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    localStorage.removeItem(STORE);
  }
  return { on: button.dataset.usual !== "off", ringing: {}, heard: [], ...kept };
}

function remember(change) {
  localStorage.setItem(STORE, JSON.stringify({ ...remembered(), ...change }));
  show();
}

// A browser lets a page sound only after somebody touched it.
function unlock() {
  audio ??= new AudioContext();
  audio.onstatechange = show;
  if (audio.state === "suspended") audio.resume().catch(() => {}); // says no until somebody touches the page
}

// While something rings: silence. Else: on or off.
function press() {
  const { on, ringing } = remembered();
  if (on && Object.keys(ringing).length) remember({ ringing: {} });
  else remember({ on: !on, ringing: {} });
}

async function heard(alarm) {
  const { ringing, heard: before } = remembered();
  const key = `${alarm.id}:${alarm.level}:${alarm.activations}`;
  if (!alarm.open || alarm.acknowledged_at) {
    if (!ringing[alarm.id]) return;
    delete ringing[alarm.id];
    remember({ ringing });
    return;
  }
  if (!TONES[alarm.severity] || before.includes(key) || (await isQuiet(alarm.id))) return;
  const now = remembered();
  if (now.heard.includes(key)) return; // another window was first
  if (alarm.severity === 1 && now.on) now.ringing[alarm.id] = key;
  remember({ ringing: now.ringing, heard: [...now.heard.slice(-MOST_HEARD), key] });
  if (now.on && alarm.severity !== 1) play(alarm.severity); // the gravest one rings by being remembered
}

// Shelved, out of service, suppressed: what people are not told of does not ring either.
async function isQuiet(id) {
  const answer = await fetch(`/api/v1/alarms/${encodeURIComponent(id)}`).catch(() => null);
  if (!answer?.ok) return answer?.status === 404;
  const alarm = await answer.json();
  return Boolean(alarm.silenced) || !alarm.open || Boolean(alarm.acknowledged_at);
}

// A page that begins while something rings asks whether it still must.
async function recheck() {
  const { ringing } = remembered();
  for (const id of Object.keys(ringing)) {
    if (!(await isQuiet(id))) continue;
    const now = remembered().ringing;
    delete now[id];
    remember({ ringing: now });
  }
}

function play(severity) {
  if (audio?.state !== "running") return;
  button.dataset.played = Number(button.dataset.played ?? 0) + 1;
  for (const [pitch, after] of TONES[severity]) tone(pitch, audio.currentTime + after);
}

function tone(pitch, at) {
  const source = audio.createOscillator();
  const level = audio.createGain();
  source.type = "triangle";
  source.frequency.value = pitch;
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(0.25, at + 0.02); // without a click
  level.gain.linearRampToValueAtTime(0, at + 0.2);
  source.connect(level).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.22);
}

function show() {
  const { on, ringing } = remembered();
  const rings = on && Object.keys(ringing).length > 0;
  const state = rings ? "ringing" : !on ? "off" : audio?.state === "running" ? "on" : "locked";
  button.dataset.state = state;
  button.textContent = t(`sound_${state}`);
  button.title = t(`sound_${state}_means`);
  button.setAttribute("aria-pressed", String(on));
  if (rings && !timer) {
    timer = setInterval(() => play(1), AGAIN_MS);
    play(1);
  } else if (!rings) {
    clearInterval(timer);
    timer = 0;
  }
}
