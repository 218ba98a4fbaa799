// Elements. Text goes in as text only: nothing that comes from a page or a
// scenario is ever read as markup.

export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "class") e.className = value;
    else if (value === true) e.setAttribute(name, "");
    else e.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) e.append(child);
  }
  return e;
}

export function byID(id) { return document.getElementById(id); }

// keep draws a place anew that somebody may be using: it stays as it is while
// text in it is selected or a value is being typed, and what was open, scrolled
// or in focus is so again.
export function keep(place, typing, draw) {
  const selected = getSelection(), active = document.activeElement;
  if (selected.type === "Range" && place.contains(selected.anchorNode)) return;
  if (place.contains(active) && typing(active)) return;
  const usable = () => [...place.querySelectorAll("a, button, input, select, summary, [tabindex]")];
  const focused = usable().indexOf(active), scrolled = [...place.querySelectorAll(".scroll")].map((e) => e.scrollLeft);
  const open = new Map([...place.querySelectorAll("details[data-key]")].map((d) => [d.dataset.key, d.open]));
  draw();
  place.querySelectorAll("details[data-key]").forEach((d) => { d.open = open.get(d.dataset.key) ?? d.open; });
  place.querySelectorAll(".scroll").forEach((e, i) => { e.scrollLeft = scrolled[i] ?? 0; });
  if (focused >= 0) usable()[focused]?.focus({ preventScroll: true });
}

export function fill(e, ...children) {
  e.replaceChildren(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
}
