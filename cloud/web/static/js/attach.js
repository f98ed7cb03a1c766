// Attaches a file to an incident: the file itself is the request's body.
import { attempt, Refused, send } from "./api.js";
import { done } from "./forms.js";

const MOST = 10e6; // bytes; the centre refuses more

export function startAttach() {
  const form = document.getElementById("attach");
  if (!form) return;
  form.querySelector("[type=submit]").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [file] = form.elements.file.files;
    attempt(form, async () => {
      if (file.size > MOST) throw new Refused("too_large");
      const query = new URLSearchParams({ name: file.name, comment: form.elements.comment.value });
      done(form, await send("POST", `${form.dataset.upload}?${query}`, file));
    });
  });
}
