// Numbers, times and what a rule shows, as a person says them.

const BINDS = {
  nothing: "Nothing holds it back",
  max_fps: "As many as you allow",
  temperature: "Slowed down to stay cool",
  latency: "Slowed down so that results come in time",
  duty: "Slowed down to leave room for other programs",
  power: "Slowed down, for the power supply is weak",
};
const CAMERA = {
  ok: ["good", "fine"],
  opening: ["warn", "is being opened"],
  dark: ["warn", "dark: nothing to see"],
  frozen: ["bad", "frozen: always the same picture"],
  noisy: ["warn", "nothing but noise"],
  gone: ["bad", "gone; it is being opened again"],
};

/** What sets the pace, as in "Slowed down to stay cool: at most 3.2 a second." */
export function bindsWords(binds, most_fps) {
  const words = BINDS[binds] ?? (binds ? `Held by ${binds}` : "Not known yet");
  return binds && binds !== "nothing" && most_fps ? `${words}: at most ${number(most_fps)} a second.` : `${words}.`;
}
export const cameraWords = (camera) => CAMERA[camera] ?? ["warn", String(camera ?? "not known yet")];

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export const clockTime = (time) => clock.format(new Date(time));

export function day(time) {
  const at = new Date(time);
  const days = Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : date.format(at);
}

const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);

/** Two digits behind the point where they say something. */
export function number(value, digits = 1) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString(undefined, { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : digits });
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  if (value < 1e6) return `${number(value / 1e3, 0)} KB`;
  return value < 1e9 ? `${number(value / 1e6)} MB` : `${number(value / 1e9, 2)} GB`;
}

export function count(value, one, many = `${one}s`) {
  return `${value.toLocaleString()} ${value === 1 ? one : many}`;
}

function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** How things stand for a rule: [words, whether that is more than the usual]. */
export function stateWords(state = {}) {
  if ("present" in state) return [state.present ? "here" : "not here", state.present];
  if ("passing" in state) return [state.passing ? "passing now" : `${state.count} passed`, state.passing];
  if ("occupied" in state) return [state.occupied ? `occupied, ${state.count} inside` : "free", state.occupied];
  if ("dwelling" in state) return [state.dwelling ? `${state.count} stay` : "nobody stays", state.dwelling];
  if ("in" in state && "out" in state) return [`${state.in} in, ${state.out} out`, false];
  if ("now" in state) return [`${state.now} now, ${state.day} today`, state.now > 0];
  return [Object.entries(state).map(([key, value]) => `${key.replaceAll("_", " ")} ${value ?? "–"}`).join(", ") || "–", false];
}

/** What is in the picture, as in "2 persons and 1 train". */
export function seenWords(findings) {
  const counts = new Map();
  for (const { label, kind } of findings) {
    const name = label ?? kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = [...counts].sort().map(([name, many]) => (many === 1 ? name : `${many} × ${name}`));
  return parts.length ? listed(parts) : "nothing";
}
