// Live: the picture, how fast and why, how everything is.
import { post, session } from "./api.js";
import { ruleColour } from "./colours.js";
import { byId, make, renew, toast } from "./dom.js";
import { latest, open, said } from "./events.js";
import { Screen } from "./screen.js";
import { onStatus, refresh, status } from "./store.js";
import { on } from "./updates.js";
import { bindsWords, cameraWords, clockTime, count, number, seenWords, stateWords } from "./words.js";

const STEPS = ["waited", "prepare", "invoke", "decode"];
const STEP_WORDS = { waited: "waited", prepare: "prepare", invoke: "model", decode: "decode" };
const EVERY_MS = 1000; // words that change faster cannot be read

let screen;
let told_ms = 0;

export function start() {
  screen = new Screen(byId("live-screen"), "Live picture");
  layers();
  onStatus(show);
  on("result", result);
  byId("pause").addEventListener("click", () => control("pause", status?.paused ? "OFF" : "ON"));
  byId("snapshot").addEventListener("click", () => control("snapshot", "PRESS", "A picture is taken."));
}

export function enter() {
  screen.show();
  listLatest();
}

export const leave = () => screen.hide();

function layers() {
  for (const box of document.querySelectorAll("[data-layer]")) {
    const { layer } = box.dataset;
    box.checked = localStorage.getItem(`layer-${layer}`) !== "off";
    screen.overlay.layers[layer] = box.checked;
    box.addEventListener("change", () => {
      localStorage.setItem(`layer-${layer}`, box.checked ? "on" : "off");
      screen.overlay.layers[layer] = box.checked;
      screen.paint();
    });
  }
}

async function control(command, word, said) {
  try {
    await post("control", { command, word });
    if (said) toast(said);
    await refresh();
  } catch (error) {
    toast(error.message, "bad");
  }
}

function show(now) {
  byId("live-sub").textContent = `${now.source ?? "no source"} · ${now.model}`;
  byId("pace-fps").textContent = number(now.fps);
  byId("pace-words").textContent = now.paused ? "Paused." : bindsWords(now.binds, now.max_fps);
  byId("pause").textContent = now.paused ? "Go on" : "Pause";
  byId("live-changes").hidden = !session.may_change;
  renew(byId("health"), health(now));
  renew(byId("states"), states(now.rules));
}

function health(now) {
  const [mood, camera] = cameraWords(now.camera);
  const engine = now.stages?.engine ?? "ok";
  const parts = [
    [mood, "Camera", camera],
    [engine === "ok" ? "good" : "bad", "Engine", engine === "ok" ? "fine" : engine],
    ...heat(now),
    ...others(now).map(sinkHealth),
  ];
  return parts.map(([dot, name, how]) => make("li", {}, make("span", { class: `dot ${dot}` }),
    make("span", { class: "name" }, name), make("span", { class: "how" }, how)));
}

/** This page is a sink as well, and whoever sees it knows that it works. */
const others = ({ sinks }) => sinks.filter(({ name }) => !name.startsWith("dashboard "));

function heat({ temperature_c: hot }) {
  if (hot === null || hot === undefined) return [];
  return [[hot < 70 ? "good" : hot < 80 ? "warn" : "bad", "Temperature", `${number(hot)} °C`]];
}

function sinkHealth({ name, state, waiting, dropped }) {
  const fine = state === "ok";
  const words = [fine ? "fine" : "away"];
  if (waiting > 1 || !fine) words.push(`${waiting} wait`);
  if (dropped) words.push(`${dropped} lost`);
  return [fine ? (dropped ? "warn" : "good") : "bad", name, words.join(", ")];
}

function states(rules) {
  if (!rules.length) {
    return [make("li", { class: "plain" }, "There is no rule yet. ", make("a", { href: "#/setup" }, "Make one"), ".")];
  }
  return rules.map((rule) => make("li", {}, make("span", { class: "chip", "--chip": ruleColour(rule.name) }),
    make("span", { class: "name" }, rule.name), make("span", { class: "how" }, stateWords(rule.state)[0])));
}

function result({ findings, timing_ms: timing }) {
  if (!screen.wanted || performance.now() - told_ms < EVERY_MS) return;
  told_ms = performance.now();
  byId("live-seen").textContent = `In the picture: ${seenWords(findings)}.`;
  const whole = Math.max(1, STEPS.reduce((sum, step) => sum + timing[step], 0));
  byId("pace-timing").replaceChildren(...STEPS.flatMap((step) => [
    make("dt", {}, STEP_WORDS[step]),
    make("dd", {}, make("progress", { max: whole, value: timing[step], "aria-label": `${STEP_WORDS[step]}: its share of the time` })),
    make("dd", { class: "ms" }, `${number(timing[step])} ms`),
  ]));
}

/** The newest few; also called when one has arrived. */
export function listLatest() {
  if (byId("latest").contains(document.activeElement)) return; // it would be lost
  const few = latest().slice(0, 4);
  byId("latest").replaceChildren(...(few.length ? few.map(row) : [make("li", { class: "muted" }, "Nothing has happened yet.")]));
}

function row(event) {
  const picture = event.picture
    ? make("img", { class: "thumb", src: event.picture, alt: "", loading: "lazy" })
    : make("span", { class: "thumb" }, "–");
  return make("li", {}, make("button", { type: "button", onclick: () => open(event) }, picture,
    make("span", {}, ...said(event.words), make("span", { class: "when" }, clockTime(event.time)))));
}

/** For the bar at the top: a dot and the device's name. */
export function deviceWords(now) {
  const [mood] = cameraWords(now.camera);
  const away = others(now).filter(({ state }) => state !== "ok").length;
  const trouble = [mood === "bad" && "camera", (now.stages?.engine ?? "ok") !== "ok" && "engine", away && count(away, "sink")].filter(Boolean);
  return { dot: trouble.length ? "bad" : mood === "warn" || now.paused ? "warn" : "good", words: trouble.length ? `trouble: ${trouble.join(", ")}` : now.paused ? "paused" : "all is well" };
}
