// Starts whatever the page has.
import { startAges } from "./ages.js";
import { send } from "./api.js";
import { startAttach } from "./attach.js";
import { startCalm } from "./calm.js";
import { startChart } from "./chart.js";
import { startExplanation } from "./explain.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startLetters } from "./letters.js";
import { startLive } from "./live.js";
import { startMenu } from "./menu.js";
import { startMap } from "./map.js";
import { startOpened } from "./opened.js";
import { startRules } from "./rules.js";
import { startPasskeys } from "./passkeys.js";
import { startPicks } from "./picks.js";
import { startSound } from "./sound.js";
import { showReading } from "./values.js";

document.body.addEventListener("thacba:reading", (event) => showReading(event.detail));
document.getElementById("log-out")?.addEventListener("click", async () => {
  const more = await send("DELETE", "/session");
  location.assign(more?.leave ?? "/login"); // the province's log-in server ends its own session
});
startCalm();
startAges();
startForms();
startAttach();
startLetters();
startOpened();
startRules();
startPasskeys();
startPicks();
startKeys();
startMenu();
startMap();
startChart();
startExplanation();
startSound();
startLive();
