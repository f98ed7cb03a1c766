// Reports something: the words first, then each photo; and leads to a report by its number.
import { attempt, send } from "./api.js";

const form = document.getElementById("report");
const sent = document.getElementById("sent");
const follow = document.getElementById("follow");

for (const each of [form, follow]) each.querySelector("[type=submit]").disabled = false;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(form, async () => {
    const { photos, ...fields } = Object.fromEntries(new FormData(form));
    const { reference } = await send("POST", "/public/reports", fields);
    const chosen = [...(form.elements.photos?.files ?? [])].slice(0, Number(form.elements.photos?.dataset.most ?? 0));
    let lost = false;
    for (const photo of chosen) {
      try {
        await send("PUT", `/public/reports/${reference}/photo`, photo);
      } catch {
        lost = true;
      }
    }
    show(reference, lost);
  });
});

follow.addEventListener("submit", (event) => {
  event.preventDefault();
  const plain = follow.elements.reference.value.toUpperCase().replace(/[^A-Z2-7]/g, "");
  location.assign(`/public/report/${plain.match(/.{4}/g).join("-")}`);
});

function show(reference, lost) {
  const link = document.getElementById("reference");
  link.textContent = reference;
  link.href = `/public/report/${reference}`;
  document.getElementById("photo-mistake").hidden = !lost;
  form.reset();
  form.hidden = true;
  sent.hidden = false;
  sent.focus();
}
