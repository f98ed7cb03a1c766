// The wall of cameras: opens a watch for a purpose, keeps states fresh, makes groups, and looks at one camera live.
import { beginWatch, endWatch, showPictures } from "./pictures.js";
import { t } from "./words.js";

const STATES_MS = 10e3;
const KEPT = "thacba_watch"; // of this tab: a page that is loaded again goes on with its watch
const list = document.querySelector(".cameras");
const words = JSON.parse(list.dataset.words);
const tiles = [...list.querySelectorAll("[data-camera]")];
const bar = document.getElementById("watch");
const look = document.getElementById("live-look");
let watching = null;

if (bar) {
  const form = bar.querySelector("form");
  form.querySelector("[type=submit]").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(form);
  });
  part(bar, "end").addEventListener("click", () => {
    endWatch(watching.watch);
    close("");
  });
  for (const tile of tiles) {
    const button = part(tile, "live");
    button.disabled = false;
    button.addEventListener("click", () => lookAt(tile, form));
  }
  resume();
}
startGroups();
document.body.addEventListener("thacba:reset", renew);
setInterval(renew, STATES_MS);

function part(place, name) {
  return place.querySelector(`[data-part=${name}]`);
}

async function begin(form) {
  const cameras = tiles.map(named);
  const watch = await tried(form, { purpose: form.elements.purpose.value, pace: "wall", cameras, note: form.elements.note.value });
  if (!watch) return;
  sessionStorage.setItem(KEPT, JSON.stringify({ ...watch, address: location.search }));
  open(watch);
}

async function tried(form, wish) {
  const button = form.querySelector("[type=submit]");
  const mistake = form.querySelector(".mistake");
  mistake.hidden = true;
  button.disabled = true;
  try {
    return await beginWatch(wish);
  } catch (error) {
    mistake.textContent = `${t("failed")} ${error.message}`;
    mistake.hidden = false;
    return null;
  } finally {
    button.disabled = false;
  }
}

function resume() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (kept && kept.address === location.search) open(kept);
}

function open(watch) {
  const form = bar.querySelector("form");
  form.elements.purpose.value = watch.purpose;
  part(bar, "ask").hidden = true;
  part(bar, "open").hidden = false;
  part(bar, "over").textContent = "";
  part(bar, "purpose").textContent = form.elements.purpose.selectedOptions[0]?.textContent ?? "";
  part(bar, "until").dataset.due = watch.until;
  for (const tile of tiles) part(tile, "absent").textContent = words.waiting;
  watching = { watch, stop: showPictures(watch, tiles, words, () => close(part(bar, "over").dataset.text)) };
}

function close(said) {
  watching?.stop();
  watching = null;
  sessionStorage.removeItem(KEPT);
  part(bar, "ask").hidden = false;
  part(bar, "open").hidden = true;
  part(bar, "over").textContent = said;
  for (const tile of tiles) part(tile, "absent").textContent = words.closed;
}

async function lookAt(tile, form) {
  if (!form.elements.purpose.value) {
    form.elements.purpose.focus();
    form.reportValidity();
    return;
  }
  const watch = await tried(form, { purpose: form.elements.purpose.value, pace: "live", cameras: [named(tile)], note: form.elements.note.value });
  if (!watch) return;
  const name = tile.querySelector("h2").textContent;
  look.dataset.camera = tile.dataset.camera;
  look.querySelector("h2").textContent = name;
  part(look, "picture").alt = name;
  part(look, "absent").textContent = words.waiting;
  part(look, "until").dataset.due = watch.until;
  look.showModal();
  const stop = showPictures(watch, [look], words, () => look.close());
  part(look, "close").onclick = () => look.close();
  look.addEventListener("close", () => {
    stop();
    endWatch(watch);
  }, { once: true });
}

function named(tile) {
  const [gateway, device] = tile.dataset.camera.split("/");
  return { gateway, device };
}

// States come with the page itself; pictures stay where they are.
async function renew() {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of document.querySelectorAll("[data-renew]")) {
    const now = fresh.querySelector(`[data-renew="${CSS.escape(place.dataset.renew)}"]`);
    if (now) place.replaceWith(document.adoptNode(now));
  }
}

function startGroups() {
  const group = document.getElementById("group-bar");
  const boxes = tiles.map((tile) => part(tile, "pick"));
  const count = () => {
    const picked = boxes.filter((box) => box.checked).length;
    group.hidden = !picked;
    part(group, "count").textContent = part(group, "count").dataset.text.replace("{n}", picked);
  };
  list.addEventListener("change", count);
  part(group, "clear").addEventListener("click", () => {
    for (const box of boxes) box.checked = false;
    count();
  });
  part(group, "show").addEventListener("click", () => {
    const address = new URL(location.href);
    address.searchParams.delete("pick");
    address.searchParams.delete("cursor");
    for (const tile of tiles) if (part(tile, "pick").checked) address.searchParams.append("pick", tile.dataset.camera);
    location.assign(address);
  });
  count();
}
