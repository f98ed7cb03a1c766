// Speaks to the API; says what went wrong in the viewer's language.
import { t } from "./words.js";

export class Refused extends Error {}

export async function send(method, path, body) {
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(t("failed"));
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  if (problem.code === "not_logged_in") location.assign(`/login?back=${encodeURIComponent(location.pathname)}`);
  const known = ["wrong_credentials", "too_many", "forbidden", "wrong_state", "refused"].includes(problem.code);
  throw new Refused(t(known ? problem.code : "failed"));
}

// Runs one action of a form: the button waits, a mistake is shown beside it.
export async function attempt(form, action) {
  const button = form.querySelector("[type=submit]");
  const mistake = form.querySelector(".mistake");
  button.disabled = true;
  mistake.hidden = true;
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    mistake.textContent = error.message;
    mistake.hidden = false;
  } finally {
    button.disabled = false;
  }
}
