// Closes the menu's "more" when somebody looks elsewhere.
export function startMenu() {
  const more = document.querySelector(".top nav .more");
  if (!more) return;
  document.addEventListener("click", (event) => {
    if (!more.contains(event.target)) more.open = false;
  });
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more.open) return;
    more.open = false;
    more.querySelector("summary").focus();
  });
}
