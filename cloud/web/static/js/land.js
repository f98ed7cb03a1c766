// Uploads the province's own map, and says what is wrong with a file that is not taken.
import { t } from "./words.js";

const form = document.getElementById("land-form");
const faults = document.getElementById("land-faults");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask("PUT", form.elements.file.files[0]);
});
document.getElementById("land-remove")?.addEventListener("click", () => ask("DELETE"));

async function ask(method, body) {
  faults.hidden = true;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const answer = await fetch("/api/v1/map/land", { method, body, headers: body ? { "Content-Type": "application/geo+json" } : {} });
    if (answer.ok) {
      location.reload();
      return;
    }
    const problem = await answer.json().catch(() => ({}));
    say(problem.code === "land" ? problem.detail.split("\n") : [t(problem.code === "too_large" ? "too_large" : "failed")]);
  } catch {
    say([t("failed")]);
  }
  for (const button of form.querySelectorAll("button")) button.disabled = false;
}

function say(lines) {
  faults.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  faults.hidden = false;
}
