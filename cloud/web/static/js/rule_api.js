// Speaks to the API of rules: sends what the editor saw as If-Match, and keeps every fault of a refusal.
import { Refused } from "./api.js";
import { t } from "./words.js";

const SAID = ["wrong_state", "changed", "rule_refused", "forbidden", "busy", "not_rehearsed", "too_large"];

export class RuleRefused extends Refused {
  constructor(code, problem = {}) {
    super(code);
    // What only the centre knows, such as which folder is read-only, follows in its own words.
    this.message = [t(SAID.includes(code) ? code : "failed"), problem.errors ? "" : problem.detail].filter(Boolean).join(" ");
    this.faults = problem.errors ?? [];
  }
}

export async function ask(method, path, body, etag = "") {
  const headers = { "Content-Type": "application/json", ...(etag ? { "If-Match": `"${etag}"` } : {}) };
  let answer;
  try {
    answer = await fetch(`/api/v1/rules/${path}`, { method, headers, body: JSON.stringify(body) });
  } catch {
    throw new RuleRefused("failed");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  if (problem.code === "not_logged_in") location.assign(`/login?back=${encodeURIComponent(location.pathname)}`);
  throw new RuleRefused(problem.code, problem);
}
