// Making and changing what stands on the page. Text only ever enters as text.
"use strict";

const byId = (id) => document.getElementById(id);

// element("td", "12", {class: "number"}); a child is a string or a node; nothing is left out.
function element(tag, children = [], attributes = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value != null && value !== false) made.setAttribute(name, value);
  }
  made.append(...[children].flat().filter((child) => child != null));
  return made;
}

// Puts *make()* into *place*, but only when *key* (what it is made from) has changed: readers keep their place.
const shown = new WeakMap();
function show(place, key, make) {
  const text = JSON.stringify(key);
  if (shown.get(place) === text) return;
  shown.set(place, text);
  place.replaceChildren(...[make()].flat().filter((child) => child != null));
}

// A text that changes, untouched while it is the same.
function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

const empty = (text) => element("p", text, { class: "empty" });

// Rows of cells; the first cell of each names its row.
function table(caption, heads, rows) {
  const line = (cells) => element("tr", cells.map((cell, at) =>
    at ? element("td", cell) : element("th", cell, { scope: "row" })));
  return element("table", [
    element("caption", caption, { class: "unseen" }),
    element("thead", element("tr", heads.map((head) => element("th", head, { scope: "col" })))),
    element("tbody", rows.map(line)),
  ]);
}

// Pairs of a name and a figure, as a description list.
const facts = (pairs) =>
  element("dl", pairs.filter(Boolean).map(([name, value]) => element("div", [element("dt", name), element("dd", value)])), { class: "facts" });

// One bar of parts side by side: [{name, value, tone}]. A picture of the table beside it, hence hidden from readers.
function bar(parts, total = parts.reduce((sum, part) => sum + part.value, 0)) {
  const made = element("div", parts.filter((part) => part.value > 0).map((part) => {
    const piece = element("span", [], { "data-tone": part.tone });
    piece.style.width = `${(100 * part.value) / total}%`;
    return piece;
  }), { class: "bar", "aria-hidden": "true" });
  return made;
}

const mark = (tone) => element("i", [], { class: "mark", "data-tone": tone, "aria-hidden": "true" });
