// Pictures of cameras while a watch is open: begins it, fetches at its pace, shows each with its age, forgets them after.
import { now } from "./words.js";

const AT_ONCE = 4;

export class WatchOver extends Error {}

export async function beginWatch(wish) {
  const answer = await call("POST", "/camera-watches", wish);
  if (!answer.ok) throw new Error((await problemOf(answer)).detail ?? "");
  return answer.json();
}

export function endWatch(watch) {
  return call("DELETE", `/camera-watches/${watch.id}`);
}

// Fetches one picture: { source, at, fault }. WatchOver when nobody may look any more.
async function fetchPicture(watch, camera) {
  const answer = await call("GET", `/camera-watches/${watch.id}/pictures/${camera}`);
  if (answer.status === 404 || answer.status === 401) throw new WatchOver();
  if (!answer.ok) return { fault: (await problemOf(answer)).code ?? "picture_away" };
  const fault = answer.headers.get("Thacba-Fault");
  return { source: await dataUrl(await answer.blob()), at: Number(answer.headers.get("Thacba-Observed-At")), fault: fault ? `picture_${fault}` : "" };
}

// Shows pictures of these places until the watch is over; returns a function that stops it.
export function showPictures(watch, places, words, over) {
  let stopped = false;
  const stop = () => {
    stopped = true;
    places.forEach(forget);
  };
  const worker = async (queue) => {
    while (!stopped && queue.length) {
      const place = queue.shift();
      try {
        const picture = await fetchPicture(watch, place.dataset.camera);
        if (!stopped) show(place, picture, words);
      } catch (error) {
        if (error instanceof WatchOver) finish();
        else if (!stopped) show(place, { fault: "picture_away" }, words);
      }
    }
  };
  const finish = () => {
    if (stopped) return;
    stop();
    over();
  };
  const rounds = async () => {
    while (!stopped) {
      const began = Date.now();
      const queue = places.filter((place) => place.checkVisibility() && !document.hidden);
      await Promise.all(Array.from({ length: AT_ONCE }, () => worker(queue)));
      await new Promise((resume) => setTimeout(resume, Math.max(250, watch.every_ms - (Date.now() - began))));
      if (now() >= watch.until) finish();
    }
  };
  rounds();
  return stop;
}

function show(place, { source, at, fault }, words) {
  const part = (name) => place.querySelector(`[data-part=${name}]`);
  if (source) {
    part("picture").src = source;
    part("picture").hidden = false;
    part("absent").hidden = true;
    part("taken").hidden = false;
    part("at").dataset.age = at;
    place.classList.remove("waiting");
  } else if (part("picture").hidden) {
    part("absent").textContent = words[fault] ?? words.picture_refused;
  }
  part("fault").textContent = fault ? ` · ${words[fault] ?? words.picture_refused}` : "";
  place.classList.toggle("old", Boolean(fault) && !part("picture").hidden);
}

function forget(place) {
  const part = (name) => place.querySelector(`[data-part=${name}]`);
  part("picture").hidden = true;
  part("picture").removeAttribute("src");
  part("taken").hidden = true;
  part("absent").hidden = false;
  place.classList.remove("old");
}

function call(method, path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  return fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
}

function problemOf(answer) {
  return answer.json().catch(() => ({}));
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", reject);
    reader.readAsDataURL(blob);
  });
}
