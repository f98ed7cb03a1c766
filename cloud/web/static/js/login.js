// Logs in through the API and goes to where the viewer wanted.
import { attempt, send } from "./api.js";

const form = document.getElementById("log-in");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { user, password } = form.elements;
  attempt(form, async () => {
    await send("POST", "/session", { user: user.value.trim(), password: password.value });
    location.assign(form.dataset.back);
  });
});
