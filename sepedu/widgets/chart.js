// Small line charts, drawn as SVG so that their text and lines follow the theme.
import { fixed, makeSvg } from "./kit.js";
import { ticks } from "./picture.js";

const LEFT = 46;
const BOTTOM = 34;
const TOP = 10;

export class Chart {
  // `x` is {low, high, log, label, places}; `y` is {label, digits, low, high} (both optional).
  constructor({ title, x, y, width = 640, height = 190, right = 150 }) {
    this.x = x;
    this.y = y;
    this.height = height;
    this.right = width - right; // room for the names of the lines
    this.node = makeSvg("svg", {
      viewBox: `0 0 ${width} ${height}`,
      class: "sepedu-chart",
      role: "img",
      "aria-label": title,
    });
  }

  across(value) {
    const place = this.x.log
      ? Math.log(value / this.x.low) / Math.log(this.x.high / this.x.low)
      : (value - this.x.low) / (this.x.high - this.x.low || 1);
    return LEFT + place * (this.right - LEFT);
  }

  up(value) {
    const share = (value - this.low) / (this.high - this.low);
    return this.height - BOTTOM - share * (this.height - BOTTOM - TOP);
  }

  // `curves`: [{points: [[x, y], ...], colour, name, dash}]; a y of null is left out.
  // `levels`: [{value, colour, name, dash}], lines across. `marks`: [{x, y, colour, name}].
  // A mark that moves within the chart may be drawn again alone, with `mark`.
  draw({ curves = [], levels = [], marks = [] }) {
    const given = (value) => value !== null && value !== undefined;
    const heights = [
      ...curves.flatMap((curve) => curve.points.map(([, y]) => y)),
      ...levels.map((level) => level.value),
      ...marks.map((mark) => mark.y),
    ].filter(given);
    this.low = this.y.low ?? Math.min(...(heights.length ? heights : [0]));
    this.high = this.y.high ?? Math.max(...(heights.length ? heights : [1]));
    const room = 0.08 * (this.high - this.low || 1);
    if (this.y.low === undefined) this.low -= room;
    if (this.y.high === undefined) this.high += room;

    const parts = [this.#grid()];
    for (const { value, colour, dash = "5 4" } of levels.filter((level) => given(level.value))) {
      parts.push(
        makeSvg("line", {
          x1: LEFT, x2: this.right, y1: this.up(value), y2: this.up(value),
          stroke: colour, "stroke-dasharray": dash, "stroke-width": 1.5,
        }),
      );
    }
    for (const { points, colour, dash = "", dots = false } of curves) {
      const seen = points.filter(([, y]) => given(y)).map(([x, y]) => [this.across(x), this.up(y)]);
      parts.push(
        makeSvg("polyline", {
          points: seen.map((point) => point.join(",")).join(" "),
          fill: "none", stroke: colour, "stroke-dasharray": dash, "stroke-width": 2,
        }),
      );
      if (!dots) continue;
      for (const [cx, cy] of seen) parts.push(makeSvg("circle", { cx, cy, r: 2.5, fill: colour }));
    }
    parts.push(...this.#names(curves, levels.filter((level) => given(level.value))));
    this.marks = makeSvg("g");
    this.node.replaceChildren(...parts, this.marks);
    this.mark(marks);
  }

  mark(marks) {
    this.marks.replaceChildren(
      ...marks
        .filter(({ y }) => y !== null && y !== undefined)
        .map(({ x, y, colour, ring }) =>
          makeSvg("circle", {
            cx: this.across(x), cy: this.up(y), r: ring ? 7 : 5, "stroke-width": 2,
            fill: ring ? "none" : colour, stroke: ring ? colour : "var(--sepedu-back)",
          }),
        ),
    );
  }

  #grid() {
    const text = (x, y, words, anchor) =>
      makeSvg("text", { x, y, "text-anchor": anchor, class: "sepedu-chart-text" }, words);
    const group = makeSvg("g");
    const span = ticks(this.high - this.low, 4);
    const step = span.places[1] || 1;
    for (let value = Math.ceil(this.low / step) * step; value <= this.high; value += step) {
      const y = this.up(value);
      group.append(
        makeSvg("line", { x1: LEFT, x2: this.right, y1: y, y2: y, class: "sepedu-chart-grid" }),
        text(LEFT - 5, y + 4, fixed(Math.abs(value) < 1e-9 ? 0 : value, span.digits), "end"),
      );
    }
    const floor = this.height - BOTTOM;
    for (const place of this.x.places) {
      group.append(text(this.across(place), floor + 14, String(place), "middle"));
    }
    group.append(
      text((LEFT + this.right) / 2, this.height - 4, this.x.label, "middle"),
      makeSvg(
        "text",
        {
          transform: `translate(11 ${(TOP + floor) / 2}) rotate(-90)`,
          "text-anchor": "middle",
          class: "sepedu-chart-text",
        },
        this.y.label,
      ),
    );
    return group;
  }

  // Names stand at the right, beside their lines, and keep clear of one another.
  #names(curves, levels) {
    const ends = [
      ...levels.map(({ name, value, colour }) => ({ name, colour, y: this.up(value) })),
      ...curves
        .filter((curve) => curve.name && curve.points.some(([, y]) => y !== null))
        .map(({ name, colour, points }) => ({
          name, colour, y: this.up(points.filter(([, y]) => y !== null).at(-1)[1]),
        })),
    ].sort((a, b) => a.y - b.y);
    const lowest = this.height - BOTTOM + 4;
    ends.forEach((end, i) => {
      end.y = Math.max(end.y, i ? ends[i - 1].y + 13 : TOP);
    });
    for (let i = ends.length - 1; i >= 0; i--) {
      ends[i].y = Math.min(ends[i].y, i + 1 < ends.length ? ends[i + 1].y - 13 : lowest);
    }
    return ends.flatMap(({ name, colour, y }) => [
      makeSvg("rect", { x: this.right + 6, y: y - 2, width: 10, height: 4, fill: colour }),
      makeSvg("text", { x: this.right + 20, y: y + 4, class: "sepedu-chart-text" }, name),
    ]);
  }
}
