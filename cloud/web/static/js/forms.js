// Forms that speak to the API: what is typed becomes JSON, a refusal is said beside it, and nothing typed is lost.
//
// <button data-open="DIALOG" data-send="POST /path" data-fields="a b" data-required="a" data-value-a="..." data-key="...">
// opens a dialog for one thing; <form data-send data-event="alarm" data-go="/incidents/{id}"> sends it.
// A field with data-kind is turned into what the API takes (see `kinds`); empty fields are left out.
import { attempt, send } from "./api.js";
import { moment } from "./format.js";
import { now, t } from "./words.js";
import { localTime, untilOf, timeOf } from "./times.js";

let silence = 0;
const kinds = {
  text: (name, value) => ({ [name]: value }),
  number: (name, value) => ({ [name]: Number(value) }),
  time: (name, value) => ({ [name]: timeOf(value) }),
  list: (name, value) => ({ [name]: value.split(/\s+/).filter(Boolean) }),
  until: (name, value, form) => ({ [name]: untilOf(value, form.elements.own_time.value, now()) }),
  device: (_, value) => {
    const [gateway, ...rest] = value.split("/");
    return rest.length ? { gateway, device: rest.join("/") } : { device: value };
  },
};

export function startForms() {
  for (const form of document.querySelectorAll("form[data-send]")) prepare(form);
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open(opener, document.getElementById(opener.dataset.open));
    const cancel = event.target.closest("[data-part=cancel]");
    if (cancel) cancel.closest("dialog")?.close();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-send]");
    if (!form) return;
    event.preventDefault();
    submit(form);
  });
  document.addEventListener("change", (event) => event.target.matches("[data-kind=until]") && showOwnTime(event.target.form));
  document.addEventListener("input", (event) => event.target.type === "datetime-local" && readBack(event.target));
  document.body.addEventListener("htmx:afterSwap", findFocus);
  const wanted = CSS.escape(location.hash.slice(1)); // a link may lead straight into a dialog
  if (wanted) document.querySelector(`[data-open=${wanted}]`)?.click();
}

// Its button is off until now: sent by the browser itself, what was typed would be lost.
function prepare(form) {
  form.querySelector("[type=submit]").disabled = false;
  if (form.elements.own_time) showOwnTime(form);
  for (const input of form.querySelectorAll("[data-days]")) {
    input.min = localTime(now());
    input.max = localTime(now() + Number(input.dataset.days) * 86400e3);
    readBack(input);
  }
}

// A browser shows such a field in the order of its own language; below it the time stands as everywhere on our pages.
function readBack(input) {
  let place = input.nextElementSibling;
  if (!place) {
    place = document.createElement("small");
    input.after(place);
  }
  place.textContent = input.value ? moment(timeOf(input.value)) : "";
}

function open(opener, dialog) {
  const form = dialog.querySelector("form");
  const { open: _, key = opener.dataset.send, fields, required = "", send: where, text, title, submit: label, ...more } = opener.dataset;
  if (where) form.dataset.send = where;
  if (form.dataset.key !== key) renew(form, key);
  else prepare(form);
  if (fields !== undefined) choose(form, fields.split(" "), required.split(" "));
  for (const each of form.querySelectorAll("[type=hidden][data-from=opener]")) each.value = "";
  for (const [name, value] of Object.entries(more)) {
    if (name.startsWith("value")) fill(form.elements[name.slice(5).toLowerCase()], value);
  }
  say(dialog, "text", text);
  say(dialog, "title", title);
  say(dialog, "submit", label);
  dialog.showModal();
  [...form.elements].find((each) => each.matches("input, select, textarea") && each.offsetParent)?.focus();
}

// The same thing opened again keeps what was typed; another thing begins empty.
function renew(form, key) {
  form.reset();
  form.dataset.key = key;
  const mistake = form.querySelector(".mistake");
  mistake.hidden = true;
  prepare(form);
}

function choose(form, fields, required) {
  for (const label of form.querySelectorAll("[data-field]")) {
    const shown = fields.includes(label.dataset.field);
    label.hidden = !shown;
    const control = label.querySelector("input, select, textarea");
    control.disabled = !shown;
    control.required = required.includes(label.dataset.field);
  }
  prepare(form);
}

function fill(control, value) {
  if (control && (control.type === "hidden" || !control.value)) control.value = value;
}

function say(dialog, part, text) {
  const place = dialog.querySelector(`[data-part=${part}]`);
  if (place && text !== undefined) place.textContent = text;
}

function showOwnTime(form) {
  const own = form.elements.own_time;
  const choice = form.querySelector("[data-kind=until]");
  const shown = !choice.disabled && choice.value === "own";
  own.closest("label").hidden = !shown;
  own.required = shown;
  own.disabled = !shown; // a hidden field that the browser finds wrong would stop the form without a word
}

export function bodyOf(form) {
  const body = {};
  for (const control of form.elements) {
    const value = control.type === "password" ? control.value : control.value?.trim();
    const off = control.disabled || control.name === "own_time" || (["checkbox", "radio"].includes(control.type) && !control.checked);
    if (!control.name || !value || off) continue;
    if (control.dataset.kind === "among") (body[control.name] ??= []).push(value);
    else Object.assign(body, kinds[control.dataset.kind ?? "text"](control.name, value, form));
  }
  return body;
}

function submit(form) {
  const [method, path] = form.dataset.send.split(" ");
  return attempt(form, async () => {
    const body = bodyOf(form);
    const query = method === "DELETE" ? `?${new URLSearchParams(body)}` : "";
    const answer = await send(method, path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(take(body, name))) + query, query ? undefined : body);
    done(form, answer);
  });
}

function take(body, name) {
  const value = body[name];
  delete body[name];
  return value;
}

export function done(form, answer, said = form.dataset.done) {
  delete form.dataset.key;
  form.reset();
  prepare(form);
  form.closest("dialog")?.close();
  if (form.dataset.go) {
    location.assign(form.dataset.go.replace("{id}", encodeURIComponent(answer.id)));
    return;
  }
  announce(said ?? (answer?.items ? t("bulk_done", answer) : t("done")));
  form.dispatchEvent(new CustomEvent("thacba:done", { bubbles: true, detail: answer }));
  // The live feed says some of it as well; this is for the moment when the feed is down.
  document.body.dispatchEvent(new CustomEvent(`thacba:${form.dataset.event}`, { detail: { own: true } }));
}

export function announce(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => (place.textContent = ""), 6e3);
}

// What had the focus may be gone after an action: then the heading of what changed takes it.
function findFocus() {
  if (document.activeElement !== document.body || document.querySelector("dialog[open]")) return;
  document.querySelector("[data-focus]")?.focus({ preventScroll: true });
}
