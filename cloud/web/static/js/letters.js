// Dead letters: try one again, or discard it with a reason.
import { attempt, send } from "./api.js";

export function startLetters() {
  const dialog = document.getElementById("discard");
  if (!dialog) return;
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-retry]");
    if (!form) return;
    event.preventDefault();
    settle(form, form.dataset.retry, "retry");
  });
  startDialog(dialog);
}

function startDialog(dialog) {
  const form = dialog.querySelector("form");
  const { reason } = form.elements;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-discard]");
    if (!button) return;
    dialog.dataset.letter = button.dataset.discard;
    dialog.querySelector("[data-part=text]").textContent = button.dataset.text;
    reason.value = "";
    dialog.showModal();
    reason.focus();
  });
  dialog.querySelector("[data-part=cancel]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    settle(form, dialog.dataset.letter, "discard", { reason: reason.value }, () => dialog.close());
  });
}

function settle(form, letter, what, body, done) {
  attempt(form, async () => {
    await send("POST", `/dead-letters/${encodeURIComponent(letter)}/${what}`, body);
    done?.();
    document.body.dispatchEvent(new CustomEvent("thacba:letter", { detail: {} }));
  });
}
