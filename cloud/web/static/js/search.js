// Finds devices on the page, with or without diacritics: "muong lo" finds "Mường Lò".
export function fold(text) {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
}

export function startSearch() {
  const input = document.getElementById("search");
  if (!input) return;
  const apply = () => {
    const wanted = fold(input.value).split(/\s+/).filter(Boolean);
    for (const card of document.querySelectorAll("[data-search]")) {
      const text = fold(card.dataset.search);
      card.hidden = !wanted.every((part) => text.includes(part));
    }
  };
  input.addEventListener("input", apply);
  document.body.addEventListener("htmx:afterSwap", apply);
}
