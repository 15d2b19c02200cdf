// Pictures over time and frequency: bytes of Python through a table of colours onto a canvas.
// Row 0 of the bytes is the highest frequency, as on the screen.
import { bytes, make } from "./kit.js";

// A table of 256 colours as the canvas wants them, from a trait of 768 bytes.
export function palette(model, name) {
  const rgb = bytes(model, name);
  return Uint32Array.from({ length: 256 }, (_, i) =>
    colour(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]),
  );
}

export function colour(red, green, blue) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// Numbers for an axis: at most `count` round steps from 0 to `end`.
export function ticks(end, count) {
  const rough = end / count;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) || 10);
  const places = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);
  return { places, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// "#009E73" as a colour of the canvas, mixed with white.
export function hexColour(text, strength = 1) {
  const parts = [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16));
  return colour(...parts.map((part) => Math.round(255 - strength * (255 - part))));
}

export class Picture {
  // `seconds` and `hertz` are where the axes end; `unit` is for an axis of something else.
  constructor({ title, rows, columns, seconds, hertz, unit = "s", height = 190 }) {
    this.unit = unit;
    this.canvas = make("canvas", { role: "img", "aria-label": title });
    this.plane = make("div", { class: "sepedu-plane", style: `height:${height}px` }, this.canvas);
    this.caption = make("figcaption", {}, title);
    this.across = make("div", { class: "sepedu-across", "aria-hidden": "true" });
    this.up = make("div", { class: "sepedu-up", "aria-hidden": "true" });
    this.node = make(
      "figure",
      { class: "sepedu-picture" },
      this.caption,
      make("div", { class: "sepedu-axes" }, this.up, this.plane),
      this.across,
    );
    this.resize(rows, columns, seconds, hertz);
  }

  resize(rows, columns, seconds, hertz) {
    this.rows = rows;
    this.columns = columns;
    this.canvas.width = Math.max(1, columns);
    this.canvas.height = Math.max(1, rows);
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.axes(seconds, hertz);
  }

  axes(seconds, hertz) {
    const time = ticks(seconds, this.unit === "s" ? 8 : 2);
    this.across.replaceChildren(
      ...time.places.map((place, i) => {
        const last = i === time.places.length - 1;
        const text = place.toFixed(time.digits) + (last ? ` ${this.unit}` : "");
        // The last number is moved in, so that its unit stays under the picture.
        const style = `left:${(100 * place) / seconds}%${last ? ";transform:translateX(-85%)" : ""}`;
        return make("span", { style }, text);
      }),
    );
    const pitch = ticks(hertz / 1000, 5);
    this.up.replaceChildren(
      ...pitch.places.map((place) =>
        make(
          "span",
          { style: `bottom:${(100 * place * 1000) / hertz}%` },
          place.toFixed(pitch.digits) + (place ? "" : " kHz"),
        ),
      ),
    );
  }

  // Show only what lies below a frequency, of `hertz` in all.
  zoom(limit, seconds, hertz) {
    this.canvas.style.height = `${(100 * hertz) / limit}%`;
    this.axes(seconds, limit);
  }

  // Every value's colour from a table.
  draw(values, table) {
    const { pixels } = this;
    for (let i = 0; i < pixels.length; i++) pixels[i] = table[values[i]];
    this.show();
  }

  // Colours that `paint(pixels)` writes itself.
  compose(paint) {
    paint(this.pixels);
    this.show();
  }

  // A binary mask, in the first and the last colour of a table: each value of `passes` says how
  // many places of a slider its bin passes.
  drawMask(passes, position, table) {
    const [no, yes] = [table[0], table[255]];
    this.compose((pixels) => {
      for (let i = 0; i < pixels.length; i++) pixels[i] = passes[i] > position ? yes : no;
    });
  }

  // Put the pixels on the screen, or only a rectangle of them.
  show(left = 0, top = 0, width = this.canvas.width, height = this.canvas.height) {
    this.context.putImageData(this.image, 0, 0, left, top, width, height);
  }
}

// Pictures side by side, and what else stands in a place of theirs.
export const grid = (pictures, kind = "sepedu-grid", ...more) =>
  make("div", { class: kind }, ...Object.values(pictures).map(({ node }) => node), ...more);

// What colours mean: `names` is {name: "#009E73", ...}.
export const legend = (names) =>
  make(
    "p",
    { class: "sepedu-legend" },
    // A saved notebook has them in another order.
    ...["right, no", "hit", "miss", "false alarm"].map((name) =>
      make("span", {}, make("i", { style: `background:${names[name]}` }), name),
    ),
  );

// A vertical line over a picture, at a frame of it.
export class Cursor {
  constructor(picture) {
    this.picture = picture;
    this.node = make("div", { class: "sepedu-cursor" });
    picture.plane.append(this.node);
  }

  // From one column to another, both included.
  mark(first, last) {
    const { columns } = this.picture;
    this.node.style.left = `${(100 * first) / columns}%`;
    this.node.style.width = `${(100 * (last + 1 - first)) / columns}%`;
  }
}
