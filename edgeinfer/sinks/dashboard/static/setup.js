// Set-up: rules are drawn on the live picture, tried, and saved.
import { get, post, session } from "./api.js";
import { placeColour } from "./colours.js";
import { ask, byId, empty, make, readOnly, toast } from "./dom.js";
import { Editor } from "./editor.js";
import { cut, uncut, whole } from "./region.js";
import { ruleForm } from "./ruleform.js";
import { Screen } from "./screen.js";
import { Trial } from "./trial.js";
import { on } from "./updates.js";

const SOON_MS = 350; // after the last key: a preview for each letter helps nobody
const HINTS = {
  zone: "Drag a rectangle, or tap corner after corner and the first again. Escape ends it.",
  line: "Drag a line, or tap its two ends. Walking it from the first to the second, “in” goes from the left hand to the right.",
  region: "Drag a rectangle: the rest is cut away before the model looks.",
};

let screen;
let editor;
let saved = null; // what the device has: {region, rules, rule_types, labels, toml, path}
let draft = null; // {region: points on the picture shown, or null; rules}
let selected = null;
let redrawn = null; // the rule whose place is drawn anew
let toml = null;
let base = null; // of the file that `toml` was made from
let timer = null;
let asked = 0; // previews so far
let trial;

export function start() {
  screen = new Screen(byId("setup-screen"), "Live picture to draw on");
  screen.overlay.layers.places = screen.overlay.layers.ways = false;
  editor = new Editor(byId("setup-screen"), { changed, selected: select, drawn, drawing });
  for (const button of document.querySelectorAll("[data-draw]")) {
    button.addEventListener("click", (event) => begin(button.dataset.draw, null, event.detail === 0));
  }
  byId("draw-done").addEventListener("click", () => editor.finish());
  byId("draw-cancel").addEventListener("click", () => editor.cancel());
  byId("region-clear").addEventListener("click", () => { draft.region = null; draft.uncut = true; repaint(); });
  byId("add-rule").addEventListener("click", () => add({ type: "presence" }));
  // It looks at what runs now: the region is cut only when it is saved.
  trial = new Trial(() => ({ region: saved.region, rules: draft.rules }));
  byId("save").addEventListener("click", save);
  byId("revert").addEventListener("click", load);
  byId("copy").addEventListener("click", copy);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && editor.pending && editor.cancel());
  // After a restart, of whoever saved: what it has now, but not over what is being drawn.
  on("link", (answers) => answers && screen.wanted && !dirty() && load());
}

export function enter() {
  screen.show();
  readOnly(byId("setup-only"), "You can draw and try here, but not save.", session);
  if (!draft || !dirty()) load();
}

export function leave() {
  screen.hide();
  if (editor.pending) editor.cancel();
  trial.stop();
}

async function load() {
  try {
    saved = await get("setup");
  } catch (error) {
    byId("ruleset").replaceChildren(empty("setup", "The configuration cannot be read now", error.message));
    return;
  }
  draft = { region: null, uncut: false, rules: structuredClone(saved.rules) };
  selected = null;
  repaint();
}

const dirty = () => draft && JSON.stringify(wish()) !== JSON.stringify({ region: saved.region, rules: saved.rules });

/** As the device takes it: the region of the whole picture, polygons of what the region leaves. */
function wish() {
  if (draft.uncut) return { region: [0, 0, 1, 1], rules: draft.rules.map((rule) => uncut(rule, saved.region)) };
  if (!draft.region) return { region: saved.region, rules: draft.rules };
  return { region: whole(draft.region, saved.region), rules: draft.rules.map((rule) => cut(rule, draft.region)) };
}

// Drawing

function begin(kind, rule, byKeyboard) {
  if (!draft) return;
  redrawn = rule;
  editor.draw(kind, byKeyboard);
  if (!byKeyboard) byId("setup-screen").scrollIntoView({ block: "nearest" });
}

function drawing(kind, points) {
  byId("draw-hint").textContent = kind ? HINTS[kind] : "";
  byId("draw-done").hidden = byId("draw-cancel").hidden = !kind;
  byId("draw-done").textContent = points >= (kind === "line" ? 2 : 3) ? "Done" : "Put one in the middle";
  for (const button of document.querySelectorAll("[data-draw]")) button.setAttribute("aria-pressed", String(button.dataset.draw === kind));
}

function drawn(kind, points) {
  if (kind === "region") {
    draft.region = points;
    draft.uncut = false;
    selected = "region";
    repaint();
  } else if (redrawn) {
    redrawn[kind === "line" ? "line" : "polygon"] = points;
    selected = redrawn;
    repaint();
  } else {
    add(kind === "line" ? { type: "crossing", line: points } : { type: "zone", polygon: points });
  }
  redrawn = null;
}

function add(rule) {
  const names = new Set(draft.rules.map(({ name, type }) => name ?? type));
  let number = 1;
  while (names.has(`${rule.type} ${number}`)) number += 1;
  draft.rules.push({ name: `${rule.type} ${number}`, ...rule });
  selected = draft.rules.at(-1);
  repaint();
}

function changed(shape, points) {
  if (shape.id === "region") draft.region = points;
  else draft.rules[Number(shape.id)][shape.kind === "line" ? "line" : "polygon"] = points;
  soon();
}

function select(shape) {
  selected = shape.id === "region" ? "region" : draft.rules[Number(shape.id)];
  repaint();
}

function shapes() {
  const places = draft.rules.map((rule, index) => ({
    id: String(index), name: rule.name || rule.type, colour: placeColour(index),
    kind: rule.line ? "line" : "zone", points: rule.line ?? rule.polygon ?? [],
  }));
  const region = draft.region ? [{ id: "region", kind: "region", name: "Region of interest", colour: "#ffffff", points: draft.region }] : [];
  return [...region, ...places.filter(({ points }) => points.length)];
}

// The forms

function repaint() {
  const active = selected === "region" ? "region" : String(draft.rules.indexOf(selected));
  editor.set(shapes(), active);
  const whole_picture = saved.region.join() === "0,0,1,1";
  byId("region-clear").hidden = !draft.region && (whole_picture || draft.uncut);
  byId("ruleset").replaceChildren(...(draft.rules.length ? draft.rules.map(form)
    : [empty("setup", "No rule yet", "Draw a zone or a line on the picture, or add a rule for the whole of it.")]));
  soon();
}

function form(rule, index) {
  return ruleForm({
    rule, types: saved.rule_types, labels: saved.labels, colour: placeColour(index), isOpen: rule === selected,
    changed: (anew) => { if (anew) repaint(); else { editor.set(shapes(), editor.active); soon(); } },
    redraw: (kind, byKeyboard) => { selected = rule; begin(kind, rule, byKeyboard); },
    remove: () => { draft.rules.splice(index, 1); selected = null; repaint(); byId("add-rule").focus(); },
    opened: (isOpen) => {
      if (isOpen && selected !== rule) { selected = rule; editor.set(shapes(), String(index)); }
    },
  });
}

// Preview, trial, save

/** Until the device has answered there is nothing that could be saved or copied: the text is that of before. */
function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, SOON_MS);
  asked += 1;
  byId("toml").setAttribute("aria-busy", "true");
  byId("copy").disabled = true;
  byId("save").disabled = true;
  byId("revert").disabled = !dirty();
}

async function preview() {
  if (!dirty()) {
    said(saved, []);
    return;
  }
  const mine = asked;
  let answer;
  try {
    answer = await post("setup/preview", wish());
  } catch (error) {
    answer = { problems: error.problems?.length ? error.problems : [error.message] };
  }
  if (mine !== asked) return; // it was changed meanwhile, and asked again
  said(answer, answer.problems);
  await trial.again();
}

function said(answer, problems) {
  ({ toml = null, base = null } = answer);
  if (byId("toml").textContent !== (toml ?? "")) byId("toml").textContent = toml ?? ""; // else a selection in it would go
  byId("toml").removeAttribute("aria-busy");
  byId("copy").disabled = false;
  byId("toml-details").hidden = !toml;
  byId("problems").replaceChildren(...problems.map((problem) => make("li", {}, problem)));
  const changes = dirty();
  byId("save").disabled = !changes || problems.length > 0 || !session.may_change || !saved.path;
  byId("save-words").textContent = !session.may_change ? "Copy the TOML into your configuration." : saved.path
    ? (changes ? `Not saved yet. It goes into ${saved.path}.` : `As it is in ${saved.path}.`)
    : "The service runs without a configuration file, so there is none to save into: copy the TOML into one and start it with -c.";
}

async function save() {
  if (!(await ask("Save this set-up?", `${saved.path} is replaced; what was there stays beside it as a backup. The service starts anew, which takes some seconds.`, "Save"))) return;
  byId("save").disabled = true;
  try {
    await post("setup/save", { toml, base: base ?? "" });
    saved = { ...saved, ...wish(), toml, base };
    draft = { region: null, uncut: false, rules: structuredClone(saved.rules) };
    toast("Saved. The service starts anew.");
    repaint();
  } catch (error) {
    const words = error.problems?.length ? error.problems : [error.message];
    byId("problems").replaceChildren(...words.map((problem) => make("li", {}, problem)));
    byId("save").disabled = false;
  }
}

async function copy() {
  try {
    await navigator.clipboard.writeText(toml);
  } catch {
    // Without TLS there is no clipboard but on this machine itself: what is selected can be copied by hand.
    getSelection().selectAllChildren(byId("toml"));
    toast("Press Ctrl+C to copy what is selected.");
    return;
  }
  toast("Copied.");
}
