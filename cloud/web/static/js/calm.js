// A flood of alarms renews what is shown every so often, and once more after the last of them: thacba:alarms on <body>.
// (An htmx throttle would drop the last one.) data-calm on a part of the page says how long to rest between two.
const REST_MS = 500;
let resting = 0;
let missed = false;

export function startCalm() {
  document.body.addEventListener("thacba:alarm", ({ detail }) => {
    if (detail?.own || !resting) fire();
    else missed = true;
  });
}

function fire() {
  clearTimeout(resting);
  missed = false;
  const rests = [...document.querySelectorAll("[data-calm]")].map((each) => Number(each.dataset.calm));
  resting = setTimeout(rested, Math.max(REST_MS, ...rests));
  document.body.dispatchEvent(new CustomEvent("thacba:alarms"));
}

function rested() {
  resting = 0;
  if (missed) fire();
}
