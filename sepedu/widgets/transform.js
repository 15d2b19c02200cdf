// The STFT explorer: each turn of a knob is transformed by Python and drawn here.
import {
  KernelLine, bytes, choice, controls, fixed, follow, frame, labelled, make, measured, whenAtRest,
} from "./kit.js";
import { Picture, palette } from "./picture.js";
import { Players } from "./player.js";

export default {
  render({ model, el }) {
    const magma = palette(model, "magma");
    const result = () => model.get("result");
    const picture = new Picture({ title: "Spectrogram", ...result(), height: 260 });
    picture.canvas.classList.add("sepedu-tiles"); // each bin of each frame as the tile it is
    const players = new Players({ signal: "The signal" });
    const line = new KernelLine(
      model,
      "No kernel answers: this spectrogram stays as it was made. Run the cell in JupyterLab to " +
        "turn window and hop.",
    );
    const ask = () => line.ask();
    const askAtRest = whenAtRest(ask, 20);

    const select = (trait, options) => {
      const node = choice(options.map(([value, text]) => [String(value), text]), String(model.get(trait)));
      const number = typeof options[0][0] === "number";
      node.addEventListener("change", () => {
        model.set(trait, number ? Number(node.value) : node.value);
        ask();
      });
      return node;
    };
    const signal = select("signal", model.get("signals"));
    const overlap = select(
      "overlap",
      model.get("overlaps").map((part) => [part, `1/${part} of the window`]),
    );
    const window_ = select("window", model.get("windows").map((name) => [name, name]));

    const slider = (trait, name, low, high, step, show) => {
      const output = make("output", {});
      const node = make("input", {
        type: "range", min: low, max: high, step, class: "sepedu-slider", "aria-label": name,
      });
      return { node, output, trait, show };
    };
    const sizes = model.get("sizes");
    const length = slider("n_fft", "Window length", 0, sizes.length - 1, 1);
    const tones = slider("tones", "Hertz between the two tones", 5, 400, 5);
    const clicks = slider("clicks", "Milliseconds between the two clicks", 1, 200, 1);
    length.node.addEventListener("input", () => {
      model.set("n_fft", sizes[Number(length.node.value)]);
      askAtRest();
    });
    for (const { node, trait } of [tones, clicks]) {
      node.addEventListener("input", () => {
        model.set(trait, Number(node.value));
        askAtRest();
      });
    }
    const rows = {
      tones: labelled("Tones apart", tones.node, tones.output),
      clicks: labelled("Clicks apart", clicks.node, clicks.output),
    };
    const numbers = {
      bin: make("output"), window_ms: make("output"), hop_ms: make("output"), size: make("output"),
    };

    // What the controls stand on, also while Python has not answered yet.
    function drawControls() {
      const [n_fft, shown] = [model.get("n_fft"), model.get("signal")];
      length.node.value = sizes.indexOf(n_fft);
      length.node.setAttribute("aria-valuetext", `${n_fft} samples`);
      length.output.textContent = `${n_fft} samples`;
      tones.node.value = model.get("tones");
      tones.output.textContent = `${model.get("tones")} Hz`;
      clicks.node.value = model.get("clicks");
      clicks.output.textContent = `${model.get("clicks")} ms`;
      signal.value = shown;
      overlap.value = model.get("overlap");
      window_.value = model.get("window");
      rows.tones.hidden = !["both", "tones"].includes(shown);
      rows.clicks.hidden = !["both", "clicks"].includes(shown);
    }

    function draw() {
      const now = result();
      picture.resize(now.rows, now.columns, now.seconds, now.hertz);
      picture.draw(bytes(model, "levels"), magma);
      numbers.bin.textContent = fixed(now.bin, 1, " Hz");
      numbers.window_ms.textContent = fixed(now.window_ms, 1, " ms");
      numbers.hop_ms.textContent = fixed(now.hop_ms, 1, " ms");
      numbers.size.textContent = `${now.rows} × ${now.columns}`;
      players.show(now.sounds, now.gain);
    }

    const ends = [
      frame(
        el,
        model,
        controls(
          labelled("Signal", signal),
          labelled("Window length", length.node, length.output),
          labelled("Hop", overlap),
          labelled("Window", window_),
          rows.tones,
          rows.clicks,
        ),
        measured(
          ["A bin every", numbers.bin],
          ["The window lasts", numbers.window_ms],
          ["A frame every", numbers.hop_ms],
          ["Bins and frames on show", numbers.size],
        ),
        picture.node,
        players.node,
        line.node,
      ),
      follow(model, ["signal", "n_fft", "overlap", "window", "tones", "clicks"], drawControls),
      line.follow(["result"], draw),
    ];
    drawControls();
    draw();
    return () => ends.forEach((end) => end());
  },
};
