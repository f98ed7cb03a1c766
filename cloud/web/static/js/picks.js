// Ticked alarms: they stay ticked while the list is renewed and paged through, and one action is done to all of them.
const MOST = 500; // the centre takes no more at once
const picked = new Set();

export function startPicks() {
  if (!document.getElementById("bulk")) return;
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-pick]")) pick(box.dataset.pick, box.checked);
    else if (box.matches("[data-pick-all]")) for (const each of boxes()) pick(each.dataset.pick, box.checked);
    else return;
    show();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-unpick]")) return;
    picked.clear();
    show();
  });
  // What was refused stays ticked, so that it can be seen.
  document.addEventListener("thacba:done", ({ detail }) => {
    if (!detail?.items) return;
    picked.clear();
    for (const each of detail.items) if (!each.done) picked.add(each.id);
    show();
  });
  document.body.addEventListener("htmx:afterSwap", show);
  show();
}

function pick(id, on) {
  if (!on) picked.delete(id);
  else if (picked.size < MOST) picked.add(id);
}

function boxes() {
  return [...document.querySelectorAll("[data-pick]")];
}

function show() {
  const here = boxes();
  for (const each of here) each.checked = picked.has(each.dataset.pick);
  const ticked = here.filter((each) => each.checked).length;
  for (const all of document.querySelectorAll("[data-pick-all]")) {
    all.checked = ticked > 0 && ticked === here.length;
    all.indeterminate = ticked > 0 && ticked < here.length;
  }
  document.getElementById("bulk").hidden = !picked.size;
  document.querySelector("#bulk [data-part=count]").textContent = picked.size;
  document.querySelector("[data-picks]").value = [...picked].join(" ");
}
