// One rule as a form: its name, type, labels, place and options.
import { make } from "./dom.js";

const KIND_WORDS = {
  presence: "is it here?",
  passage: "something goes by",
  zone: "a place is occupied",
  crossing: "something goes over a line",
  dwell: "something stays too long",
  count: "how many",
};
const UNITS = { _s: "s", _px: "px", _fps: "fps", _m: "m" };

const kindWords = (type) => KIND_WORDS[type] ?? type;

/** What may be drawn for a rule: a polygon, a line, or nothing. */
function placeOf(type) {
  return { line: "line", polygon: "zone" }[type?.needs] ?? null;
}

/** `changed()` after every change of `rule`, `redraw()` for a new place, `remove()`. */
export function ruleForm({ rule, types, labels, colour, isOpen, changed, redraw, remove, opened }) {
  const type = types.find((one) => one.type === rule.type);
  const title = make("span", { class: "name" }, rule.name || rule.type);
  const form = make("details", { class: "rule", open: isOpen },
    make("summary", {}, make("span", { class: "chip", "--chip": colour }), title, make("span", { class: "kind" }, kindWords(rule.type))),
    make("div", { class: "fields" },
      make("div", { class: "fields" },
        make("label", {}, "Name", make("input", { value: rule.name ?? "", maxlength: 64, oninput: ({ target }) => {
          rule.name = target.value;
          title.textContent = rule.name || rule.type;
          changed();
        } })),
        make("label", {}, "Type", typeChoice(rule, types, () => changed(true)))),
      labelPicker(rule, labels, changed),
      place(rule, type, redraw, changed),
      options(rule, type, changed),
      make("p", {}, make("button", { type: "button", onclick: remove }, "Remove this rule"))));
  form.addEventListener("toggle", () => opened(form.open));
  return form;
}

function typeChoice(rule, types, changed) {
  const select = make("select", { onchange: () => {
    // Options of another type would be refused.
    for (const key of Object.keys(rule)) if (!["type", "name", "labels", "polygon"].includes(key)) delete rule[key];
    rule.type = select.value;
    const next = types.find(({ type }) => type === rule.type);
    if (placeOf(next) === "line") rule.line = [[0.25, 0.5], [0.75, 0.5]];
    if (placeOf(next) !== "zone") delete rule.polygon;
    changed();
  } }, types.map(({ type }) => make("option", { value: type, selected: type === rule.type }, `${type}: ${kindWords(type)}`)));
  return select;
}

function labelPicker(rule, labels, changed) {
  const chosen = make("div", { class: "labels" });
  const list = make("datalist", { id: `labels-${crypto.getRandomValues(new Uint32Array(1))[0]}` }, labels.map((value) => make("option", { value })));
  const show = () => chosen.replaceChildren(...(rule.labels ?? []).map((label) => make("button", { type: "button", "aria-label": `Remove ${label}`, onclick: () => {
    rule.labels = rule.labels.filter((other) => other !== label);
    if (!rule.labels.length) delete rule.labels;
    show();
    changed();
  } }, `${label} ✕`)));
  const input = make("input", { list: list.id, autocomplete: "off", placeholder: "all; add one …", onchange: () => {
    const label = input.value.trim();
    input.value = "";
    if (!label || rule.labels?.includes(label)) return;
    rule.labels = [...(rule.labels ?? []), label];
    show();
    changed();
  } });
  show();
  return make("div", { class: "fields" }, make("label", {}, "Labels", input), chosen, list);
}

function place(rule, type, redraw, changed) {
  const kind = placeOf(type);
  if (!kind) return null;
  const words = kind === "line" ? "a line" : rule.polygon?.length ? `a zone of ${rule.polygon.length} corners` : "the whole picture";
  return make("div", { class: "row" }, make("span", { class: "muted" }, `Where: ${words}`),
    make("button", { type: "button", onclick: (event) => redraw(kind, event.detail === 0) }, kind === "line" || rule.polygon?.length ? "Draw anew" : "Draw a zone"),
    kind === "zone" && rule.polygon?.length ? make("button", { type: "button", onclick: () => { delete rule.polygon; changed(true); } }, "Whole picture") : null);
}

function options(rule, type, changed) {
  const shown = (type?.options ?? []).filter(({ kind }) => ["number", "integer", "boolean", "choice"].includes(kind));
  if (!shown.length) return null;
  const set = shown.some(({ name }) => name in rule);
  return make("details", { open: set }, make("summary", {}, "More options"), make("div", { class: "two" }, shown.map((option) => field(rule, option, changed))));
}

function field(rule, { name, kind, default: usual, choices }, changed) {
  const suffix = Object.keys(UNITS).find((end) => name.endsWith(end));
  const words = (suffix ? name.slice(0, -suffix.length) : name).replaceAll("_", " ");
  const keep = (value) => {
    if (value === "" || value === null || value === usual) delete rule[name];
    else rule[name] = value;
    changed();
  };
  if (kind === "boolean") return make("label", {}, make("input", { type: "checkbox", checked: rule[name] ?? usual, onchange: ({ target }) => keep(target.checked) }), words);
  if (kind === "choice") {
    return make("label", {}, words, make("select", { onchange: ({ target }) => keep(target.value) },
      choices.map((value) => make("option", { value, selected: value === (rule[name] ?? usual) }, value))));
  }
  const input = make("input", { type: "number", step: kind === "integer" ? 1 : "any", value: rule[name] ?? "", placeholder: usual ?? "off", inputmode: "decimal",
    oninput: ({ target }) => keep(target.value === "" ? "" : Number(target.value)) });
  return make("label", {}, words, make("span", { class: "unit" }, input, suffix ? UNITS[suffix] : null));
}
