// Photos are made small on the phone: a gateway keeps them until a thin link has carried them away.
import { t } from "./words.js";

const LONGEST_SIDE = 1600;
const QUALITY = 0.8;

export function photos() {
  for (const input of document.querySelectorAll("[data-photo]")) {
    input.addEventListener("change", () => input.files.length && send(input));
  }
}

async function send(input) {
  const state = document.querySelector(`[data-photo-state="${CSS.escape(input.dataset.photo)}"]`);
  state.textContent = t("photo_sending");
  try {
    const answer = await fetch(`/files/photo?device=${encodeURIComponent(input.dataset.photo)}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: await smaller(input.files[0]),
    });
    if (!answer.ok) throw new Refused(await answer.text());
    show(input, await answer.text());
    state.textContent = t("photo_kept");
  } catch (error) {
    state.textContent = (error instanceof Refused && error.message) || t("photo_failed");
  }
  input.value = "";
}

class Refused extends Error {}

export async function smaller(file, longest = LONGEST_SIDE) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}

function show(input, digest) {
  const list = input.closest("section").querySelector(".photos");
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.src = `/files/${digest}`;
  picture.alt = input.closest("section").querySelector("h2").textContent;
  item.append(picture);
  list.append(item);
}
