// Machine: what it costs here, over an hour and a day; the model; the last incident.
/* global uPlot */
import { get } from "./api.js";
import { byId, empty, facts, make, oneOf } from "./dom.js";
import { Plot, axes, paint } from "./plot.js";
import { onStatus, status } from "./store.js";
import { bytes, clockTime, count, day, number } from "./words.js";

const AGAIN_MS = 15_000;
const CHARTS = [
  { title: "Frame rate", unit: "frames a second", keys: ["fps"], colours: ["accent"] },
  { title: "Latency", unit: "ms", keys: ["p50_ms", "p95_ms"], names: ["p50", "p95"], colours: ["accent", "warn"] },
  { title: "Temperature", unit: "°C", keys: ["temperature_c"], zoomed: true, colours: ["bad"], none: "No sensor for the temperature can be read here." },
  { title: "Processor clock", unit: "MHz", keys: ["clock_mhz"], colours: ["accent"], none: "The clock cannot be read here." },
  { title: "Memory", unit: "MB", keys: ["memory_bytes"], scale: 1e-6, colours: ["good"], none: "The memory cannot be read here." },
];
const ENDINGS = { error: "ended with an error", crashed: "crashed", killed: "was killed", power: "ended with the power" };

let span = "hour";
let timer = null;

export function start() {
  byId("plots").replaceChildren(...CHARTS.map(card));
  oneOf(document.querySelectorAll("[data-span]"), "span", (chosen) => { span = chosen; load(); });
  onStatus(incident);
}

export function enter() {
  load();
  loadModel();
  timer = setInterval(load, AGAIN_MS);
}

export const leave = () => clearInterval(timer);

function card(chart) {
  chart.now = make("p", { class: "now" }, "–");
  chart.ends = make("p", { class: "ends" });
  chart.place = make("div", { class: "plot", role: "img", "aria-label": chart.title });
  chart.plot = new Plot(chart.place, 150);
  chart.card = make("section", { class: "card chart", "aria-label": chart.title },
    make("div", { class: "row between" }, make("h2", {}, chart.title), chart.now), chart.place, chart.ends);
  return chart.card;
}

async function load() {
  try {
    const history = await get("history", { span });
    const missing = CHARTS.map((chart) => show(chart, history)).filter(Boolean);
    byId("unmeasured").textContent = [...new Set(missing)].join(" ");
  } catch {
    // The notice at the top says that the device is away; what was drawn stays.
  }
}

/** Why there is nothing to show of it, if so. */
function show(chart, history) {
  const scale = chart.scale ?? 1;
  const columns = chart.keys.map((key) => (history[key] ?? []).map((value) => (value === null ? null : value * scale)));
  const known = columns.map((column) => column.filter((value) => value !== null));
  const some = known.some((column) => column.length);
  chart.card.hidden = !some;
  if (!some) return (history.time_s.length && chart.none) || "Nothing was measured yet. Come back in a minute.";
  chart.now.replaceChildren(known.map((column) => number(column.at(-1))).join(" / "), " ", make("small", {}, chart.unit));
  const words = known.map((column, index) => column.length ? `${chart.names ? `${chart.names[index]} ` : ""}${range(number(Math.min(...column)), number(Math.max(...column)))}` : "").filter(Boolean);
  chart.ends.replaceChildren(...words.flatMap((word, index) => [make("span", { class: "chip", "--chip": `var(--${chart.colours[index]})` }), ` ${word} ${index + 1 < words.length ? " " : ""}`]), `in this ${span}`);
  chart.place.setAttribute("aria-label", `${chart.title} of the last ${span}: ${chart.ends.textContent}`);
  chart.plot.show(() => options(chart, history.time_s[0]), [history.time_s, ...columns]);
  return null;
}

const range = (least, most) => (least === most ? least : `${least} to ${most}`);

/** A service that has just begun shows its first minutes, not an empty hour. */
function options(chart, first_s) {
  const [x, y] = axes((_, ticks) => ticks.map((tick) => number(tick)), 48);
  const now = Date.now() / 1000;
  const begin = Math.max(now - (span === "hour" ? 3600 : 86_400), Math.min(first_s, now - 300));
  return {
    padding: [8, 8, 0, 0],
    cursor: { sync: { key: "machine" }, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { range: () => [begin, now] }, y: { range: (_, least, most) => [chart.zoomed ? Math.floor(least - 2) : 0, chart.zoomed ? Math.ceil(most + 2) : most * 1.15 || 1] } },
    axes: [{ ...x, space: 58, values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1000).slice(0, 5)) }, { ...y, space: 34 }],
    series: [{}, ...chart.keys.map((_, index) => ({ stroke: paint(chart.colours[index]), width: 2, spanGaps: false, points: { show: false }, fill: index === 0 && chart.keys.length === 1 ? `${paint(chart.colours[0])}1f` : undefined }))],
  };
}

async function loadModel() {
  try {
    showModel(await get("model"));
  } catch (error) {
    byId("model").replaceChildren(empty("machine", "The model cannot be asked now", error.message));
  }
}

function showModel(model) {
  const list = make("dl", { class: "facts" });
  facts(list, [
    ["For", model.task],
    ["Input", model.input_px?.join(" × ") && `${model.input_px.join(" × ")} pixels`],
    ["Labels", typeof model.labels === "number" ? count(model.labels, "label") : null],
    ["Parameters", model.parameters && `${number(model.parameters / 1e6, 2)} million`],
    ["Work", model.macs && `${number(model.macs / 1e6, 0)} million multiplications a picture`],
    ["Weights", model.weights_bytes && bytes(model.weights_bytes)],
    ["Until its result", model.here?.p50_ms ? `${number(model.here.p50_ms)} ms; 19 of 20 below ${number(model.here.p95_ms)} ms` : null],
    ["Licence", model.licence],
  ]);
  byId("model").replaceChildren(make("p", { class: "model-name" }, model.name), make("p", { class: "muted" }, model.summary ?? ""), list);
  facts(byId("versions"), Object.entries({ edgeinfer: status?.version, ...model.versions }));
}

function incident(now) {
  const last = now.incident;
  const place = byId("incident");
  if (!last) {
    place.replaceChildren();
    return;
  }
  const words = [`The last run ${ENDINGS[last.ending] ?? `ended: ${last.ending}`}`, last.saved ? `${day(last.saved).toLowerCase()} at ${clockTime(last.saved)}` : null];
  const more = [last.reason, last.hottest_c ? `It was ${number(last.hottest_c)} °C at its hottest.` : null].filter(Boolean);
  place.replaceChildren(make("div", { class: "notice" }, make("b", {}, `${words.filter(Boolean).join(", ")}.`), more.length ? make("span", {}, more.join(" ")) : null));
}
