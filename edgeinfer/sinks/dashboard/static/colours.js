// Colours that are told apart on a picture, in light and in dark, and by most who do not see all colours.
import { status } from "./store.js";

const PLACES = ["#f5a524", "#36b3e6", "#7ac74f", "#e86ab0", "#b08cff", "#f2784b", "#2fc9b4", "#d6c33b"];
const BOXES = ["#63e6be", "#ffd43b", "#74c0fc", "#ff8787", "#e599f7", "#a9e34b", "#ffa94d", "#f783ac"];

/** Named by events that no rule of the configuration makes. */
export const OF_SERVICE = ["camera", "engine", "model", "service", "snapshot"];

export const placeColour = (index) => PLACES[index % PLACES.length];

/** The same for a rule on every page: by its place in the configuration. */
export function ruleColour(name) {
  if (OF_SERVICE.includes(name)) return "#8b9692";
  const index = status?.rules.findIndex((rule) => rule.name === name) ?? -1;
  return placeColour(index < 0 ? hash(name) : index);
}

export const labelColour = (label) => BOXES[hash(label) % BOXES.length];

function hash(text) {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return sum;
}
