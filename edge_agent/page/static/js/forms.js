// A form is sent once: the button says that something is being done. Fields that do not matter now are hidden.
import { t } from "./words.js";

export function forms() {
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => once(form, event));
  }
  for (const form of document.querySelectorAll("[data-kinds]")) {
    const show = () => kinds(form);
    form.elements.kind.addEventListener("change", show);
    show();
  }
  // a page that comes back out of the browser's memory must be usable again
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

function once(form, event) {
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  if (button.classList.contains("go")) button.textContent = t("working");
}

function kinds(form) {
  const kind = form.elements.kind.value;
  for (const group of form.querySelectorAll("[data-for]")) group.hidden = !group.dataset.for.split(" ").includes(kind);
}
