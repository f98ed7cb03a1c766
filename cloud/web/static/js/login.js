// Logs in through the API and goes to where the viewer wanted; asks for the second factor when the centre does.
import { attempt, Refused, send } from "./api.js";

const form = document.getElementById("log-in");
const second = document.getElementById("second-factor");
const enrolment = document.getElementById("enrolment");
const paper = document.getElementById("paper-codes");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(form, logIn);
});

async function logIn() {
  const { user, password, code } = form.elements;
  try {
    const wish = { user: user.value.trim(), password: password.value, code: code.value };
    const { paper_codes: codes } = await send("POST", "/session", wish);
    if (codes.length) showPaper(codes);
    else location.assign(form.dataset.back);
  } catch (error) {
    if (error instanceof Refused) askForMore(error);
    throw error;
  }
}

function askForMore({ code, errors }) {
  if (!["second_factor", "enrol_second_factor", "wrong_code"].includes(code)) return;
  second.hidden = false;
  form.elements.code.required = true;
  form.elements.code.value = "";
  form.elements.code.focus();
  if (code === "enrol_second_factor") {
    const [{ picture, secret }] = errors;
    enrolment.hidden = false;
    enrolment.querySelector("img").src = picture;
    enrolment.querySelector("code").textContent = secret.match(/.{1,4}/g).join(" ");
  }
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
