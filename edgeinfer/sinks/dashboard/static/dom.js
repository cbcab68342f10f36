// Making and finding elements.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element; what a property begins with `on` listens, what is null or false is left out. */
export function make(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

export function makeSvg(name, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) element.style.setProperty(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  return makeSvg("svg", { "aria-hidden": "true" }, makeSvg("use", { href: `#i-${name}` }));
}

/** What a page shows instead of nothing. */
export function empty(name, title, words) {
  return make("div", { class: "empty" }, icon(name), make("b", {}, title), make("p", {}, words));
}

/** Other children, where they differ: what has the focus keeps it as long as nothing has changed. */
export function renew(place, children) {
  const same = children.length === place.children.length && children.every((child, at) => child.isEqualNode(place.children[at]));
  if (!same) place.replaceChildren(...children);
}

/** A list of names with their values; a null value is left out. */
export function facts(list, pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  list.replaceChildren(...shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  return list;
}

/** Words in which `this` is code. */
function coded(words) {
  return words.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

/** Why nothing can be changed here, in a notice. */
export function readOnly(notice, title, session) {
  notice.hidden = session.may_change;
  const why = (session.why_not ?? "").replace(/^read-only: */, "");
  notice.replaceChildren(make("b", {}, title), make("span", {}, ...coded(why && `${why[0].toUpperCase()}${why.slice(1)}.`)));
}

/** The options of a select; keeps what was chosen where it is still there. */
export function choices(select, values, first) {
  const chosen = select.value;
  const options = values.map((value) => make("option", { value }, value));
  select.replaceChildren(...(first === undefined ? [] : [make("option", { value: "" }, first)]), ...options);
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
}

/** Buttons of which one is pressed; `choose` is told the value of its data attribute. */
export function oneOf(buttons, key, choose) {
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(button.dataset[key]);
    });
  }
}

export function toast(words, kind = "") {
  // Events may come fast: the newest of them is enough.
  if (kind === "passing") for (const old of document.querySelectorAll(".toast.passing")) old.remove();
  const note = make("div", { class: `toast ${kind}` }, words);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 9000 : 5000);
}

/** Whether the person says yes. */
export function ask(title, words, yes) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-words").textContent = words;
  byId("ask-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}
