// A line chart over time: uPlot, a legend that shows the newest or the pointed-at values, and the same as a table.
"use strict";

const colours = (() => {
  const probe = element("span", [], { class: "probe", "aria-hidden": "true" });
  let known = new Map();
  document.body.append(probe);
  return {
    // A custom property as a colour that a canvas understands.
    get(name) {
      if (!known.has(name)) {
        probe.style.color = `var(${name})`;
        known.set(name, getComputedStyle(probe).color);
      }
      return known.get(name);
    },
    forget() {
      known = new Map();
    },
  };
})();

const AXIS_FONT = "11px system-ui, sans-serif";
const TABLE_ROWS = 12;

class Chart {
  // *series*: [{label, tone (a custom property), width, dash, fill}]; *write*: a value as text; *height*: at least so many
  // pixels, more where the card has room; *unit*: 10, or 2 for scales in steps of KiB and MiB.
  constructor(place, { label, series, write, height, empty: nothing, least = 0, unit = 10 }) {
    Object.assign(this, { label, series, write, least, unit });
    this.legend = element("ul", series.map(({ label: name, tone }) => {
      const swatch = element("i", [], { class: "line", "aria-hidden": "true" });
      swatch.style.color = `var(${tone})`;
      return element("li", [swatch, `${name} `, element("b", format.NONE)]);
    }), { class: "legend" });
    this.canvas = element("div", [], { class: "plot", role: "img", "aria-label": label });
    this.canvas.style.minHeight = `${height}px`;
    this.nothing = element("div", nothing, { class: "empty plot-empty" });
    this.nothing.style.minHeight = `${height}px`;
    this.rows = element("div", [], { class: "scroll", tabindex: "0", role: "group", "aria-label": `${label}, as a table` });
    this.details = element("details", [element("summary", ["As a table", element("span", `: ${label}`, { class: "unseen" })]), this.rows]);
    this.details.addEventListener("toggle", () => this.tabulate());
    place.append(element("figure", [this.legend, this.canvas, this.nothing, this.details]));
  }

  // *data*: [times, ...values]; *from*, *until*: the period in epoch seconds.
  draw({ data, from, until }) {
    Object.assign(this, { data, from, until });
    const any = data.slice(1).some((column) => column.some((value) => value !== null));
    if (this.canvas.hidden === any || this.nothing.hidden !== any) {
      this.canvas.hidden = this.legend.hidden = this.details.hidden = !any;
      this.nothing.hidden = any;
    }
    if (!any) return;
    if (!this.plot) this.make();
    this.plot.batch(() => {
      this.plot.setData(data, false);
      this.plot.setScale("x", { min: from, max: until });
      this.plot.setScale("y", { min: 0, max: this.top() });
    });
    this.legend.querySelectorAll("li").forEach((item, at) => { item.hidden = this.last(at + 1) === null; });
    this.values(this.plot.cursor.idx);
    this.tabulate();
    const lasts = this.series.map((one, at) => [one.label, this.last(at + 1)]).filter(([, last]) => last !== null).map(([name, last]) => `${name} ${this.write(last)}`);
    const spoken = `${this.label}. Newest: ${lasts.join(", ")}.`;
    if (this.canvas.getAttribute("aria-label") !== spoken) this.canvas.setAttribute("aria-label", spoken);
  }

  // Round figures above the highest value, so that the scale does not move with every point.
  top() {
    const highest = Math.max(this.least, ...this.data.slice(1).flat().filter((value) => value !== null));
    const [power, steps] = this.unit === 2
      ? [2 ** Math.floor(Math.log2(highest || 1)), [1, 1.5, 2, 3]]
      : [10 ** Math.floor(Math.log10(highest || 1)), [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15]];
    return steps.map((step) => step * power).find((step) => step >= highest * 1.05);
  }

  last(column) {
    return this.data[column].findLast((value) => value !== null) ?? null;
  }

  make() {
    const axis = { stroke: () => colours.get("--soft"), font: AXIS_FONT, ticks: { show: false }, border: { show: false } };
    const grid = { stroke: () => colours.get("--line"), width: 1 };
    this.plot = new uPlot({
      width: this.canvas.clientWidth || 300,
      height: this.canvas.clientHeight || 150,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      padding: [8, 18, 0, 0],
      scales: { x: { time: true, auto: false }, y: { auto: false } },
      axes: [
        { ...axis, grid: { show: false }, space: 70, size: 26, values: (_, splits) => splits.map((at) => format.time(at)) },
        { ...axis, grid, space: 40, ...(this.unit === 2 && { incrs: Array.from({ length: 44 }, (_, power) => 2 ** power) }), size: (_, texts) => 14 + 6.5 * Math.max(0, ...(texts ?? []).map((text) => text.length)), values: (_, splits) => splits.map((value) => this.write(value)) },
      ],
      series: [
        {},
        ...this.series.map(({ label, tone, dash, fill, width = 1.5 }) => ({
          label,
          stroke: () => colours.get(tone),
          width,
          dash,
          fill: fill && (() => colours.get(fill)),
          points: { show: (plot, column) => plot.data[column].filter((value) => value !== null).length === 1 },
        })),
      ],
      hooks: { setCursor: [(plot) => this.values(plot.cursor.idx)] },
    }, this.data, this.canvas);
    // Not before there is a plot: an observer tells only of sizes that differ from the last one it told, and this one is
    // measured while other parts of the page are not drawn yet.
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  values(at) {
    this.legend.querySelectorAll("b").forEach((place, column) => {
      const pointed = at == null ? null : this.data[column + 1][at];
      write(place, this.write(pointed ?? this.last(column + 1)));
    });
  }

  // The period in twelve steps, the newest value of each; made only while it is open.
  tabulate() {
    if (!this.details.open || !this.data) return;
    const step = (this.until - this.from) / TABLE_ROWS;
    const rows = [];
    for (let end = this.until; end > this.from + step / 2; end -= step) {
      const within = this.data[0].findLastIndex((at, row) => at <= end && at > end - step && this.data[1][row] !== null);
      if (within >= 0) rows.push([format.exactTime(this.data[0][within]), ...this.series.map((_, column) => this.write(this.data[column + 1][within]))]);
    }
    show(this.rows, rows, () => table(this.label, ["Time", ...this.series.map(({ label }) => label)], rows));
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width && (this.plot.width !== width || this.plot.height !== height)) this.plot.setSize({ width, height });
  }

  repaint() {
    this.plot?.redraw(false, true);
  }
}
