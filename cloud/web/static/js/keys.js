// The key "/" goes to the search from anywhere; who dictates or types with one key switches it off on the search page.
const OFF = "thacba_slash_off";

export function startKeys() {
  const box = document.getElementById("slash");
  if (box) {
    box.checked = localStorage.getItem(OFF) === null;
    box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (localStorage.getItem(OFF) !== null || document.querySelector("dialog[open]")) return;
    const field = document.querySelector("[data-find]");
    if (!field && !document.getElementById("find")) return; // nobody is logged in
    event.preventDefault();
    if (field) field.select();
    else location.assign("/search");
  });
}

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
