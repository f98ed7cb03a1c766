// Acknowledging and commenting: one dialog, one form.
import { attempt, send } from "./api.js";

export function startAlarms() {
  const dialog = document.getElementById("acknowledge");
  if (dialog) startDialog(dialog);
  const form = document.getElementById("comment");
  if (form) startComment(form);
}

function startDialog(dialog) {
  const form = dialog.querySelector("form");
  const comment = form.elements.comment;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-acknowledge]");
    if (!button) return;
    dialog.dataset.alarm = button.dataset.acknowledge;
    dialog.querySelector("[data-part=text]").textContent = button.dataset.text;
    comment.value = "";
    dialog.showModal();
    comment.focus();
  });
  dialog.querySelector("[data-part=cancel]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, async () => {
      await send("POST", `/alarms/${encodeURIComponent(dialog.dataset.alarm)}/acknowledge`, { comment: comment.value });
      dialog.close();
      refresh();
    });
  });
}

// Its button is off until now: sent by the browser itself, the comment would be lost.
function startComment(form) {
  form.querySelector("[type=submit]").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { comment } = form.elements;
    attempt(form, async () => {
      await send("POST", `/alarms/${encodeURIComponent(form.dataset.alarm)}/comment`, { comment: comment.value });
      comment.value = "";
      refresh();
    });
  });
}

// The live feed says it as well; this is for the moment when the feed is down.
function refresh() {
  document.body.dispatchEvent(new CustomEvent("thacba:alarm", { detail: {} }));
}
