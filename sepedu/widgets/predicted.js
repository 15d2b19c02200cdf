// The predicted mask: a threshold over probabilities, and what lies behind each frame's answers.
import {
  KernelLine, NOT_HEARD, NO_SDR, bytes, clamp, controls, decibels, fixed, follow, frame,
  inDecibels, make, measured, percent, save, whenAtRest,
} from "./kit.js";
import { Estimator } from "./estimate.js";
import { Cursor, Picture, grid, hexColour, legend, palette } from "./picture.js";
import { Chart } from "./chart.js";
import { Players } from "./player.js";
import { SliderField } from "./slider.js";

const BAR = 120; // width of the longest answer, in pixels of its canvas

export default {
  render({ model, el }) {
    const axes = model.get("axes");
    const { rows, columns } = axes;
    const decisions = model.get("decisions");
    const context = model.get("context"); // frames that the network sees
    const { ours, baseline } = model.get("hues");
    const counts = model.get("counts");
    const lines = model.get("lines");
    const names = model.get("colours");
    const probability = bytes(model, "probability");
    const passes = bytes(model, "passes"); // how many of the slider's places a bin passes
    const truth = bytes(model, "truth");
    const features = bytes(model, "features");
    const magma = palette(model, "magma");
    const mixture = bytes(model, "mixture_levels");
    const ink = palette(model, "ink");
    const kinds = [names["right, no"], names["miss"], names["false alarm"], names["hit"]];
    const colours = kinds.map((name) => hexColour(name)); // by truth + 2 * mask

    const moveTo = (chosen) => {
      model.set("frame", clamp(Math.round(chosen) || 0, 0, columns - 1));
      restFrame();
    };
    const slider = new SliderField({
      name: "Decision threshold",
      label: "Decision threshold: probability above which the mask is one",
      places: decisions.length,
      field: { min: 0, max: 1, step: 0.01 },
      move: (position) => model.set("position", position), // draws, by the change of the trait
      read: (text) => (text === "" ? null : clamp(Math.round(100 * Number(text)), 0, 100)),
    });
    const place = new SliderField({
      name: "Frame",
      label: "Frame whose window is shown",
      places: columns,
      field: { min: 0, max: columns - 1, step: 1 },
      move: moveTo,
      read: Number,
    });
    const right = make("output"), hit = make("output"), miss = make("output");
    const alarm = make("output"), sdr = make("output");
    const pictures = {
      mixture: new Picture({ title: "Mixture; click to choose a frame", ...axes, height: 98 }),
      probability: new Picture({ title: "Probability that the network gives", ...axes, height: 98 }),
      agreement: new Picture({ title: "Right and wrong", ...axes, height: 98 }),
      mask: new Picture({ title: "Mask", ...axes, height: 98 }),
      masked: new Picture({ title: "Mixture, masked", ...axes, height: 98 }),
    };
    const cursors = Object.values(pictures).map((picture) => new Cursor(picture));
    const tall = { rows, hertz: axes.hertz, height: 112 };
    const seen = new Picture({
      title: `It sees 513 × ${context}`, columns: context, seconds: context, unit: "frames", ...tall,
    });
    const answers = new Picture({
      title: "Its 513 answers", columns: BAR, seconds: 1, unit: "probability", ...tall,
    });
    const chart = new Chart({
      title: "SDR against the decision threshold",
      x: { low: 0, high: 1, label: "Decision threshold", places: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      y: { label: "SDR (dB)" },
      width: 330,
      height: 150,
      right: 105,
    });
    const players = new Players({ mixture: "Mixture", estimate: "Estimate", source: "Source" });
    const estimator = new Estimator(model.get("heard"), axes);
    const curve = new Map(model.get("curve")); // SDR by decision threshold, as far as measured
    let heard = {}; // what was measured last
    const line = new KernelLine(model, NOT_HEARD);

    pictures.mixture.draw(mixture, magma);
    pictures.probability.draw(probability, ink);

    function drawMask() {
      const position = model.get("position");
      const count = counts[position];
      slider.show(position, decisions[position], decisions[position].toFixed(2));
      pictures.mask.caption.textContent = `Mask: probability > ${decisions[position].toFixed(2)}`;
      pictures.mask.drawMask(passes, position, ink);
      pictures.masked.compose((pixels) => {
        for (let i = 0; i < pixels.length; i++) {
          pixels[i] = magma[passes[i] > position ? mixture[i] : 0];
        }
      });
      pictures.agreement.compose((pixels) => {
        for (let i = 0; i < pixels.length; i++) {
          pixels[i] = colours[truth[i] + (passes[i] > position ? 2 : 0)];
        }
      });
      right.textContent = percent(count["right"]);
      hit.textContent = percent(count["hit"]);
      miss.textContent = percent(count["miss"]);
      alarm.textContent = percent(count["false alarm"]);
      drawFrame();
      measure();
    }

    // The window of the chosen frame, and a bar for each answer in the colour of what it is.
    function drawFrame() {
      const position = model.get("position");
      const chosen = clamp(model.get("frame"), 0, columns - 1);
      const half = (context - 1) / 2;
      const seconds = ((chosen * axes.seconds) / columns).toFixed(2);
      place.show(chosen, chosen, `frame ${chosen}, ${seconds} seconds`);
      for (const cursor of cursors) cursor.mark(chosen - half, chosen + half);
      seen.compose((pixels) => {
        const width = columns + context - 1; // of the song with silence at both ends
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < context; column++) {
            pixels[row * context + column] = magma[features[row * width + chosen + column]];
          }
        }
      });
      const white = hexColour("#FFFFFF"), owed = hexColour(names["hit"], 0.15);
      const cut = Math.min(BAR - 1, Math.round(decisions[position] * BAR));
      answers.compose((pixels) => {
        for (let row = 0; row < rows; row++) {
          const i = row * columns + chosen;
          const length = Math.round((probability[i] / 255) * BAR);
          const kind = truth[i] + (passes[i] > position ? 2 : 0);
          const shade = kind === 0 ? hexColour("#999999") : colours[kind];
          const start = row * BAR;
          for (let x = 0; x < BAR; x++) {
            pixels[start + x] = x < length ? shade : truth[i] ? owed : white;
          }
          pixels[start + cut] = hexColour("#000000");
        }
      });
    }

    function measure() {
      const position = model.get("position");
      const here = heard.position === position;
      sdr.textContent = here ? decibels(heard.sdr) : "…";
      chart.mark(here ? [{ x: decisions[position], y: heard.sdr, colour: ours }] : []);
    }

    function drawChart() {
      const points = [...curve].sort(([a], [b]) => a - b);
      chart.draw({
        curves: [{ points, colour: ours, name: "binary" }],
        levels: [
          { value: lines.ideal, colour: "currentColor", dash: "8 3", name: `ideal ${fixed(lines.ideal, 1)}` },
          { value: lines.soft, colour: ours, name: `soft ${fixed(lines.soft, 1)}` },
          { value: lines.mixture, colour: baseline, name: `mixture ${fixed(lines.mixture, 1)}` },
        ],
      });
      measure();
    }

    // Compute sound and SDR of what is on show.
    async function hear() {
      await estimator.ready;
      const position = model.get("position");
      const { samples, sdr: value } = estimator.apply((i) => (passes[i] > position ? 1 : 0));
      players.rename("estimate", `Estimate at ${decisions[position].toFixed(2)}`);
      estimator.play(players, samples);
      heard = { position, sdr: value };
      curve.set(decisions[position], value);
      drawChart();
      model.set("reading", words());
    }

    // The reading, as Python words it.
    function words() {
      const { position, sdr: value } = heard, count = counts[position];
      const first =
        `Decision threshold ${decisions[position].toFixed(2)}: ${percent(count["right"])} of the ` +
        `points are right, where always giving the commoner answer has ${percent(lines.majority)}. ` +
        `Hits ${percent(count["hit"])}, misses ${percent(count["miss"])}, false alarms ` +
        `${percent(count["false alarm"])}. `;
      if (estimator.silent) return first + NO_SDR;
      return (
        `${first}SDR ${inDecibels(value)}; with the soft mask ${inDecibels(lines.soft)}, ` +
        `ideal ${inDecibels(lines.ideal)}, mixture ${inDecibels(lines.mixture)}.`
      );
    }

    const rest = whenAtRest(() => {
      line.ask();
      hear();
    }, 30);
    // Python answers a new threshold; a new frame it only remembers.
    const restFrame = whenAtRest(() => save(model));
    for (const { canvas } of Object.values(pictures)) {
      canvas.addEventListener("click", (event) => {
        moveTo(Math.floor((columns * event.offsetX) / canvas.clientWidth));
      });
    }

    const ends = [
      frame(
        el,
        model,
        controls(slider.node),
        measured(
          ["Right", right],
          `commoner answer ${percent(lines.majority)}`,
          ["Hits", hit],
          ["Misses", miss],
          ["False alarms", alarm],
          ["SDR", sdr],
        ),
        grid(pictures, "sepedu-thirds", chart.node),
        legend(names),
        players.node,
        controls(place.node),
        make(
          "div",
          { class: "sepedu-thirds" },
          seen.node,
          answers.node,
          make(
            "p",
            { class: "sepedu-note" },
            "A bar is the probability for one frequency of the middle frame; the black line is " +
              "the decision threshold, and a tinted row is one where the true mask is one.",
          ),
        ),
        line.node,
      ),
      follow(model, ["position"], () => {
        drawMask();
        rest();
      }),
      follow(model, ["frame"], drawFrame),
      follow(model, ["curve"], () => {
        for (const [decision, value] of model.get("curve")) curve.set(decision, value);
        drawChart();
      }),
      line.follow(["result"]),
      () => estimator.end(),
    ];
    drawChart();
    drawMask();
    hear();
    return () => ends.forEach((end) => end());
  },
};
