// The predicted mask: a gate over probabilities, and the window behind each frame's answers.
import {
  KernelLine, bytes, clamp, controls, decibels, fixed, follow, frame, make, measured, percent,
  save, whenAtRest,
} from "./kit.js";
import { Cursor, Picture, grid, hexColour, legend, palette } from "./picture.js";
import { Chart } from "./chart.js";
import { Players } from "./player.js";
import { SliderField } from "./slider.js";

const CONTEXT = 25; // frames that the network sees
const BAR = 120; // width of the longest answer, in pixels of its canvas

export default {
  render({ model, el }) {
    const axes = model.get("axes");
    const { rows, columns } = axes;
    const gates = model.get("gates");
    const counts = model.get("counts");
    const lines = model.get("lines");
    const names = model.get("colours");
    const probability = bytes(model, "probability");
    const passes = bytes(model, "passes"); // how many of the slider's gates a bin passes
    const truth = bytes(model, "truth");
    const features = bytes(model, "features");
    const magma = palette(model, "magma");
    const cividis = palette(model, "cividis");
    const kinds = [names["right, no"], names["miss"], names["false alarm"], names["hit"]];
    const colours = kinds.map((name) => hexColour(name)); // by truth + 2 * mask

    const moveTo = (chosen) => {
      model.set("frame", clamp(Math.round(chosen) || 0, 0, columns - 1));
      restFrame();
    };
    const slider = new SliderField({
      name: "Gate",
      label: "Gate: probability above which the mask is one",
      places: gates.length,
      field: { min: 0, max: 1, step: 0.01 },
      move: (position) => {
        model.set("position", position); // draws, by the change of the trait
        rest();
      },
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
      mixture: new Picture({ title: "Mixture; click to choose a frame", ...axes }),
      probability: new Picture({ title: "Probability that the network gives", ...axes }),
      mask: new Picture({ title: "Mask", ...axes }),
      agreement: new Picture({ title: "Right and wrong", ...axes }),
    };
    const cursors = Object.values(pictures).map((picture) => new Cursor(picture));
    const tall = { rows, hertz: axes.hertz, height: 300 };
    const seen = new Picture({
      title: "It sees 513 × 25", columns: CONTEXT, seconds: CONTEXT, unit: "frames", ...tall,
    });
    const answers = new Picture({
      title: "Its 513 answers", columns: BAR, seconds: 1, unit: "probability", ...tall,
    });
    const chart = new Chart({
      title: "SDR against the gate",
      x: { low: 0, high: 1, label: "Gate", places: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      y: { label: "SDR (dB)" },
      height: 270,
      right: 190,
    });
    const players = new Players({ mixture: "Mixture", estimate: "Estimate", source: "Source" });
    const line = new KernelLine(
      model,
      "No kernel answers: pictures and accuracy follow the sliders here, but SDR and sound stay " +
        "as they were made. Run the cell in JupyterLab to hear your own gate.",
    );

    pictures.mixture.draw(bytes(model, "mixture_levels"), magma);
    pictures.probability.draw(probability, cividis);

    function drawGate() {
      const position = model.get("position");
      const count = counts[position];
      slider.show(position, gates[position], gates[position].toFixed(2));
      pictures.mask.caption.textContent = `Mask: probability > ${gates[position].toFixed(2)}`;
      pictures.mask.drawMask(passes, position, cividis);
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
      const half = (CONTEXT - 1) / 2;
      const seconds = ((chosen * axes.seconds) / columns).toFixed(2);
      place.show(chosen, chosen, `frame ${chosen}, ${seconds} seconds`);
      for (const cursor of cursors) cursor.mark(chosen - half, chosen + half);
      seen.compose((pixels) => {
        const width = columns + CONTEXT - 1; // of the song with 12 frames of silence at its ends
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < CONTEXT; column++) {
            pixels[row * CONTEXT + column] = magma[features[row * width + chosen + column]];
          }
        }
      });
      const white = hexColour("#FFFFFF"), owed = hexColour(names["hit"], 0.25);
      const gate = Math.min(BAR - 1, Math.round(gates[position] * BAR));
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
          pixels[start + gate] = hexColour("#000000");
        }
      });
    }

    function measure() {
      const position = model.get("position");
      const result = model.get("result");
      const here = result.position === position;
      sdr.textContent = here ? decibels(result.sdr) : "…";
      chart.mark(here ? [{ x: gates[position], y: result.sdr, colour: "#0072B2" }] : []);
    }

    function drawChart() {
      chart.draw({
        curves: [{ points: model.get("curve"), colour: "#0072B2", name: "network, gated" }],
        levels: [
          { value: lines.ideal, colour: "#009E73", name: `ideal ${fixed(lines.ideal, 1)}` },
          { value: lines.soft, colour: "#D55E00", name: `network, soft ${fixed(lines.soft, 1)}` },
          { value: lines.mixture, colour: "#888888", name: `mixture ${fixed(lines.mixture, 1)}` },
        ],
      });
    }

    function hear() {
      const { sounds, gain, position } = model.get("result");
      players.rename("estimate", `Estimate, gate ${gates[position].toFixed(2)}`);
      players.show(sounds, gain);
      drawChart();
      measure();
    }

    const rest = whenAtRest(() => line.ask());
    // Python answers a new gate; a new frame it only remembers.
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
        controls(slider.node, place.node),
        measured(
          ["Right", right],
          `commoner answer ${percent(lines.majority)}`,
          ["Hits", hit],
          ["Misses", miss],
          ["False alarms", alarm],
          ["SDR", sdr],
        ),
        grid(pictures),
        legend(names),
        make(
          "div",
          { class: "sepedu-window" },
          seen.node,
          answers.node,
          make(
            "div",
            {},
            chart.node,
            make(
              "p",
              { class: "sepedu-note" },
              "A bar is the probability for one frequency of the middle frame; the black line is " +
                "the gate, and a tinted row is one where the true mask is one.",
            ),
          ),
        ),
        players.node,
        line.node,
      ),
      follow(model, ["position"], drawGate),
      follow(model, ["frame"], drawFrame),
      line.follow(["result"], hear),
    ];
    drawChart();
    drawGate();
    hear();
    return () => ends.forEach((end) => end());
  },
};
