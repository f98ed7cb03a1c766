// Uploads the province's own map, GeoJSON or PMTiles, and says what is wrong with a file that is not taken.
import { t } from "./words.js";

const TILES = "PMTiles"; // how such a file begins
const form = document.getElementById("land-form");
const faults = document.getElementById("land-faults");
const progress = document.getElementById("land-progress");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = form.elements.file.files;
  const tiles = (await file.slice(0, TILES.length).text()) === TILES;
  ask("PUT", tiles ? "tiles" : "land", file, tiles ? "application/octet-stream" : "application/geo+json");
});
for (const button of form.querySelectorAll("[data-remove]")) {
  button.addEventListener("click", () => ask("DELETE", button.dataset.remove));
}

// Not with fetch: it does not say how much of a large file has gone.
function ask(method, what, body = null, type = "") {
  const request = new XMLHttpRequest();
  busy(true);
  request.open(method, `/api/v1/map/${what}`);
  if (type) request.setRequestHeader("Content-Type", type);
  request.upload.addEventListener("progress", ({ loaded, total }) => Object.assign(progress, { hidden: !body, max: total, value: loaded }));
  request.addEventListener("load", () => (request.status < 300 ? location.reload() : refuse(request)));
  request.addEventListener("error", () => refuse(request));
  request.send(body);
}

function refuse(request) {
  busy(false);
  const problem = parsed(request.responseText);
  if (["land", "tiles"].includes(problem.code)) say(problem.detail.split("\n"));
  else say([t(problem.code === "too_large" ? "too_large" : "failed")]);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function busy(is) {
  faults.hidden = true;
  progress.hidden = true;
  for (const button of form.querySelectorAll("button")) button.disabled = is;
}

function say(lines) {
  faults.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  faults.hidden = false;
}
