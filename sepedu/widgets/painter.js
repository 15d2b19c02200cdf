// A mask to paint: strokes are drawn here at once, and reach Python when the brush is lifted.
import {
  KernelLine, NOT_HEARD, NO_SDR, bytes, choice, clamp, controls, decibels, follow, frame,
  inDecibels, labelled, make, measured, percent, radios,
} from "./kit.js";
import { Estimator } from "./estimate.js";
import { Picture, colour, hexColour, legend, palette } from "./picture.js";
import { Players } from "./player.js";
import { rectanglePanel } from "./rectangle.js";

const STEPS_BACK = 40; // masks kept for "Undo"

export default {
  render({ model, el }) {
    const axes = model.get("axes");
    const { rows, columns, seconds, hertz } = axes;
    const mixture = bytes(model, "mixture_levels");
    const ideal = bytes(model, "ideal_bytes");
    const names = model.get("colours");
    const kinds = ["right, no", "miss", "false alarm", "hit"].map((name) => hexColour(names[name]));
    const magma = palette(model, "magma"); // painted: in colour
    const grey = Uint32Array.from({ length: 256 }, (_, level) => {
      const shade = Math.round(20 + level * 0.6); // not painted: faint and grey
      return colour(shade, shade, shade);
    });

    let mask = bytes(model, "painted").slice();
    let past = [];
    let future = [];
    let drawing = 1; // what the brush leaves: 1 draws, 0 erases

    const canvas = new Picture({ title: "Mixture: what you paint passes", ...axes, height: 240 });
    canvas.canvas.setAttribute("data-picture", "paint");
    canvas.plane.classList.add("sepedu-paint");
    const compared = new Picture({ title: "Your mask beside the ideal one", ...axes, height: 160 });
    const brush = make("div", { class: "sepedu-brush", hidden: true });
    canvas.plane.append(brush);
    const tool = radios("Brush", [["1", "draw"], ["0", "erase"]], "1", (value) => {
      drawing = Number(value);
    });
    const size = make("input", {
      type: "range", min: 2, max: 60, value: 14, class: "sepedu-slider", "aria-label": "Brush size",
    });
    const button = (text, action) => {
      const node = make("button", { type: "button" }, text);
      node.addEventListener("click", action);
      return node;
    };
    const undo = button("Undo", () => travel(past, future));
    const redo = button("Redo", () => travel(future, past));
    const clear = button("Clear all", () => change((next) => next.fill(0)));
    const span = choice(
      [1, 2, 4].map((part) => [String(hertz / part), `up to ${(hertz / part / 1000).toFixed(1)} kHz`]),
      String(hertz),
    );
    span.addEventListener("change", () => canvas.zoom(Number(span.value), seconds, hertz));
    const compare = make("input", { type: "checkbox" });
    const share = make("output"), sdr = make("output"), agreed = make("output");
    const players = new Players({ mixture: "Mixture", estimate: "Your estimate", source: "Source" });
    const estimator = new Estimator(model.get("heard"), axes);
    const lines = model.get("lines");
    const line = new KernelLine(model, NOT_HEARD);

    function drawPart(top, bottom, left, right) {
      const { pixels } = canvas;
      for (let row = top; row < bottom; row++) {
        for (let i = row * columns + left; i < row * columns + right; i++) {
          pixels[i] = (mask[i] ? magma : grey)[mixture[i]];
        }
      }
      canvas.show(left, top, right - left, bottom - top);
    }

    function drawAll() {
      drawPart(0, rows, 0, columns);
      drawNumbers();
    }

    function drawNumbers() {
      let ones = 0;
      for (let i = 0; i < mask.length; i++) ones += mask[i];
      share.textContent = percent(ones / mask.length);
      undo.disabled = past.length === 0;
      redo.disabled = future.length === 0;
      compared.node.hidden = meanings.hidden = !compare.checked;
      if (!compare.checked) return;
      compared.compose((pixels) => {
        for (let i = 0; i < pixels.length; i++) pixels[i] = kinds[ideal[i] + 2 * mask[i]];
      });
    }

    // Keep the mask as it is, before it changes.
    function remember() {
      past.push(mask.slice());
      if (past.length > STEPS_BACK) past.shift();
      future = [];
    }

    function tell() {
      drawNumbers();
      model.set("painted", new DataView(mask.slice().buffer));
      line.ask();
      hear();
    }

    // Compute sound and numbers of what is painted.
    async function hear() {
      await estimator.ready;
      const { samples, sdr: value } = estimator.apply((i) => mask[i]);
      estimator.play(players, samples);
      let right = 0;
      for (let i = 0; i < mask.length; i++) right += mask[i] === ideal[i] ? 1 : 0;
      sdr.textContent = decibels(value);
      agreed.textContent = percent(right / mask.length);
      model.set("reading", words(value));
    }

    // The reading, as Python words it.
    function words(value) {
      const measures =
        `SDR ${inDecibels(value)}, where the ideal binary mask has ${inDecibels(lines.ideal)} and ` +
        `the mixture as it is ${inDecibels(lines.mixture)}. ${reached(value, lines.aims)}`;
      return (
        `${share.textContent} of the points are painted. ${estimator.silent ? NO_SDR : measures} ` +
        `${agreed.textContent} of the points agree with the ideal mask.`
      );
    }

    function change(action) {
      remember();
      action(mask);
      drawAll();
      tell();
    }

    function travel(from, to) {
      if (!from.length) return;
      to.push(mask);
      mask = from.pop();
      drawAll();
      tell();
    }

    // A round dab on the screen is an ellipse of bins; only what it covers is drawn again.
    function dab(x, y) {
      const across = (Number(size.value) / 2) * (columns / canvas.canvas.clientWidth);
      const along = (Number(size.value) / 2) * (rows / canvas.canvas.clientHeight);
      const column = (x / canvas.canvas.clientWidth) * columns;
      const row = (y / canvas.canvas.clientHeight) * rows;
      const top = clamp(Math.floor(row - along), 0, rows);
      const bottom = clamp(Math.ceil(row + along), 0, rows);
      const left = clamp(Math.floor(column - across), 0, columns);
      const right = clamp(Math.ceil(column + across), 0, columns);
      for (let j = top; j < bottom; j++) {
        for (let i = left; i < right; i++) {
          const distance = ((i + 0.5 - column) / across) ** 2 + ((j + 0.5 - row) / along) ** 2;
          if (distance <= 1) mask[j * columns + i] = drawing;
        }
      }
      drawPart(top, bottom, left, right);
    }

    // Dabs close enough to one another to make a line.
    let last = null;
    function stroke(x, y) {
      const from = last ?? [x, y];
      const length = Math.hypot(x - from[0], y - from[1]);
      const count = Math.max(1, Math.ceil(length / (Number(size.value) / 4)));
      for (let i = 1; i <= count; i++) {
        dab(from[0] + ((x - from[0]) * i) / count, from[1] + ((y - from[1]) * i) / count);
      }
      last = [x, y];
    }

    const surface = canvas.canvas;
    surface.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      surface.setPointerCapture(event.pointerId);
      remember();
      last = null;
      stroke(event.offsetX, event.offsetY);
    });
    surface.addEventListener("pointermove", (event) => {
      brush.hidden = false;
      brush.style.cssText =
        `left:${event.offsetX}px;top:${surface.offsetTop + event.offsetY}px;` +
        `width:${size.value}px;height:${size.value}px`;
      if (!surface.hasPointerCapture(event.pointerId)) return;
      // A fast stroke has more points than the screen has frames.
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const { offsetX, offsetY } of passed.length ? passed : [event]) stroke(offsetX, offsetY);
    });
    surface.addEventListener("lostpointercapture", () => tell());
    surface.addEventListener("pointerleave", () => (brush.hidden = true));
    compare.addEventListener("change", drawNumbers);

    const rectangle = rectanglePanel(axes, change);
    const meanings = legend(names);

    const ends = [
      frame(
        el,
        model,
        controls(
          tool.node, labelled("Size", size), labelled("Show", span), undo, redo, clear,
          make("label", { class: "sepedu-control" }, compare, "Show the ideal mask beside it"),
        ),
        measured(["Painted", share], ["SDR", sdr], ["Agrees with the ideal mask", agreed]),
        make("p", { class: "sepedu-note" }, model.get("aim")),
        canvas.node,
        rectangle,
        compared.node,
        meanings,
        players.node,
        line.node,
      ),
      line.follow(["result"]),
      () => estimator.end(),
      // Set in Python, or painted in another view of this widget.
      follow(model, ["painted"], () => {
        const now = bytes(model, "painted");
        if (now.length !== mask.length || now.every((value, i) => value === mask[i])) return;
        remember();
        mask = now.slice();
        drawAll();
        hear();
      }),
    ];
    drawAll();
    hear();
    return () => ends.forEach((end) => end());
  },
};

// How far the SDR has come.
function reached(value, [first, second]) {
  if (value === null || value <= first) return "The first aim is an SDR above 0 dB.";
  if (value <= second) return `That is above 0 dB; the second aim is ${second} dB.`;
  return "Both aims are reached.";
}
