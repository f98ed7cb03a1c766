// The trainer's desk: the pace of the story, and faults that are thrown in.
import { attempt, send } from "./api.js";

const pace = document.getElementById("pace");
const pause = document.getElementById("pause");
const thrown = document.getElementById("throw-in");

if (pace) {
  pace.querySelector("[type=submit]").disabled = false;
  pause.disabled = false;
  pace.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(pace, () => send("POST", "/exercise/speed", { speed: Number(pace.elements.speed.value) }));
  });
  pause.addEventListener("click", () => attempt(pace, () => send("POST", "/exercise/speed", { speed: 0 })));
}
if (thrown) {
  thrown.querySelector("[type=submit]").disabled = false;
  thrown.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(thrown, throwIn);
  });
}

async function throwIn() {
  const { gateway, device, fault, minutes } = thrown.elements;
  const wanted = { gateway: gateway.value.trim(), device: device.value.trim(), fault: fault.value, minutes: Number(minutes.value) };
  await send("POST", "/exercise/injections", wanted);
  document.getElementById("said").textContent = thrown.dataset.said;
}
