// What all pages know of the device, kept up to date by what it tells.
import { get } from "./api.js";
import { on } from "./updates.js";

const AGAIN_MS = 10_000;
const listeners = new Set();

/** The answer of /status; null before the first. */
export let status = null;

export function onStatus(listener) {
  listeners.add(listener);
  if (status) listener(status);
}

export async function loadStatus() {
  status = await get("status");
  tell();
}

export function follow() {
  on("health", (health) => {
    if (!status) return;
    status = { ...status, ...onlyOf(health, ["paused", "fps", "camera", "binds", "temperature_c"]) };
    tell();
  });
  on("state", ({ rule, ...state }) => {
    if (!status) return;
    status = { ...status, rules: status.rules.map((one) => (one.name === rule ? { ...one, state } : one)) };
    tell();
  });
  on("link", (answers) => answers && refresh());
  setInterval(() => document.hidden || refresh(), AGAIN_MS);
}

/** That the device is away is said by its own notice. */
export const refresh = () => loadStatus().catch(() => {});

function onlyOf(message, keys) {
  return Object.fromEntries(keys.filter((key) => key in message).map((key) => [key, message[key]]));
}

function tell() {
  for (const listener of listeners) listener(status);
}
