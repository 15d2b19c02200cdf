// The threshold explorer: a slider for T, and a mask that follows it.
import {
  KernelLine, NOT_HEARD, NO_SDR, bytes, clamp, controls, decibels, fixed, follow, frame,
  inDecibels, make, measured, percent, radios, threeDigits, whenAtRest,
} from "./kit.js";
import { Estimator } from "./estimate.js";
import { Picture, grid, palette } from "./picture.js";
import { Chart } from "./chart.js";
import { Players } from "./player.js";
import { SliderField } from "./slider.js";

export default {
  render({ model, el }) {
    const axes = model.get("axes");
    const thresholds = model.get("thresholds");
    const shares = model.get("shares");
    const mixture = bytes(model, "mixture_levels");
    const passes = bytes(model, "passes"); // how many of the slider's thresholds a bin passes
    const ratio = bytes(model, "ratio");
    const magma = palette(model, "magma");
    const ink = palette(model, "ink");
    const { ours, baseline } = model.get("hues");
    // What a share of 0 to 255 takes away from a level, whose 255 steps span 80 dB.
    const quieter = Float32Array.from({ length: 256 }, (_, i) => (255 * 20 * Math.log10(i / 255)) / 80);

    const slider = new SliderField({
      name: "Threshold T",
      label: "Threshold T, on a log scale",
      places: thresholds.length,
      field: { min: 0.01, max: 10, step: "any" },
      move: (position) => model.set("position", position), // draws, by the change of the trait
      read: (text) => {
        if (text === "" || isNaN(text)) return null;
        beyond.hidden = Number(text) >= 0.01 && Number(text) <= 10;
        beyond.textContent =
          Number(text) < 0
            ? `T = ${text}: a magnitude is never negative, so every bin passes and the mask takes nothing away. The slider begins at 0.01.`
            : Number(text) < 0.01
              ? `T = ${text}: every bin passes in which the source sounds at all, however faintly. The slider begins at 0.01.`
              : `T = ${text}: the source would have to be over ten times as strong as the mixture. The slider ends at 10.`;
        const wanted = clamp(Number(text), 0.01, 10);
        const distance = thresholds.map((place) => Math.abs(Math.log(place / wanted)));
        return distance.indexOf(Math.min(...distance));
      },
    });
    const kind = radios(
      "Mask",
      [["binary", "binary, S > T·M"], ["ratio", "soft, the ratio mask"]],
      model.get("kind"),
      (value) => model.set("kind", value),
    );
    const beyond = make("p", { class: "sepedu-note", role: "status", hidden: true });
    const share = make("output", {}), sdr = make("output", {});
    const pictures = {
      mixture: new Picture({ title: "Mixture M", ...axes, height: 108 }),
      source: new Picture({ title: "Source S", ...axes, height: 108 }),
      mask: new Picture({ title: "Mask", ...axes, height: 108 }),
      masked: new Picture({ title: "Mixture, masked", ...axes, height: 108 }),
    };
    const places = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
    const chart = new Chart({
      title: "SDR against the threshold",
      x: { low: 0.01, high: 10, log: true, label: "Threshold T", places },
      y: { label: "SDR (dB)" },
      width: 430,
      height: 150,
      right: 118,
    });
    const players = new Players({ mixture: "Mixture", estimate: "Estimate", source: "Source" });
    const estimator = new Estimator(model.get("heard"), axes);
    const lines = model.get("lines");
    const curve = new Map(model.get("curve")); // SDR by threshold, as far as measured
    let heard = {}; // what was measured last
    const line = new KernelLine(model, NOT_HEARD);

    pictures.mixture.draw(mixture, magma);
    pictures.source.draw(bytes(model, "source_levels"), magma);

    function draw() {
      const position = model.get("position");
      const soft = model.get("kind") === "ratio";
      const text = threeDigits(thresholds[position]);
      slider.show(position, text, `T = ${text}`);
      slider.disable(soft);
      share.textContent = soft ? "–" : percent(shares[position]);
      pictures.mask.caption.textContent = soft ? "Ratio mask" : `Mask B = (S > ${text}·M)`;
      if (soft) {
        pictures.mask.draw(ratio, ink);
        pictures.masked.compose((pixels) => {
          for (let i = 0; i < pixels.length; i++) {
            pixels[i] = magma[Math.max(0, Math.round(mixture[i] + quieter[ratio[i]]))];
          }
        });
      } else {
        pictures.mask.drawMask(passes, position, ink);
        const silence = magma[0];
        pictures.masked.compose((pixels) => {
          for (let i = 0; i < pixels.length; i++) {
            pixels[i] = passes[i] > position ? magma[mixture[i]] : silence;
          }
        });
      }
      measure();
    }

    // SDR and the point on the curve: as measured, or else as the curve says it will be.
    function measure() {
      const position = model.get("position");
      const soft = model.get("kind") === "ratio";
      const here = heard.position === position && heard.soft === soft;
      const points = [...curve].sort(([a], [b]) => a - b);
      const value = here ? heard.sdr : soft ? lines.ratio : onCurve(points, thresholds[position]);
      sdr.textContent = (here || soft || value === null ? "" : "about ") + decibels(value);
      const marks = [];
      const best = bestOf(points);
      if (best) marks.push({ x: best[0], y: best[1], colour: ours, ring: true });
      if (!soft) marks.push({ x: thresholds[position], y: value, colour: ours });
      chart.mark(marks);
    }

    function drawChart() {
      chart.draw({
        curves: [
          { points: [...curve].sort(([a], [b]) => a - b), colour: ours, name: "binary mask" },
        ],
        levels: [
          { value: lines.ratio, colour: "currentColor", name: `ratio mask ${fixed(lines.ratio, 1)}` },
          { value: lines.mixture, colour: baseline, name: `mixture ${fixed(lines.mixture, 1)}` },
        ],
      });
      measure();
    }

    // Compute sound and SDR of what is on show.
    async function hear() {
      await estimator.ready;
      const [position, soft] = [model.get("position"), model.get("kind") === "ratio"];
      const { samples, sdr: value } = estimator.apply(
        soft ? (i) => ratio[i] / 255 : (i) => (passes[i] > position ? 1 : 0),
      );
      const text = threeDigits(thresholds[position]);
      players.rename("estimate", soft ? "Estimate, ratio mask" : `Estimate, T = ${text}`);
      estimator.play(players, samples);
      heard = { position, soft, sdr: value };
      if (!soft) curve.set(thresholds[position], value);
      drawChart();
      model.set("reading", words());
    }

    // The reading, as Python words it.
    function words() {
      const text = threeDigits(thresholds[heard.position]);
      const first = heard.soft
        ? `The ratio mask has no threshold: SDR ${inDecibels(heard.sdr)}. `
        : `T = ${text}: ${percent(shares[heard.position])} of the points are ones, ` +
          `SDR ${inDecibels(heard.sdr)}. `;
      if (estimator.silent) return first + NO_SDR;
      const best = bestOf([...curve]);
      return (
        first +
        (best ? `Best binary mask ${inDecibels(best[1])} at T = ${threeDigits(best[0])}, ` : "") +
        `ratio mask ${inDecibels(lines.ratio)}, mixture as it is ${inDecibels(lines.mixture)}.`
      );
    }

    const marked = make(
      "span",
      { class: "sepedu-note" },
      make("span", { class: "sepedu-ours" }, "●"), " this threshold, ",
      make("span", { class: "sepedu-ours" }, "○"), " the best binary mask",
    );
    const rest = whenAtRest(() => {
      line.ask();
      hear();
    }, 30);
    const ends = [
      frame(
        el,
        model,
        controls(slider.node, kind.node),
        beyond,
        measured(["Ones in the mask", share], ["SDR", sdr], marked),
        grid(pictures),
        make("div", { class: "sepedu-grid" }, chart.node, players.node),
        line.node,
      ),
      follow(model, ["position", "kind"], () => {
        kind.choose(model.get("kind"));
        draw();
        rest();
      }),
      follow(model, ["curve"], () => {
        for (const [threshold, value] of model.get("curve")) curve.set(threshold, value);
        drawChart();
      }),
      line.follow(["result"]),
      () => estimator.end(),
    ];
    drawChart();
    draw();
    hear();
    return () => ends.forEach((end) => end());
  },
};

// The highest of the measured points.
function bestOf(points) {
  const known = points.filter(([, value]) => value !== null);
  return known.length ? known.reduce((best, point) => (point[1] > best[1] ? point : best)) : null;
}

// The curve's height between two measured points; null where it has none.
function onCurve(curve, threshold) {
  const after = curve.findIndex(([place]) => place >= threshold);
  if (after < 0 || curve[after][1] === null) return null;
  if (after === 0 || curve[after][0] === threshold) return curve[after][1];
  const [[low, first], [high, last]] = [curve[after - 1], curve[after]];
  if (first === null) return null;
  return first + ((last - first) * Math.log(threshold / low)) / Math.log(high / low);
}
