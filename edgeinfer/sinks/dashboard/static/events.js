// Events: newest first, filtered, counted; new ones appear by themselves.
import { get, query } from "./api.js";
import { Bars } from "./bars.js";
import { OF_SERVICE, ruleColour } from "./colours.js";
import { byId, choices, empty, facts, icon, make, oneOf } from "./dom.js";
import { onStatus } from "./store.js";
import { on } from "./updates.js";
import { clockTime, day, number } from "./words.js";

const SOON_MS = 1500; // a burst of events asks for the counts once
const MOST_ARRIVED = 200; // who leaves the page open for a week does not want all of it

let shown = []; // as the filter has them
let newest = []; // of all
let next = null;
let bars;
let by = "hour";
let of = "rule";
let entered = false;
let counting = null;
let asked = 0; // answers may come in another order than they were asked for: the last one counts
const arrivals = new Set();
const filter = () => Object.fromEntries(new FormData(byId("filters")));

export function start() {
  bars = new Bars(byId("bars"), byId("legend"));
  byId("filters").addEventListener("change", load);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("older").addEventListener("click", older);
  oneOf(document.querySelectorAll("[data-by]"), "by", (chosen) => { by = chosen; recount(); });
  oneOf(document.querySelectorAll("[data-of]"), "of", (chosen) => { of = chosen; recount(); });
  onStatus(options);
  on("event", arrive);
  on("link", (answers) => answers && (entered ? load() : loadNewest().catch(() => {})));
  return loadNewest();
}

export function enter() {
  entered = true;
  return load();
}

export const leave = () => { entered = false; };

/** The newest ones of all, for the page Live. */
export const latest = () => newest;

async function loadNewest() {
  newest = (await get("events", { limit: 8 })).events;
}

function options({ rules, labels }) {
  const form = byId("filters");
  choices(form.rule, [...rules.map(({ name }) => name), ...OF_SERVICE], "all");
  const wanted = new Set(rules.flatMap((rule) => (rule.labels?.length ? rule.labels : [])));
  choices(form.label, [...wanted, ...labels.filter((label) => !wanted.has(label))], "all");
}

async function load() {
  const mine = ++asked;
  const words = filter();
  byId("csv").href = `api/v1/events.csv${query(words)}`;
  byId("json").href = `api/v1/events.json${query(words)}`;
  try {
    const page = await get("events", { ...words, limit: 48 });
    if (mine !== asked) return;
    shown = page.events;
    next = page.next;
    paint();
    await recount();
  } catch (error) {
    if (mine !== asked) return;
    byId("event-list").replaceChildren(empty("events", "The events cannot be read now", error.message));
  }
}

async function older() {
  const mine = asked;
  const page = await get("events", { ...filter(), before: next, limit: 48 });
  if (mine !== asked) return;
  shown = [...shown, ...page.events];
  next = page.next;
  paint();
}

async function recount() {
  counting = null;
  if (!entered) return;
  const mine = JSON.stringify([by, filter()]);
  const { bars: found } = await get("counts", { by, ...filter() });
  if (mine !== JSON.stringify([by, filter()])) return;
  bars.show(found, by, of);
}

function arrive(event) {
  if (newest.some(({ id }) => id === event.id)) return;
  newest = [event, ...newest].slice(0, 8);
  if (!entered || !passes(event)) return;
  arrivals.add(event.id);
  shown = [event, ...shown];
  insert(event);
  counting ??= setTimeout(() => recount().catch(() => {}), SOON_MS);
}

function passes({ rule, label }) {
  const wanted = filter();
  return (!wanted.rule || wanted.rule === rule) && (!wanted.label || wanted.label === label);
}

/** Above the others of its day, which stay as they are: one of them may have the focus. */
function insert(event) {
  const list = byId("event-list").querySelector("ul");
  if (list?.previousElementSibling?.textContent !== day(event.time)) {
    paint();
    return;
  }
  list.prepend(card(event));
  if (shown.length > MOST_ARRIVED && list.children.length > 1) {
    const lists = byId("event-list").querySelectorAll("ul");
    const last = lists[lists.length - 1];
    last.lastElementChild.remove();
    if (!last.children.length) {
      last.previousElementSibling.remove();
      last.remove();
    }
    shown.pop();
    next = shown.at(-1).number;
  }
  head();
}

function head() {
  byId("events-sub").textContent = shown.length ? `The newest was at ${clockTime(shown[0].time)}, ${day(shown[0].time).toLowerCase()}.` : "";
  byId("older").hidden = next === null || next === undefined;
}

function paint() {
  const words = filter();
  const filtered = words.rule || words.label;
  head();
  if (!shown.length) {
    byId("event-list").replaceChildren(filtered
      ? empty("events", "Nothing like that", "Choose another rule or label.")
      : empty("events", "Nothing has happened yet", "As soon as a rule has something to say, it appears here by itself."));
    return;
  }
  byId("event-list").replaceChildren(...days(shown).flatMap(([name, events]) => [make("h2", {}, name), make("ul", {}, events.map(card))]));
}

/** What happened, and smaller what else is known of it. */
export function said(words) {
  const [first, ...more] = words.split(", ");
  return [make("span", { class: "words" }, first), make("span", { class: "more" }, more.join(", "))];
}

function days(events) {
  const found = new Map();
  for (const event of events) {
    const name = day(event.time);
    found.set(name, [...(found.get(name) ?? []), event]);
  }
  return [...found];
}

function card(event) {
  const picture = event.picture
    ? make("img", { class: "thumb", src: event.picture, alt: "", loading: "lazy" })
    : make("span", { class: "thumb" }, icon("image"));
  const isNew = arrivals.delete(event.id);
  return make("li", {}, make("button", { type: "button", class: `event ${isNew ? "new" : ""}`, onclick: () => open(event) }, picture,
    make("span", { class: "about" }, ...said(event.words),
      make("span", { class: "when" }, make("span", { class: "chip", "--chip": ruleColour(event.rule) }), `${event.rule} · ${clockTime(event.time)}`))));
}

/** One event, large. */
export function open(event) {
  const image = byId("shown-picture");
  image.hidden = !event.picture;
  if (event.picture) image.src = event.picture;
  image.alt = event.picture ? `Picture of the event: ${event.words}` : "";
  byId("shown-words").textContent = event.words;
  facts(byId("shown-facts"), [
    ["Rule", event.rule],
    ["What", event.kind],
    ["When", `${day(event.time)}, ${clockTime(event.time)}${event.time_uncertain ? " (the clock was not set)" : ""}`],
    ...Object.entries(event.facts).map(([name, value]) => [name.replaceAll("_", " "), factWords(value)]),
    ["Source", event.source],
    ["Model", event.model],
  ]);
  byId("shown").showModal();
}

function factWords(value) {
  if (typeof value === "number") return number(value, 3);
  if (value && typeof value === "object") return JSON.stringify(value);
  return /^\d{4}-\d\d-\d\dT/.test(value) ? clockTime(value) : value === null ? null : String(value).replaceAll("_", " ");
}
