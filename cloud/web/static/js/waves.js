// Begins a roll-out: what the form says becomes one request; a refusal shows every fault with its gateway.
import { attempt } from "./api.js";
import { ask, faultItems, FleetRefused } from "./fleet_api.js";

const form = document.getElementById("begin-wave");
if (form) {
  form.querySelector("[type=submit]").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, begin);
  });
}

async function begin() {
  const field = (name) => form.elements[name].value.trim();
  const names = (name) => field(name).split(/[\s,]+/).filter(Boolean);
  const numbers = { good_share: Number(field("good_share")) / 100, soak_s: Number(field("soak_min")) * 60, answer_s: Number(field("answer_min")) * 60 };
  const stops = { stop_rolled_back: Number(field("stop_rolled_back")), stop_lost: Number(field("stop_lost")) };
  const target = Object.fromEntries(["areas", "labels", "profiles", "gateways"].map((name) => [name, names(name)]));
  const plan = { sizes: names("sizes").map(Number), ...numbers, ...stops };
  try {
    const begun = await ask("POST", "/waves", { title: field("title"), patch: form.elements.patch.value, target, plan, comment: field("comment") });
    location.assign(`/waves/${begun.rollout.id}`);
  } catch (error) {
    if (!(error instanceof FleetRefused) || !error.faults.length) throw error;
    form.querySelector("[data-part=faults]").replaceChildren(...faultItems(error.faults));
  }
}
