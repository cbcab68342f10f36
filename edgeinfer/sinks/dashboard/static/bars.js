// How many events an hour or a day, one above the other by rule or by label.
/* global uPlot */
import { labelColour, ruleColour } from "./colours.js";
import { make } from "./dom.js";
import { Plot, axes } from "./plot.js";
import { count } from "./words.js";

const HOUR_MS = 3_600_000;
const HOURS = 24;
const DAYS = 14;
const MOST = 8; // colours that an eye tells apart; what is rarer is one of them
const OTHERS = "others";
const NONE = "without a label";

export class Bars {
  constructor(place, legend) {
    this.place = place;
    this.legend = legend;
    this.plot = new Plot(place, 150);
    place.setAttribute("role", "img");
  }

  /** `of`: what the colours stand for, "rule" or "label". */
  show(bars, by, of) {
    const begins = slots(by, Date.parse(bars[0]?.begin));
    const seen = bars.map((bar) => ({ slot: nearest(begins, Date.parse(bar.begin) / 1000, by), name: bar[of] || NONE, many: bar.count })).filter(({ slot }) => slot >= 0);
    const totals = ranked(seen);
    const columns = new Map([...totals.keys()].map((name) => [name, begins.map(() => 0)]));
    for (const { slot, name, many } of seen) columns.get(columns.has(name) ? name : OTHERS)[slot] += many;
    this.say(totals, by, of);
    const names = [...columns.keys()];
    const stacks = stacked([...columns.values()]);
    // The tallest first, so that each covers the foot of the one before.
    const order = names.map((_, index) => index).reverse();
    this.plot.show(() => options(order.map((index) => colour(names[index], of)), by), [begins, ...order.map((index) => stacks[index])]);
  }

  say(totals, by, of) {
    const span = by === "hour" ? "24 hours" : `${DAYS} days`;
    const words = [...totals].map(([name, many]) => `${name}: ${many}`);
    this.place.setAttribute("aria-label", words.length ? `Events of the last ${span}, by ${of}. ${words.join(", ")}` : `No event in the last ${span}`);
    this.legend.replaceChildren(...(totals.size ? [...totals].map(([name, many]) => make("li", {}, make("span", { class: "chip", "--chip": colour(name, of) }), `${name}: ${count(many, "event")}`))
      : [make("li", {}, `No event in the last ${span}.`)]));
  }
}

/** How many by name, the most first; what is beyond the colours is counted together. */
function ranked(seen) {
  const totals = new Map();
  for (const { name, many } of seen) totals.set(name, (totals.get(name) ?? 0) + many);
  const all = [...totals].sort(([, a], [, b]) => b - a);
  const few = all.length > MOST ? all.slice(0, MOST - 1) : all;
  const rest = all.slice(few.length).reduce((sum, [, many]) => sum + many, 0);
  return new Map(rest ? [...few, [OTHERS, rest]] : few);
}

function colour(name, of) {
  if (name === OTHERS || name === NONE) return "#8b9692";
  return of === "rule" ? ruleColour(name) : labelColour(name);
}

/** The beginning of each slot, in seconds: days of the clock of who looks, hours of the device, which may begin at another minute. */
function slots(by, counted) {
  const at = new Date();
  at.setMinutes(0, 0, 0);
  if (by === "hour" && counted) at.setTime(counted + Math.floor((Date.now() - counted) / HOUR_MS) * HOUR_MS);
  if (by === "day") at.setHours(0);
  const many = by === "hour" ? HOURS : DAYS;
  return Array.from({ length: many }, (_, index) => {
    const slot = new Date(at);
    if (by === "hour") slot.setTime(at.getTime() - (many - 1 - index) * HOUR_MS);
    else slot.setDate(at.getDate() - (many - 1 - index));
    return slot.getTime() / 1000;
  });
}

/** The device's hours and days may begin at other times: in another zone, or before the clocks were changed. */
function nearest(begins, begin, by) {
  return begins.findLastIndex((slot) => slot - half(by) < begin);
}

const half = (by) => (by === "hour" ? 1800 : 43_200);

function stacked(columns) {
  let below = null;
  return columns.map((column) => {
    below = column.map((value, slot) => value + (below?.[slot] ?? 0));
    return below;
  });
}

function options(colours, by) {
  const [x, y] = axes((_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick : "")), 36);
  return {
    padding: [8, 16, 0, 0],
    cursor: { show: false },
    scales: { x: { range: (_, least, most) => [least - half(by), most + half(by)] }, y: { range: (_, least, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.1))] } },
    axes: [{ ...x, space: 55, values: (_, ticks) => ticks.map((tick) => name(tick, by)) }, y],
    series: [{}, ...colours.map((fill) => ({ fill, stroke: fill, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 46], radius: 0.12 }) }))],
  };
}

function name(tick, by) {
  const at = new Date(tick * 1000);
  if (by === "day") return at.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  return at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
