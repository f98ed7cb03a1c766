// One gateway: its configuration is checked, planned, sent and taken back here; help from far away shows its answer.
import { attempt } from "./api.js";
import { ask, faultItems, FleetRefused, textIn } from "./fleet_api.js";
import { t } from "./words.js";

const form = document.getElementById("configuration");
if (form) {
  const { text } = form.elements;
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const base = `/configurations/${form.dataset.gateway}`;
  number(text, document.querySelector("[data-for=edit-text]"));
  for (const button of [...form.querySelectorAll("button"), ...document.querySelectorAll("[data-restore]")]) button.disabled = false;
  part("check").addEventListener("click", () => attempt(form, () => check(base)));
  part("plan").addEventListener("click", () => attempt(form, () => plan(base)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, () => save("PUT", base, { ...wanted(), comment: form.elements.comment.value }));
  });
  for (const button of document.querySelectorAll("[data-restore]")) {
    button.addEventListener("click", () => {
      const comment = t("rule_restored", { version: button.dataset.restore });
      attempt(form, () => save("POST", `${base}/restore/${button.dataset.restore}`, { comment }));
    });
  }
  addEventListener("beforeunload", (event) => {
    if (!form.dataset.saved && text.value !== text.defaultValue) event.preventDefault();
  });
  startHelp(document.getElementById("help"));
}

function wanted() {
  const { text, secret_name: name, secret_value: value } = form.elements;
  return { text: text.value, secrets: name.value && value.value ? { [name.value]: value.value } : {} };
}

async function check(base) {
  const preview = await ask("POST", `${base}/check`, wanted());
  const said = preview.faults.length ? t("rule_faults", { n: preview.faults.length }) : t(preview.changes.length ? "configuration_good" : "configuration_same", { n: preview.changes.length, version: preview.version });
  show(said, preview.faults, preview.changes, preview.lines);
}

async function plan(base) {
  try {
    const outcome = await ask("POST", `${base}/plan`, wanted());
    show(outcomeWord(outcome), [], [], []);
    if (outcome.outcome === "done") showJson(form.querySelector("[data-part=lines]"), outcome.detail);
    else form.querySelector("[data-part=said]").append(` ${outcome.detail}`);
  } catch (error) {
    refuse(error);
  }
}

async function save(method, path, body) {
  try {
    await ask(method, path, body, form.dataset.etag);
  } catch (error) {
    refuse(error);
    return;
  }
  form.dataset.saved = "yes";
  location.assign(`/gateways/${form.dataset.gateway}`);
}

function refuse(error) {
  if (!(error instanceof FleetRefused) || !error.faults.length) throw error;
  show(t("rule_faults", { n: error.faults.length }), error.faults, [], []);
}

function show(said, faults, changes, lines) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  part("said").textContent = said;
  part("faults").replaceChildren(...faultItems(faults));
  part("changes").hidden = !changes.length;
  part("changes").querySelector("tbody").replaceChildren(...changes.map(row));
  part("lines").hidden = !lines.length;
  part("lines").replaceChildren(...lines.flatMap((line) => [textIn("span", line, kind(line)), "\n"]));
}

function row({ key, before, after }) {
  const made = document.createElement("tr");
  made.append(textIn("td", key, "text"), textIn("td", before || "–"), textIn("td", after || "–"));
  return made;
}

function kind(line) {
  return { "-": "gone", "+": "new", "@": "quiet" }[line[0]] ?? "same";
}

function startHelp(help) {
  for (const button of help.querySelectorAll("[data-verb]")) {
    button.disabled = false;
    button.addEventListener("click", () => order(help, button));
  }
}

async function order(help, button) {
  const { verb, device } = button.dataset;
  const part = (name) => help.querySelector(`[data-part=${name}]`);
  part("answer").hidden = false;
  part("asked").textContent = `${button.firstChild.textContent.trim()} · ${device}`;
  part("outcome").textContent = t("connecting");
  part("detail").hidden = part("picture").hidden = true;
  button.disabled = true;
  try {
    const outcome = await ask("POST", "/commands", { gateway: help.dataset.gateway, device, verb, arguments: argumentsOf(help, verb) });
    part("outcome").textContent = outcomeWord(outcome);
    if (outcome.outcome === "asked") document.body.dispatchEvent(new CustomEvent("thacba:requests"));
    if (outcome.detail) showAnswer(part, outcome.detail);
  } catch (error) {
    if (!(error instanceof FleetRefused)) throw error;
    part("outcome").textContent = error.message;
  } finally {
    button.disabled = false;
  }
}

function argumentsOf(help, verb) {
  if (verb !== "log_tail") return {};
  const contains = help.querySelector("[name=contains]").value.trim();
  return { lines: Number(help.querySelector("[name=lines]").value) || 50, ...(contains ? { contains } : {}) };
}

function showAnswer(part, detail) {
  let said;
  try {
    said = JSON.parse(detail);
  } catch {
    part("outcome").append(` ${detail}`);
    return;
  }
  if (said.picture) {
    part("picture").src = `data:${said.kind};base64,${said.picture}`;
    part("picture").hidden = false;
    return;
  }
  showJson(part("detail"), detail);
}

function showJson(place, detail) {
  const said = JSON.parse(detail);
  place.textContent = Array.isArray(said.lines) ? said.lines.join("\n") : JSON.stringify(said, null, 2);
  place.hidden = false;
}

function outcomeWord({ outcome }) {
  return t(`order_${outcome}`);
}

// Line numbers beside a text; they move with it.
function number(area, gutter) {
  const count = () => {
    const lines = area.value.split("\n").length;
    while (gutter.children.length < lines) gutter.append(document.createElement("li"));
    while (gutter.children.length > lines) gutter.lastChild.remove();
  };
  area.addEventListener("input", count);
  area.addEventListener("scroll", () => {
    gutter.scrollTop = area.scrollTop;
  });
  count();
}
