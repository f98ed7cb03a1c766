// Speaks to the API of configurations, commands and waves; keeps every fault of a refusal.
import { Refused } from "./api.js";
import { t } from "./words.js";

const SAID = ["configuration_refused", "forbidden", "wrong_state", "person_needed", "too_large", "unknown"];

export class FleetRefused extends Refused {
  constructor(code, problem = {}) {
    super(code);
    // What only the centre knows, such as why an order cannot be sent, follows in its own words.
    const key = code === "changed" ? "configuration_changed" : SAID.includes(code) ? code : "failed";
    this.message = [t(key), problem.errors ? "" : problem.detail].filter(Boolean).join(" ");
    this.faults = problem.errors ?? [];
  }
}

export async function ask(method, path, body, match) {
  const headers = { "Content-Type": "application/json", ...(match === undefined ? {} : { "If-Match": `"${match}"` }) };
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  } catch {
    throw new FleetRefused("failed");
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  if (problem.code === "not_logged_in") location.assign(`/login?back=${encodeURIComponent(location.pathname)}`);
  throw new FleetRefused(problem.code, problem);
}

export function faultItems(faults) {
  return faults.map((each) => {
    const where = [each.file === "configuration" ? "" : each.file, each.key].filter(Boolean).join(" · ");
    return textIn("li", `${where ? `${where}: ` : ""}${each.reason}${each.hint ? ` (${each.hint})` : ""}`);
  });
}

export function textIn(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
