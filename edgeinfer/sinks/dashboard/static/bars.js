// How many events an hour or a day, one above the other by rule.
/* global uPlot */
import { ruleColour } from "./colours.js";
import { make } from "./dom.js";
import { Plot, axes } from "./plot.js";
import { count } from "./words.js";

const HOURS = 24;
const DAYS = 14;

export class Bars {
  constructor(place, legend) {
    this.place = place;
    this.legend = legend;
    this.plot = new Plot(place, 150);
    place.setAttribute("role", "img");
  }

  show(bars, by) {
    const begins = slots(by);
    const totals = new Map();
    const columns = new Map();
    for (const { begin, rule, count: many } of bars) {
      const slot = nearest(begins, Date.parse(begin) / 1000, by);
      if (slot < 0) continue;
      if (!columns.has(rule)) columns.set(rule, begins.map(() => 0));
      columns.get(rule)[slot] += many;
      totals.set(rule, (totals.get(rule) ?? 0) + many);
    }
    this.say(totals, by);
    const rules = [...columns.keys()].sort((a, b) => totals.get(b) - totals.get(a));
    const stacks = stacked(rules.map((rule) => columns.get(rule)));
    // The tallest first, so that each covers the foot of the one before.
    const order = rules.map((_, index) => index).reverse();
    this.plot.show(() => options(order.map((index) => rules[index]), by), [begins, ...order.map((index) => stacks[index])]);
  }

  say(totals, by) {
    const span = by === "hour" ? "24 hours" : `${DAYS} days`;
    const words = [...totals].map(([rule, many]) => `${rule}: ${many}`);
    this.place.setAttribute("aria-label", words.length ? `Events of the last ${span}. ${words.join(", ")}` : `No event in the last ${span}`);
    this.legend.replaceChildren(...(totals.size ? [...totals].map(([rule, many]) => make("li", {}, make("span", { class: "chip", "--chip": ruleColour(rule) }), `${rule}: ${count(many, "event")}`))
      : [make("li", {}, `No event in the last ${span}.`)]));
  }
}

/** The beginning of each slot, in seconds: hours and days of the clock of who looks. */
function slots(by) {
  const at = new Date();
  at.setMinutes(0, 0, 0);
  if (by === "day") at.setHours(0);
  const many = by === "hour" ? HOURS : DAYS;
  return Array.from({ length: many }, (_, index) => {
    const slot = new Date(at);
    if (by === "hour") slot.setTime(at.getTime() - (many - 1 - index) * 3_600_000);
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

function options(rules, by) {
  const [x, y] = axes((_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick : "")), 36);
  return {
    padding: [8, 4, 0, 0],
    cursor: { show: false },
    scales: { x: { range: (_, least, most) => [least - half(by), most + half(by)] }, y: { range: (_, least, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.1))] } },
    axes: [{ ...x, space: 55, values: (_, ticks) => ticks.map((tick) => name(tick, by)) }, y],
    series: [{}, ...rules.map((rule) => ({ fill: ruleColour(rule), stroke: ruleColour(rule), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 46], radius: 0.12 }) }))],
  };
}

function name(tick, by) {
  const at = new Date(tick * 1000);
  if (by === "day") return at.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  return at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
