// What every chart has: its size, its colours in light and dark, and its words for who does not see it.
/* global uPlot */

export const paint = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function axes(values, size = 46) {
  const common = () => ({ stroke: paint("muted"), font: "12px system-ui, sans-serif", grid: { stroke: paint("line"), width: 1 }, ticks: { show: false } });
  return [{ ...common(), size: 28, grid: { show: false } }, { ...common(), size, values }];
}

/** A chart that follows the width of its place, and is drawn anew when the theme changes. */
export class Plot {
  constructor(place, height) {
    this.place = place;
    this.height = height;
    this.chart = null;
    this.last = null;
    new ResizeObserver(() => this.fit()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.again());
    addEventListener("theme", () => this.again());
  }

  /** `options` makes those of uPlot anew: colours are read when it draws. */
  show(options, data) {
    this.last = [options, data];
    this.again();
  }

  again() {
    if (!this.last || !this.place.clientWidth) return;
    const [options, data] = this.last;
    this.chart?.destroy();
    this.chart = new uPlot({ ...options(), width: this.place.clientWidth, height: this.height, legend: { show: false } }, data, this.place);
  }

  fit() {
    const width = this.place.clientWidth;
    if (!width) return;
    if (!this.chart) this.again();
    else if (width !== this.chart.width) this.chart.setSize({ width, height: this.height });
  }
}
