// The signature: a finger on a canvas, sent as a picture before the form; or a photo of one on paper, for whoever cannot
// or does not want to draw on a screen.
import { smaller } from "./photo.js";
import { t } from "./words.js";

const PAPER_SIDE = 900;

export function pad() {
  const canvas = document.getElementById("pad");
  if (!canvas) return;
  const sheet = new Sheet(canvas);
  document.getElementById("pad-clear").addEventListener("click", () => sheet.clear());
  document.getElementById("pad-paper").addEventListener("change", (event) => fromPaper(event.target));
  const form = document.getElementById("finish");
  form.addEventListener("submit", (event) => {
    if (!sheet.used || form.dataset.signed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sign(form, sheet, event.submitter);
  }, { capture: true });
}

async function fromPaper(input) {
  const state = document.getElementById("pad-state");
  if (!input.files.length) return;
  state.textContent = t("photo_sending");
  try {
    await keep(await smaller(input.files[0], PAPER_SIDE));
    state.textContent = t("signature_there");
  } catch {
    state.textContent = t("photo_failed");
  }
  input.value = "";
}

async function keep(picture) {
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await fetch("/files/signature", { method: "POST", headers, body: picture });
  if (!answer.ok) throw new Error(await answer.text());
}

async function sign(form, sheet, button) {
  const mistake = document.getElementById("finish-mistake");
  mistake.hidden = true;
  try {
    await keep(await sheet.picture());
    form.dataset.signed = "yes";
    form.requestSubmit(button);
  } catch {
    mistake.textContent = t("photo_failed");
    mistake.hidden = false;
  }
}

class Sheet {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.used = false;
    this.last = null;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (this.last = null));
  }

  clear() {
    this.pen.fillStyle = "#fff";
    this.pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.used = false;
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    event.preventDefault();
  }

  move(event) {
    if (!this.last) return;
    const next = this.place(event);
    Object.assign(this.pen, { lineWidth: 5, lineCap: "round", lineJoin: "round", strokeStyle: "#0a1a2a" });
    this.pen.beginPath();
    this.pen.moveTo(...this.last);
    this.pen.lineTo(...next);
    this.pen.stroke();
    this.last = next;
    this.used = true;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = [this.canvas.width / box.width, this.canvas.height / box.height];
    return [(event.clientX - box.left) * scale[0], (event.clientY - box.top) * scale[1]];
  }

  picture() {
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }
}
