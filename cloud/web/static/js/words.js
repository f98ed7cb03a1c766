// The words of the page's language, put into the page by the server, and the server's clock.
const words = JSON.parse(document.getElementById("words").textContent);

let correction = Number(document.body.dataset.now) - Date.now();

export const language = words.language;
export const zone = "Asia/Ho_Chi_Minh";

export function t(key, facts = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

// The centre's time: old PCs have wrong clocks, and the age of a value must not depend on them.
export function now() {
  return Date.now() + correction;
}

export function setNow(serverNow) {
  correction = serverNow - Date.now();
}
