// Collect: pictures for training, by hand and by a rule.
import { get, post, put, session } from "./api.js";
import { byId, choices, empty, make, readOnly, toast } from "./dom.js";
import { Screen } from "./screen.js";
import { onStatus } from "./store.js";
import { on } from "./updates.js";

let screen;
let entered = false;

export function start() {
  screen = new Screen(byId("collect-screen"), "Live picture");
  byId("keep").addEventListener("submit", keep);
  byId("automatic").addEventListener("submit", begin);
  byId("automatic-off").addEventListener("click", () => automatic({ rule: null, label: "", every_s: 10 }));
  onStatus(({ rules, labels }) => {
    choices(byId("automatic").rule, rules.map(({ name }) => name), rules.length ? undefined : "there is no rule yet");
    byId("automatic").rule.required = true;
    const list = byId("known-labels");
    if (list.children.length !== labels.length) list.replaceChildren(...labels.map((value) => make("option", { value })));
  });
  on("event", () => entered && setTimeout(() => load().catch(() => {}), 500));
}

export function enter() {
  entered = true;
  screen.show();
  lock();
  load().catch((error) => byId("progress").replaceChildren(empty("collect", "Cannot be read now", error.message)));
}

export function leave() {
  entered = false;
  screen.hide();
}

function lock() {
  readOnly(byId("collect-only"), "You can look, but not keep pictures.", session);
  for (const field of document.querySelectorAll("#keep :is(input, button), #automatic :is(input, select, button)")) {
    field.disabled = !session.may_change;
  }
}

async function load() {
  const { folder, labels, automatic: now } = await get("collect");
  byId("progress").replaceChildren(...(labels.length ? labels.map(goal)
    : [empty("collect", "No picture yet", "Keep the first: wait until something is to be seen, name it, press Keep.")]));
  byId("collect-folder").textContent = folder ? `They lie in ${folder}, a folder for each label.` : "";
  byId("automatic-off").hidden = !now;
  byId("automatic-words").textContent = now ? `Now: a picture of each event of ${now.rule}, ${now.label ? `as ${now.label}` : "by its own label"}.` : "";
}

/** `most` train a model from nothing, `few` adapt one that was trained before. */
function goal({ label, kept, goal: most, goal_transfer: few }) {
  const words = kept >= most ? "enough to train from nothing" : kept >= few ? "enough to adapt a model" : `${few - kept} more to adapt a model`;
  return make("div", { class: "goal" },
    make("div", { class: "row between" }, make("b", {}, label), make("span", {}, `${kept.toLocaleString()} of ${most.toLocaleString()}`)),
    make("div", { class: "track", "--at": `${(100 * few) / most}%` }, make("progress", { max: most, value: Math.min(kept, most), "aria-label": `Pictures of ${label}` })),
    make("span", { class: "muted" }, words));
}

async function keep(event) {
  event.preventDefault();
  const label = event.target.label.value.trim();
  try {
    await post("collect", { label });
    byId("kept").textContent = `Kept as ${label}.`;
    await load();
  } catch (error) {
    byId("kept").textContent = error.message;
  }
}

function begin(event) {
  event.preventDefault();
  const { rule, label, every_s } = event.target;
  return automatic({ rule: rule.value, label: label.value.trim(), every_s: Number(every_s.value) });
}

async function automatic(wish) {
  try {
    await put("collect/automatic", wish);
    await load();
    toast(wish.rule ? `From now on ${wish.rule} keeps pictures.` : "No more pictures are kept by a rule.");
  } catch (error) {
    toast(error.message, "bad");
  }
}
