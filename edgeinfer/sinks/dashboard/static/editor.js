// Drawing over the picture: zones, lines and the region of interest, by mouse, finger and keyboard.
// Points are fractions of the picture. Corners and shapes are buttons: Tab reaches them, arrows move them.
import { makeSvg } from "./dom.js";
import { DEFAULTS, LEAST, inside, inwards, moved, shifted, spanned } from "./shapes.js";

const STEP = 0.01;
const FAR = 5; // with Shift
const TAP_PX = 10; // less is a tap, more is a drag
const CLOSE_PX = 18;
const REACH_PX = 20; // around a corner, for a finger
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const FEW = 8; // shapes whose names have room
const short = (name, most) => (name.length > most ? `${name.slice(0, most - 1).trimEnd()}…` : name);
const percent = (value) => `${Math.round(value * 100)} %`;

export class Editor {
  /** `changed(shape, points)`, `selected(shape)`, `drawn(kind, points)`, `drawing(kind or null, points so far)`. */
  constructor(figure, listeners) {
    this.listeners = listeners;
    this.shapes = [];
    this.active = null;
    this.pending = null; // {kind, points} while something new is drawn
    this.grip = null; // what the pointer holds
    this.svg = makeSvg("svg", { class: "editor", role: "group", "aria-label": "Zones and lines on the picture" });
    figure.append(this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerup", (event) => this.release(event));
    this.svg.addEventListener("pointercancel", () => { this.grip = null; });
    this.svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.paint()).observe(this.svg);
  }

  /** Each shape: {id, kind, name, colour, points}. */
  set(shapes, active) {
    this.shapes = shapes;
    this.active = active;
    this.paint();
  }

  /** Something new. By the keyboard there is no pointer to draw with: it begins in the middle. */
  draw(kind, byKeyboard) {
    this.pending = { kind, points: [] };
    if (byKeyboard) this.finish();
    else this.tell();
  }

  cancel() {
    this.pending = this.grip = null;
    this.tell();
  }

  /** What was drawn so far; too little of it: one in the middle. */
  finish() {
    const { kind, points } = this.pending;
    this.pending = this.grip = null;
    this.tell();
    this.listeners.drawn(kind, points.length >= LEAST[kind] ? points : DEFAULTS[kind].map((point) => [...point]));
    this.focus(this.active, 0);
  }

  focus(id, corner) {
    this.svg.querySelector(`[data-key="${CSS.escape(`${id}/${corner}`)}"]`)?.focus();
  }

  tell() {
    this.svg.classList.toggle("drawing", Boolean(this.pending));
    this.listeners.drawing(this.pending?.kind ?? null, this.pending?.points.length ?? 0);
    this.paint();
  }

  // The pointer

  at(event) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return [inside((event.clientX - left) / width), inside((event.clientY - top) / height)];
  }

  apart([x1, y1], [x2, y2]) {
    return Math.hypot((x1 - x2) * this.svg.clientWidth, (y1 - y2) * this.svg.clientHeight);
  }

  press(event) {
    if (event.button !== 0) return;
    const start = this.at(event);
    if (this.pending) {
      this.grip = { start };
    } else {
      const held = event.target.closest("[data-id]");
      if (!held) return;
      this.hold(held.dataset, start);
    }
    this.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  hold({ id, corner, middle }, start) {
    const shape = this.shapes.find((one) => one.id === id);
    if (this.active !== id) this.listeners.selected(shape);
    const points = shape.points.map((point) => [...point]);
    let held = corner === undefined ? null : Number(corner);
    if (middle !== undefined) {
      held = Number(middle) + 1;
      points.splice(held, 0, start);
    }
    this.grip = { id, corner: held, start, points };
    if (middle !== undefined) this.change(shape, points);
    this.focus(id, held ?? "all");
  }

  move(event) {
    if (!this.grip) return;
    const now = this.at(event);
    if (this.pending) {
      this.rubber(now);
      return;
    }
    const { id, corner, start, points } = this.grip;
    const shape = this.shapes.find((one) => one.id === id);
    if (shape) this.change(shape, corner === null ? shifted(points, now[0] - start[0], now[1] - start[1]) : moved(shape.kind, points, corner, now));
  }

  release(event) {
    if (!this.grip) return;
    const { start } = this.grip;
    this.grip = null;
    if (this.pending) this.place(start, this.at(event));
  }

  rubber(now) {
    this.preview = this.apart(this.grip.start, now) > TAP_PX && !this.pending.points.length ? spanned(this.pending.kind, this.grip.start, now) : null;
    this.paint();
  }

  /** A drag gives a rectangle or a line at once; taps give one point each. */
  place(start, end) {
    this.preview = null;
    const { kind, points } = this.pending;
    if (!points.length && this.apart(start, end) > TAP_PX) {
      this.pending.points = spanned(kind, start, end);
      this.finish();
      return;
    }
    if (kind === "region") return;
    if (points.length >= LEAST[kind] && this.apart(points[0], end) < CLOSE_PX) {
      this.finish();
      return;
    }
    if (!points.length || this.apart(points.at(-1), end) > 3) points.push(end);
    if (kind === "line" && points.length === 2) this.finish();
    else this.tell();
  }

  // The keyboard

  key(event) {
    const { id, corner } = event.target.dataset ?? {};
    const shape = this.shapes.find((one) => one.id === id);
    if (!shape) return;
    const held = corner === undefined ? null : Number(corner);
    const points = shape.points.map((point) => [...point]);
    const arrow = ARROWS[event.key];
    if (arrow) {
      const [x, y] = arrow.map((way) => way * STEP * (event.shiftKey ? FAR : 1));
      this.change(shape, held === null ? shifted(points, x, y) : moved(shape.kind, points, held, [inside(points[held][0] + x), inside(points[held][1] + y)]));
    } else if ((event.key === "Delete" || event.key === "Backspace") && held !== null && shape.kind === "zone" && points.length > 3) {
      points.splice(held, 1);
      this.change(shape, points);
      this.focus(id, Math.max(0, held - 1));
    } else if ((event.key === "+" || event.key === "Insert") && held !== null && shape.kind === "zone") {
      const next = points[(held + 1) % points.length];
      points.splice(held + 1, 0, [inside((points[held][0] + next[0]) / 2), inside((points[held][1] + next[1]) / 2)]);
      this.change(shape, points);
      this.focus(id, held + 1);
    } else if ((event.key === "Enter" || event.key === " ") && held === null) {
      this.listeners.selected(shape);
      this.focus(id, 0);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  change(shape, points) {
    shape.points = points;
    this.listeners.changed(shape, points);
    this.paint();
  }

  // What is seen

  paint() {
    const focused = this.svg.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { clientWidth: width, clientHeight: height } = this.svg;
    this.svg.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
    this.px = ([x, y]) => [x * width, y * height];
    const last = (shape) => (shape.id === this.active ? 1 : 0);
    const shapes = [...this.shapes].sort((a, b) => last(a) - last(b)).map((shape) => this.shape(shape, width, height));
    this.svg.replaceChildren(...shapes, ...this.unfinished());
    if (focused) this.svg.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  shape({ id, kind, name, colour, points }, width, height) {
    const active = id === this.active && !this.pending;
    const path = this.path(points, kind !== "line");
    const [x, y] = this.px(points.reduce((best, point) => (point[1] < best[1] ? point : best)));
    return makeSvg("g", { class: active ? "active" : "", "--chip": colour },
      kind === "region" ? makeSvg("path", { class: "dim", "fill-rule": "evenodd", d: `M0 0H${width}V${height}H0Z${path}` }) : null,
      makeSvg("path", { class: "reach", d: path, "data-id": id }),
      makeSvg("path", { class: "under-shape", d: path }),
      makeSvg("path", { class: `shape ${kind === "zone" ? "" : "open"}`, d: path, "data-id": id, "data-key": `${id}/all`, tabindex: 0, role: "button", "aria-label": `${name}. Enter: its corners. Arrows: move it.` }),
      kind === "line" ? makeSvg("path", { class: "shape open", d: this.arrow(points) }) : null,
      makeSvg("text", { x: Math.max(6, Math.min(x, width - 60)), y: Math.max(18, y - 10), "aria-hidden": "true" }, short(name, this.shapes.length > FEW ? 10 : 28)),
      active ? this.handles(id, kind, name, points) : null);
  }

  /** What crosses this way counts as `in`. */
  arrow(points) {
    const { foot, tip, barbs } = inwards(points.map(this.px), 26);
    return `M${foot}L${tip}M${barbs[0]}L${tip}L${barbs[1]}`;
  }

  handles(id, kind, name, points) {
    const corners = points.map((point, index) => this.handle(point, {
      "data-id": id, "data-corner": index, "data-key": `${id}/${index}`, tabindex: 0, role: "button",
      "aria-label": `${kind === "line" ? "End" : "Corner"} ${index + 1} of ${name}: ${percent(point[0])} from the left, ${percent(point[1])} from the top. Arrows move it.`,
    }, 7));
    if (kind !== "zone") return corners;
    const middles = points.map((point, index) => {
      const next = points[(index + 1) % points.length];
      return this.handle([(point[0] + next[0]) / 2, (point[1] + next[1]) / 2], { "data-id": id, "data-middle": index, class: "handle mid", "aria-hidden": "true" }, 4.5);
    });
    return [...middles, ...corners];
  }

  handle(point, properties, radius) {
    const [cx, cy] = this.px(point);
    return makeSvg("g", { class: "handle", ...properties },
      makeSvg("circle", { class: "reach", cx, cy, r: radius > 5 ? REACH_PX : REACH_PX * 0.6 }), makeSvg("circle", { class: "grip", cx, cy, r: radius }));
  }

  unfinished() {
    if (!this.pending) return [];
    const points = this.preview ?? this.pending.points;
    const path = points.length > 1 ? this.path(points, Boolean(this.preview) && this.pending.kind !== "line") : "";
    return [makeSvg("g", { "--chip": "#ffe27a" }, makeSvg("path", { class: "under-shape", d: path }), makeSvg("path", { class: "shape open", d: path }),
      ...(this.preview ? [] : points.map((point) => this.handle(point, {}, 7))))];
  }

  path(points, closed) {
    return `M${points.map((point) => this.px(point).join(" ")).join("L")}${closed ? "Z" : ""}`;
  }
}
