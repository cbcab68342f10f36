// The live picture: the stream on one canvas, what was found on another. Runs only while it is looked at.
import { query } from "./api.js";
import { make } from "./dom.js";
import { Overlay } from "./overlay.js";
import { onStatus } from "./store.js";
import { parts } from "./stream.js";
import { on } from "./updates.js";
import { seenWords } from "./words.js";

const KEPT = 120; // results: the ways of some seconds, at any rate that a viewer is sent
const STALE_MS = 4000;
const VEILS = {
  gone: ["The camera is gone", "It is being opened again. The last picture is shown."],
  opening: ["The camera is being opened", "This takes a few seconds."],
};

export class Screen {
  constructor(figure, name) {
    this.figure = figure;
    this.picture = make("canvas", { role: "img", "aria-label": name });
    this.over = make("canvas", { "aria-hidden": "true" });
    this.veil = make("div", { class: "veil", hidden: true });
    this.tag = make("div", { class: "tag" }, make("span", { class: "dot" }), make("span", {}, ""));
    this.name = name;
    figure.append(this.picture, this.over, this.tag, this.veil);
    this.overlay = new Overlay(this.over);
    this.results = [];
    this.seq = null;
    this.shown_ms = 0;
    this.running = null;
    on("result", (result) => this.take(result));
    onStatus((status) => this.follow(status));
    new ResizeObserver(() => this.paint()).observe(figure);
    document.addEventListener("visibilitychange", () => this.wake());
    setInterval(() => this.look(), 1000);
  }

  show() {
    this.wanted = true;
    this.wake();
  }

  hide() {
    this.wanted = false;
    this.wake();
  }

  /** A page in the background asks for no picture: without a viewer the device encodes none. */
  wake() {
    const due = this.wanted && !document.hidden;
    if (due && !this.running) {
      this.running = new AbortController();
      this.run(this.running.signal);
    } else if (!due && this.running) {
      this.running.abort();
      this.running = null;
    }
  }

  async run(signal) {
    let pause_ms = 500;
    while (!signal.aborted) {
      try {
        const width = Math.min(1280, Math.round(this.figure.clientWidth * Math.min(window.devicePixelRatio || 1, 2))) || 640;
        const answer = await fetch(`api/v1/stream.mjpg${query({ width: Math.max(160, width) })}`, { signal });
        if (!answer.ok) throw new Error(answer.status === 503 ? "busy" : "away");
        for await (const part of parts(answer.body)) {
          pause_ms = 500;
          await this.paintPicture(part);
        }
      } catch (error) {
        if (error.message === "busy") this.cover("Too many viewers", "The device serves 32 at once. This goes on as soon as one leaves.");
      }
      await new Promise((done) => setTimeout(done, pause_ms));
      pause_ms = Math.min(pause_ms * 2, 8000);
    }
  }

  async paintPicture({ seq, jpeg }) {
    const image = await createImageBitmap(jpeg);
    const { picture } = this;
    if (picture.width !== image.width || picture.height !== image.height) {
      picture.width = image.width;
      picture.height = image.height;
      this.figure.style.setProperty("--shape", `${image.width} / ${image.height}`);
      this.figure.style.setProperty("--ratio", String(image.width / image.height));
    }
    picture.getContext("2d").drawImage(image, 0, 0);
    image.close();
    this.seq = Number.isNaN(seq) ? null : seq;
    this.shown_ms = performance.now();
    this.paint();
    this.look();
  }

  take(result) {
    this.results.push(result);
    if (this.results.length > KEPT) this.results.shift();
    if (this.running && (this.seq === null || result.seq === this.seq)) this.paint();
  }

  /** With what belongs to this very picture, or else the newest before it. */
  paint() {
    if (!this.wanted) return;
    const until = this.results.filter(({ seq }) => this.seq === null || seq <= this.seq);
    const result = until.at(-1);
    this.overlay.draw(result, until.slice(0, -1));
    if (result) this.picture.setAttribute("aria-label", `${this.name}: ${seenWords(result.findings)}`);
  }

  follow(status) {
    this.status = status;
    this.overlay.rules = status.rules;
    this.look();
    if (this.wanted) this.paint();
  }

  look() {
    if (!this.wanted || !this.status) return;
    const { camera, paused } = this.status;
    const fresh = this.shown_ms && performance.now() - this.shown_ms < STALE_MS;
    if (paused) this.cover("Paused", "No picture is looked at until it goes on.");
    else if (VEILS[camera] && !fresh) this.cover(...VEILS[camera]);
    else if (!this.shown_ms) this.cover("Waiting for the first picture", "");
    else this.veil.hidden = true;
    const [dot, word] = this.tag.children;
    dot.className = `dot ${paused || !fresh ? "warn" : "good"}`;
    const words = paused ? "Paused" : fresh ? "Live" : "No new picture";
    if (word.textContent !== words) word.textContent = words;
  }

  cover(title, words) {
    this.veil.replaceChildren(make("b", {}, title), make("span", {}, words));
    this.veil.hidden = false;
  }
}
