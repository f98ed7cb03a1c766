// Speaks to the API; says what went wrong in the viewer's language.
import { t } from "./words.js";

// Codes of problems that have a sentence of their own.
const SAID = [
  "wrong_credentials", "too_many", "forbidden", "wrong_state", "refused", "invalid", "unknown", "too_large", "file_type", "no_room",
  "not_logged_in", "second_factor", "second_factor_passkey", "second_factor_either", "enrol_second_factor", "wrong_code", "wrong_passkey",
  "passkey_https", "passkey_browser", "passkey_cancelled", "passkey_known", "passkey_address", "passkey_device",
];

export class Refused extends Error {
  constructor(code, errors = []) {
    super(t(SAID.includes(code) ? code : "failed"));
    this.code = code;
    this.errors = errors;
  }
}

export async function send(method, path, body) {
  const json = body !== undefined && !(body instanceof Blob);
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: json ? { "Content-Type": "application/json" } : {},
      body: json ? JSON.stringify(body) : body,
    });
  } catch {
    throw new Refused("failed");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(problem.code, problem.errors);
}

// Runs one action of a form: the button waits, a mistake is shown beside it (data-refused: what a refusal means here).
export async function attempt(form, action) {
  const button = form.querySelector("[type=submit]");
  const mistake = form.querySelector(".mistake");
  button.disabled = true;
  mistake.hidden = true;
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    mistake.textContent = (error.code === "refused" && form.dataset.refused) || error.message;
    mistake.hidden = false;
  } finally {
    button.disabled = false;
  }
}
