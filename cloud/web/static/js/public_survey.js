// One tap is one answer; the buttons come back for the next person.
import { send } from "./api.js";

const PAUSE_MS = 4000; // to read the thanks, and against one hand that taps five times

const survey = document.getElementById("survey");
const buttons = [...survey.querySelectorAll("[data-score]")];
const said = { true: document.getElementById("thanks"), false: document.getElementById("survey-mistake") };

const let_in = (open) => buttons.forEach((each) => { each.disabled = !open; });
const say = (went) => Object.entries(said).forEach(([key, each]) => { each.hidden = key !== String(went); });

let_in(true);
survey.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-score]");
  if (!button) return;
  let_in(false);
  let went = true;
  try {
    await send("POST", "/public/answers", { site: survey.dataset.site, score: Number(button.dataset.score) });
  } catch {
    went = false;
  }
  say(went);
  setTimeout(() => { say(""); let_in(true); }, PAUSE_MS);
});
