// The words of the page's language, put into the page by the gateway.
const words = JSON.parse(document.getElementById("words").textContent);

export function t(key, facts = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}
