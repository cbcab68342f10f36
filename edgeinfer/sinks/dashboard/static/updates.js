// What the device tells as it happens: one stream of server-sent events for all pages.

const KINDS = ["result", "event", "health", "state", "trial", "setup"];
const SLOWEST_MS = 15_000;
const PATIENCE_MS = 2_500; // a service that restarts is back sooner than a person can read a notice

const listeners = new Map([...KINDS, "link"].map((kind) => [kind, new Set()]));
let source = null;
let pause_ms = 1000;
let notice = null;
let broken = false;

/** Be told of a kind: the value of its message. `link`: false after a while without the device, true
 * whenever it is back; what it told meanwhile may be missing. */
export function on(kind, listener) {
  listeners.get(kind).add(listener);
}

/** A page in the background is told nothing: it asks anew when it is looked at again. */
export function connect() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else if (source?.readyState === EventSource.CLOSED) listen();
    broken ||= document.hidden;
  });
  listen();
}

function listen() {
  source?.close();
  source = new EventSource("api/v1/updates");
  source.addEventListener("open", answered);
  for (const kind of KINDS) {
    source.addEventListener(kind, (message) => tell(kind, JSON.parse(message.data || "null")));
  }
  source.addEventListener("error", () => {
    broken = true;
    notice ??= setTimeout(() => tell("link", false), PATIENCE_MS);
    if (source.readyState === EventSource.CLOSED) again();
  });
}

function tell(kind, value) {
  for (const listener of listeners.get(kind)) listener(value);
}

function answered() {
  clearTimeout(notice);
  notice = null;
  pause_ms = 1000;
  if (broken) tell("link", true);
  broken = false;
}

/** A browser gives up by itself after an answer that is no stream, as of a proxy without its device. */
function again() {
  setTimeout(() => document.hidden || listen(), pause_ms);
  pause_ms = Math.min(pause_ms * 2, SLOWEST_MS);
}
