// The map of sites stays true without a reload: a reading renews the age of its site, the first one turns it from grey.
import { age } from "./format.js";

const asked = new Set();

document.body.addEventListener("thacba:reading", ({ detail }) => {
  const map = document.getElementById("sitemap");
  const site = JSON.parse(map?.dataset.sites ?? "{}")[detail.gateway];
  if (!site) {
    if (!asked.has(detail.gateway)) renew(); // a gateway that was added since: the server knows where it stands
    asked.add(detail.gateway);
    return;
  }
  const place = map.querySelector(`[data-newest="${CSS.escape(site)}"]`);
  const point = map.querySelector(`[data-point="${CSS.escape(site)}"]`);
  const at = detail.observed_at;
  if (!at || !place) return;
  const before = Number(place.querySelector("time")?.dataset.age ?? 0);
  if (!before && point?.classList.contains("at-site_none")) renew();
  if (at <= before) return;
  const time = document.createElement("time");
  time.dataset.age = at;
  time.textContent = age(at);
  place.replaceChildren(time);
  point?.classList.add("changed");
  setTimeout(() => point?.classList.remove("changed"), 900);
});

function renew() {
  document.body.dispatchEvent(new CustomEvent("thacba:newsite", { detail: {} }));
}
