// What somebody has opened stays open when the server renews the part of the page in which it lies.
export function startOpened() {
  const open = new Set();
  document.addEventListener("toggle", ({ target }) => {
    if (target.id && target.matches("details")) open[target.open ? "add" : "delete"](target.id);
  }, true);
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  });
}
