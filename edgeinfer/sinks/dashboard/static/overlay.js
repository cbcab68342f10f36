// Boxes, ways, zones and lines over a picture, in widths and letters of the screen, not of the picture.
import { labelColour, ruleColour } from "./colours.js";
import { inwards } from "./shapes.js";
import { stateWords } from "./words.js";

const FONT_PX = 13;
const FONT = `600 ${FONT_PX}px system-ui, sans-serif`;
const LABEL_PX = FONT_PX + 7;
const FEW = 8; // rules whose names may be wider than their places
const LEAST_PX = 54;
const WAY_S = 5;

const area = (box) => (box ? (box.right - box.left) * (box.bottom - box.top) : 0);

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.layers = { boxes: true, ways: true, places: true };
    this.rules = [];
  }

  /** `result`: what was found in the picture; `before`: the results of the last seconds, oldest first. */
  draw(result, before) {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.lineJoin = pen.lineCap = "round";
    this.pen = pen;
    this.at = ([x, y]) => [x * width, y * height];
    this.taken = [];
    if (this.layers.places) this.rules.forEach((rule) => this.place(rule));
    if (!result) return;
    if (this.layers.ways) this.ways(result, before);
    if (this.layers.boxes) this.found(result.findings);
  }

  place({ name, polygon, line, state }) {
    const points = (polygon?.length ? polygon : line)?.map(this.at);
    if (!points) return;
    const colour = ruleColour(name);
    const [words, busy] = stateWords(state);
    this.path(points, Boolean(polygon?.length));
    if (polygon?.length) this.tint(colour, busy ? 0.3 : 0.1);
    this.stroke(colour, 2.5);
    if (line) this.inwards(points, colour);
    // Among many places a name stays within its own.
    const across = points.map(([x]) => x);
    const room = this.rules.length > FEW ? Math.max(...across) - Math.min(...across) - 12 : this.canvas.clientWidth;
    const lower = ([x, y]) => y - x * 0.2; // and rather at the left: names run to the right
    const low = points.reduce((best, point) => (lower(point) > lower(best) ? point : best));
    this.label(this.fitting([...(words === "–" ? [] : [`${name}: ${words}`]), name], Math.max(room, LEAST_PX)), [[low[0] + 6, low[1] - LABEL_PX - 6], [low[0] + 6, low[1] + 4]], colour);
  }

  /** What crosses this way counts as `in`. */
  inwards(points, colour) {
    const { pen } = this;
    const { foot, tip, barbs } = inwards(points, 24);
    pen.beginPath();
    pen.moveTo(...foot);
    pen.lineTo(...tip);
    pen.moveTo(...barbs[0]);
    pen.lineTo(...tip);
    pen.lineTo(...barbs[1]);
    this.stroke(colour, 2.5);
  }

  ways(result, before) {
    const from = Date.parse(result.time) - WAY_S * 1000;
    const ways = new Map();
    for (const old of [...before, result]) {
      if (Date.parse(old.time) < from) continue;
      for (const { track, box, label } of old.findings) {
        if (track === undefined || !box) continue;
        if (!ways.has(track)) ways.set(track, { points: [], label });
        ways.get(track).points.push(this.at([(box.left + box.right) / 2, (box.top + box.bottom) / 2]));
      }
    }
    for (const { points, label } of ways.values()) {
      if (points.length < 2) continue;
      this.path(points, false);
      this.stroke(labelColour(label), 2);
    }
  }

  found(findings) {
    const words = [];
    // What is large lies behind what is small, and its name gives way.
    for (const finding of [...findings].sort((a, b) => area(b.box) - area(a.box))) {
      if (finding.box) this.box(finding);
      else if (finding.kind === "pose") this.pose(finding);
      else if (finding.kind === "mask") words.push(...Object.entries(finding.shares));
      else words.push([finding.label, finding.score]);
    }
    words.slice(0, 5).forEach(([label, share], row) => {
      this.label(`${label} ${Math.round(share * 100)} %`, [[12, this.canvas.clientHeight - 36 - row * 24]], labelColour(label));
    });
  }

  box({ label, score, box, track }) {
    const colour = labelColour(label);
    const [left, top] = this.at([box.left, box.top]);
    const [right, bottom] = this.at([box.right, box.bottom]);
    this.pen.beginPath();
    this.pen.roundRect(left, top, right - left, bottom - top, 4);
    this.stroke(colour, 2.5);
    const number = track === undefined || right - left < 60 ? "" : ` #${track}`;
    const above = [0, 1, 2].map((rows) => [left, top - 3 - LABEL_PX * (rows + 1) - 2 * rows]);
    this.label(`${label} ${Math.round(score * 100)} %${number}`, [...above, [left, bottom + 3], [left, bottom + 5 + LABEL_PX]], colour);
  }

  pose({ keypoints }) {
    for (const { x, y, score } of keypoints) {
      if (score < 0.3) continue;
      this.pen.beginPath();
      this.pen.arc(...this.at([x, y]), 4, 0, 7);
      this.tint("#ffd43b", 1);
      this.stroke("#ffd43b", 1);
    }
  }

  path(points, closed) {
    this.pen.beginPath();
    points.forEach(([x, y], index) => (index ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
    if (closed) this.pen.closePath();
  }

  tint(colour, share) {
    this.pen.globalAlpha = share;
    this.pen.fillStyle = colour;
    this.pen.fill();
    this.pen.globalAlpha = 1;
  }

  /** Dark beneath, so that it is seen on a bright picture too. */
  stroke(colour, width) {
    for (const [style, wide] of [["rgb(0 0 0 / .45)", width + 2.5], [colour, width]]) {
      this.pen.strokeStyle = style;
      this.pen.lineWidth = wide;
      this.pen.stroke();
    }
  }

  /** The first of these texts that has room, or the beginning of the last. */
  fitting(texts, room) {
    this.pen.font = FONT;
    const wide = (text) => this.pen.measureText(text).width;
    const whole = texts.find((text) => wide(text) <= room);
    if (whole) return whole;
    const letters = [...texts.at(-1)];
    while (letters.length > 1 && wide(`${letters.join("")}…`) > room) letters.pop();
    return `${letters.join("").trimEnd()}…`;
  }

  /** Letters on their colour, at the first of these places where none are yet; inside the picture. */
  label(text, places, colour) {
    const { pen, canvas } = this;
    pen.font = FONT;
    const width = pen.measureText(text).width + 10;
    const within = places.map(([x, y]) => [
      Math.max(2, Math.min(x, canvas.clientWidth - width - 2)),
      Math.max(2, Math.min(y, canvas.clientHeight - LABEL_PX - 2)),
    ]);
    const isFree = ([x, y]) => this.taken.every((other) => x >= other.right || x + width <= other.left || y >= other.bottom || y + LABEL_PX <= other.top);
    const [left, top] = within.find(isFree) ?? within[0];
    this.taken.push({ left, top, right: left + width, bottom: top + LABEL_PX });
    pen.beginPath();
    pen.roundRect(left, top, width, LABEL_PX, 4);
    this.tint(colour, 0.92);
    pen.fillStyle = "#0b0f0e";
    pen.textBaseline = "middle";
    pen.fillText(text, left + 5, top + LABEL_PX / 2 + 0.5);
  }
}
