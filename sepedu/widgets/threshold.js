// The threshold explorer: a slider for T, and a mask that follows it.
import {
  KernelLine, bytes, clamp, decibels, fixed, follow, frame, labelled, make, percent, radios,
  threeDigits, whenAtRest,
} from "./kit.js";
import { Picture, palette } from "./picture.js";
import { Chart } from "./chart.js";
import { Players } from "./player.js";

export default {
  render({ model, el }) {
    const axes = model.get("axes");
    const thresholds = model.get("thresholds");
    const shares = model.get("shares");
    const mixture = bytes(model, "mixture_levels");
    const passes = bytes(model, "passes"); // how many of the slider's thresholds a bin passes
    const ratio = bytes(model, "ratio");
    const magma = palette(model, "magma");
    const cividis = palette(model, "cividis");
    // What a share of 0 to 255 takes away from a level, whose 255 steps span 80 dB.
    const quieter = Float32Array.from({ length: 256 }, (_, i) => (255 * 20 * Math.log10(i / 255)) / 80);

    const slider = make("input", {
      type: "range", min: 0, max: thresholds.length - 1, step: 1, class: "sepedu-slider",
      "aria-label": "Threshold T, on a log scale",
    });
    const number = make("input", { type: "number", min: 0.01, max: 10, step: "any" });
    const kind = radios(
      "Mask",
      [["binary", "binary, S > T·M"], ["ratio", "soft, the ratio mask"]],
      model.get("kind"),
      (value) => {
        model.set("kind", value);
        rest();
      },
    );
    const share = make("output", {}), sdr = make("output", {});
    const pictures = {
      mixture: new Picture({ title: "Mixture M", ...axes }),
      source: new Picture({ title: "Source S", ...axes }),
      mask: new Picture({ title: "Mask", ...axes }),
      masked: new Picture({ title: "Mixture, masked", ...axes }),
    };
    const places = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
    const chart = new Chart({
      title: "SDR against the threshold",
      x: { low: 0.01, high: 10, log: true, label: "Threshold T", places },
      y: { label: "SDR (dB)" },
    });
    const players = new Players({ mixture: "Mixture", estimate: "Estimate", source: "Source" });
    const line = new KernelLine(
      model,
      "No kernel answers: mask and picture follow the slider here, but SDR and sound stay as " +
        "they were made. Run the cell in JupyterLab to hear your own threshold.",
    );

    pictures.mixture.draw(mixture, magma);
    pictures.source.draw(bytes(model, "source_levels"), magma);

    function draw() {
      const position = model.get("position");
      const soft = model.get("kind") === "ratio";
      const text = threeDigits(thresholds[position]);
      slider.value = position;
      slider.disabled = number.disabled = soft;
      slider.setAttribute("aria-valuetext", `T = ${text}`);
      if (el.ownerDocument.activeElement !== number) number.value = text;
      share.textContent = soft ? "–" : percent(shares[position]);
      pictures.mask.caption.textContent = soft ? "Ratio mask" : `Mask B = (S > ${text}·M)`;
      if (soft) {
        pictures.mask.draw(ratio, cividis);
        pictures.masked.compose((pixels) => {
          for (let i = 0; i < pixels.length; i++) {
            pixels[i] = magma[Math.max(0, Math.round(mixture[i] + quieter[ratio[i]]))];
          }
        });
      } else {
        const [no, yes] = [cividis[0], cividis[255]];
        pictures.mask.compose((pixels) => {
          for (let i = 0; i < pixels.length; i++) pixels[i] = passes[i] > position ? yes : no;
        });
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
      const [result, lines, curve] = ["result", "lines", "curve"].map((name) => model.get(name));
      const here = result.position === position && result.kind === model.get("kind");
      const value = here ? result.sdr : soft ? lines.ratio : onCurve(curve, thresholds[position]);
      sdr.textContent = (here || soft || value === null ? "" : "about ") + decibels(value);
      const marks = [];
      if (lines.best) marks.push({ x: lines.best[0], y: lines.best[1], colour: "#0072B2", ring: true });
      if (!soft) marks.push({ x: thresholds[position], y: value, colour: "#D55E00" });
      chart.mark(marks);
    }

    function drawChart() {
      const lines = model.get("lines");
      chart.draw({
        curves: [{ points: model.get("curve"), colour: "#0072B2", name: "binary mask" }],
        levels: [
          { value: lines.ratio, colour: "#009E73", name: `ratio mask ${fixed(lines.ratio, 1)}` },
          { value: lines.mixture, colour: "#888888", name: `mixture ${fixed(lines.mixture, 1)}` },
        ],
      });
    }

    function hear() {
      const { sounds, gain, position, kind: made } = model.get("result");
      players.rename(
        "estimate",
        made === "ratio" ? "Estimate, ratio mask" : `Estimate, T = ${threeDigits(thresholds[position])}`,
      );
      players.show(sounds, gain);
      drawChart();
      measure();
    }

    const rest = whenAtRest(() => line.ask());
    const move = (position) => {
      model.set("position", position); // draws, by the change of the trait
      rest();
    };
    slider.addEventListener("input", () => move(Number(slider.value)));
    number.addEventListener("input", () => {
      const wanted = clamp(Number(number.value), 0.01, 10);
      if (!(Number(number.value) > 0)) return; // not a number yet, while it is being typed
      const distance = thresholds.map((place) => Math.abs(Math.log(place / wanted)));
      move(distance.indexOf(Math.min(...distance)));
    });
    number.addEventListener("change", draw);

    const ends = [
      frame(
        el,
        model,
        make(
          "div",
          { class: "sepedu-controls" },
          make("div", { class: "sepedu-wide" }, labelled("Threshold T", slider), number),
          kind.node,
        ),
        make(
          "p",
          { class: "sepedu-numbers" },
          make("span", {}, "Ones in the mask ", share),
          make("span", {}, "SDR ", sdr),
        ),
        make(
          "div",
          { class: "sepedu-grid" },
          ...Object.values(pictures).map((picture) => picture.node),
        ),
        chart.node,
        make(
          "p",
          { class: "sepedu-note" },
          make("span", { class: "sepedu-now" }, "●"), " this threshold, ",
          make("span", { class: "sepedu-best" }, "○"), " the best binary mask",
        ),
        players.node,
        line.node,
      ),
      follow(model, ["position", "kind"], () => {
        kind.choose(model.get("kind"));
        draw();
      }),
      follow(model, ["result"], () => {
        line.answered();
        hear();
      }),
    ];
    drawChart();
    draw();
    hear();
    return () => {
      ends.forEach((end) => end());
      line.end();
    };
  },
};

// The curve's height between two measured points; null where it has none.
function onCurve(curve, threshold) {
  const after = curve.findIndex(([place]) => place >= threshold);
  if (after < 0 || curve[after][1] === null) return null;
  if (after === 0 || curve[after][0] === threshold) return curve[after][1];
  const [[low, first], [high, last]] = [curve[after - 1], curve[after]];
  if (first === null) return null;
  return first + ((last - first) * Math.log(threshold / low)) / Math.log(high / low);
}
