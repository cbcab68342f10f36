// Trying the rules of the draft: on the last minute, or on what is seen from now on.
import { post, remove } from "./api.js";
import { byId, make } from "./dom.js";
import { on } from "./updates.js";
import { clockTime, count } from "./words.js";

const MOST = 50;

export class Trial {
  /** `draft()` gives the region and the rules. */
  constructor(draft) {
    this.draft = draft;
    this.watching = false;
    byId("try-minute").addEventListener("click", () => this.minute());
    byId("try-live").addEventListener("click", () => (this.watching ? this.stop() : this.watch()));
    on("trial", (event) => this.watching && this.told(event));
  }

  async minute() {
    await this.stop();
    try {
      const { events } = await post("setup/trial", { ...this.draft(), on: "minute" });
      say(make("p", { class: "muted" }, "In the last minute these rules would have told nothing."));
      if (events.length) {
        say();
        tell(events, `In the last minute: ${count(events.length, "event")}.`);
      }
    } catch (error) {
      say(make("p", { class: "problems" }, error.message));
    }
  }

  async watch() {
    try {
      await post("setup/trial", { ...this.draft(), on: "live" });
      if (!this.watching) say(make("p", { class: "muted" }, "Watching. What the rules would tell appears here."));
      this.pressed(true);
    } catch (error) {
      this.pressed(false);
      say(make("p", { class: "problems" }, error.message));
    }
  }

  told(event) {
    if (event.error) {
      this.pressed(false);
      say(make("p", { class: "problems" }, event.error));
    } else {
      tell([event], "Since you began to watch:");
    }
  }

  /** With the draft as it is now. */
  async again() {
    if (this.watching) await this.watch();
  }

  async stop() {
    if (!this.watching) return;
    this.pressed(false);
    await remove("setup/trial").catch(() => {});
  }

  pressed(watching) {
    this.watching = watching;
    byId("try-live").setAttribute("aria-pressed", String(watching));
    byId("try-live").textContent = watching ? "Stop watching" : "Live";
  }
}

function say(...words) {
  byId("tried").replaceChildren(...words);
}

function tell(events, title) {
  if (!byId("tried").querySelector("ul")) say(make("p", { class: "muted" }, title), make("ul", {}));
  const list = byId("tried").querySelector("ul");
  for (const event of events) {
    list.prepend(make("li", {}, make("time", { datetime: event.time }, clockTime(event.time)), make("span", {}, event.words ?? `${event.rule}: ${event.kind}`)));
  }
  while (list.children.length > MOST) list.lastChild.remove();
}
