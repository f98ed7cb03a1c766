// Logs in through the API and goes to where the viewer wanted; asks for the second factor when the centre does.
import { attempt, Refused, send } from "./api.js";
import { get } from "./passkeys.js";

const form = document.getElementById("log-in");
const second = document.getElementById("second-factor");
const enrolment = document.getElementById("enrolment");
const paper = document.getElementById("paper-codes");
const byPasskey = document.getElementById("by-passkey");
const byCode = document.getElementById("by-code");
const FRESH = 100e3; // ms; the centre forgets its question after two minutes
let question = null; // what a passkey is asked, and since when

byPasskey.querySelector("button").addEventListener("click", async ({ target }) => {
  target.disabled = true;
  await attempt(form, answer);
  target.disabled = false;
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(form, logIn);
});

async function logIn() {
  try {
    await sendAll({ code: form.elements.code.value });
  } catch (error) {
    if (error instanceof Refused) askForMore(error);
    throw error.code === "second_factor" ? new Refused(wayOf(error.errors[0])) : error;
  }
}

function wayOf({ code, passkey }) {
  if (!passkey) return code ? "second_factor" : "passkey_address";
  return code ? "second_factor_either" : "second_factor_passkey";
}

async function sendAll(shown) {
  const { user, password } = form.elements;
  const { paper_codes: codes } = await send("POST", "/session", { user: user.value.trim(), password: password.value, ...shown });
  if (codes.length) showPaper(codes);
  else location.assign(form.dataset.back);
}

// A question is good for one answer: for the next one the centre is asked again.
async function answer() {
  if (!question || performance.now() - question.since > FRESH) await askAgain();
  const { options } = question;
  question = null;
  await sendAll({ passkey: await get(options) });
}

async function askAgain() {
  try {
    await sendAll({ code: "" });
  } catch (error) {
    if (error.code !== "second_factor") throw error;
    askForMore(error);
  }
  if (!question) throw new Refused("failed");
}

function askForMore({ code, errors }) {
  if (!["second_factor", "enrol_second_factor", "wrong_code"].includes(code)) return;
  second.hidden = false;
  if (code === "second_factor") showWays(errors[0]);
  form.elements.code.required = !byCode.hidden;
  form.elements.code.value = "";
  (byCode.hidden ? byPasskey.querySelector("button") : form.elements.code).focus();
  if (code === "enrol_second_factor") {
    const [{ picture, secret }] = errors;
    enrolment.hidden = false;
    enrolment.querySelector("img").src = picture;
    enrolment.querySelector("code").textContent = secret.match(/.{1,4}/g).join(" ");
  }
}

function showWays({ code, passkey }) {
  question = passkey && { options: passkey, since: performance.now() };
  byPasskey.hidden = !passkey;
  byCode.hidden = !code;
  form.querySelector("[type=submit]").hidden = !code;
}

// Shown once: whoever loses the telephone comes in with one of these.
function showPaper(codes) {
  paper.querySelector("ol").replaceChildren(
    ...codes.map((each) => {
      const item = document.createElement("li");
      item.textContent = each;
      return item;
    }),
  );
  paper.querySelector("a").href = form.dataset.back;
  for (const part of form.querySelectorAll(".asked")) part.hidden = true;
  paper.hidden = false;
  paper.querySelector("h2").focus();
}
