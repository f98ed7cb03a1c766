// The editor of a rule: checks the text, shows each fault at its line, keeps it, and brings former versions back.
import { attempt } from "./api.js";
import { startRehearsal } from "./rehearsal.js";
import { ask, RuleRefused } from "./rule_api.js";
import { language, t } from "./words.js";

const ID = /^id[ \t]*=[ \t]*["']([a-z0-9_]{1,64})["']/m;

export function startRules() {
  startProposal();
  const form = document.getElementById("rule-editor");
  if (!form) return;
  const areas = ["text", "tests"].map((name) => form.elements[name]);
  for (const area of areas) number(area);
  const check = form.querySelector("[data-part=check]");
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  check.addEventListener("click", () => attempt(form, () => checked(form)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, () => save(form));
  });
  addEventListener("beforeunload", (event) => {
    if (!form.dataset.saved && areas.some((area) => area.value !== area.defaultValue)) event.preventDefault();
  });
  for (const button of document.querySelectorAll("[data-restore]")) {
    button.disabled = false;
    button.addEventListener("click", () => restore(form, button));
  }
  startRehearsal(() => (form.elements.text.value === form.elements.text.defaultValue ? "" : form.elements.text.value));
}

function startProposal() {
  const form = document.getElementById("proposal");
  if (!form) return;
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of form.querySelectorAll("[data-act]")) {
    button.disabled = false;
    button.addEventListener("click", () => attempt(form, () => decide(form, button)));
  }
}

async function decide(form, button) {
  const { rule } = form.dataset;
  const comment = form.elements.comment.value;
  if (button.dataset.act === "switch-on") await ask("POST", `${rule}/proposal/switch-on`, { comment });
  else await ask("DELETE", `${rule}/proposal?comment=${encodeURIComponent(comment)}`);
  location.assign("/rules");
}

export function idIn(text) {
  return ID.exec(text)?.[1] ?? "";
}

async function checked(form) {
  const { text, tests } = form.elements;
  const verdict = await ask("POST", "check", { id: idIn(text.value) || form.dataset.rule, text: text.value, tests: tests.value });
  show(form, verdict.faults, verdict.good ? t("rule_good", { n: verdict.cases.length }) : t("rule_faults", { n: verdict.faults.length }), verdict.notes);
  if (verdict.sentences) {
    const items = verdict.sentences[language].split("\n").map((line) => textIn("li", line));
    document.getElementById("sentences").replaceChildren(...items);
  }
}

// A text that gives itself another id becomes a rule of its own: the old one stays.
async function save(form) {
  const { text, tests, comment } = form.elements;
  const id = idIn(text.value) || form.dataset.rule;
  const etag = id === form.dataset.rule ? form.dataset.etag : "";
  let answer;
  try {
    const wish = { text: text.value, tests: tests.value, comment: comment.value, alone: form.elements.alone?.checked ?? false };
    answer = await ask("PUT", id, wish, etag);
  } catch (error) {
    if (!(error instanceof RuleRefused) || !error.faults.length) throw error;
    show(form, error.faults, t("rule_faults", { n: error.faults.length }));
    return;
  }
  form.dataset.saved = "yes";
  location.assign(whereTo(answer, id));
}

// A change that waits for a second person has a page of its own.
function whereTo(answer, id) {
  return answer.waits ? `/rules/${id}/proposal` : `/rules/${id}`;
}

async function restore(form, button) {
  const mistake = document.getElementById("restore-mistake");
  mistake.hidden = true;
  button.disabled = true;
  try {
    const path = `${form.dataset.rule}/restore/${button.dataset.restore}`;
    const answer = await ask("POST", path, { comment: t("rule_restored", { version: button.dataset.restore }) }, form.dataset.etag);
    form.dataset.saved = "yes";
    location.assign(whereTo(answer, form.dataset.rule));
  } catch (error) {
    if (!(error instanceof RuleRefused)) throw error;
    mistake.textContent = [error.message, ...error.faults.map((each) => `${each.key}: ${each.reason}`)].join(" ");
    mistake.hidden = false;
    button.disabled = false;
  }
}

// Notes keep no rule from running: they are listed, and nothing is marked as wrong.
function show(form, faults, said, notes = []) {
  form.querySelector("[data-part=said]").textContent = said;
  form.querySelector("[data-part=faults]").replaceChildren(...[...faults, ...notes].map((each) => item(form, each)));
  for (const name of ["text", "tests"]) {
    const lines = faults.filter((each) => areaOf(form, each).name === name).map((each) => each.line);
    const gutter = form.querySelector(`[data-for=edit-${name}]`);
    [...gutter.children].forEach((each, index) => each.classList.toggle("wrong", lines.includes(index + 1)));
    form.elements[name].toggleAttribute("aria-invalid", lines.length > 0);
  }
}

function item(form, fault) {
  const made = document.createElement("li");
  const what = `${fault.key ? `${fault.key}: ` : ""}${fault.reason}${fault.hint ? ` (${fault.hint})` : ""}`;
  if (fault.line) {
    const button = textIn("button", t("line", { n: fault.line }));
    button.type = "button";
    button.className = "plain";
    button.addEventListener("click", () => goTo(areaOf(form, fault), fault.line));
    made.append(button, ` ${fault.file} · ${what}`);
  } else made.append(`${fault.file} · ${what}`);
  return made;
}

function areaOf(form, fault) {
  return form.elements[fault.file.endsWith(".test.toml") ? "tests" : "text"];
}

function goTo(area, line) {
  const lines = area.value.split("\n");
  const begin = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
  area.scrollTop = Math.max(0, (line - 4) * (area.scrollHeight / lines.length));
}

// Line numbers beside a text; they move with it.
function number(area) {
  const gutter = document.querySelector(`[data-for=${area.id}]`);
  const count = () => {
    const wanted = area.value.split("\n").length;
    while (gutter.children.length < wanted) gutter.append(document.createElement("li"));
    while (gutter.children.length > wanted) gutter.lastChild.remove();
  };
  area.addEventListener("input", count);
  area.addEventListener("scroll", () => {
    gutter.scrollTop = area.scrollTop;
  });
  count();
}

function textIn(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
