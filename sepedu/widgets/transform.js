// The STFT explorer: each turn of a knob is transformed and drawn here, as transform.py does it.
import {
  KernelLine, NOT_HEARD, choice, controls, fixed, follow, frame, labelled, make, measured, whenAtRest,
} from "./kit.js";
import { Picture, palette } from "./picture.js";
import { Players } from "./player.js";
import { LIMIT, RATE, decode, peakOf, soundAddress } from "./estimate.js";
import { STFT, cosineWindow } from "./stft.js";

const PITCH = 1000; // hertz between the two tones
const LENGTH = Math.round(1.5 * RATE); // of the signals that are made here
const DIP = 3; // decibels between two peaks from which on they count as apart
const FLOOR = -80; // decibels
const SHAPES = {
  hann: (size) => cosineWindow(size, 0.5, 0.5),
  hamming: (size) => cosineWindow(size, 0.54, 0.46),
  blackman: (size) => cosineWindow(size, 0.42, 0.5, 0.08),
  rectangle: (size) => new Float64Array(size).fill(1),
};

// As Python rounds: a half goes to the even neighbour.
function round(value) {
  const up = Math.round(value);
  return Math.abs(value % 1) === 0.5 && up % 2 ? up - 1 : up;
}

function twoTones(distance) {
  return Float32Array.from({ length: LENGTH }, (_, n) => {
    // They fade in and out over a fifth of a second: a sudden start would itself be a click.
    const edge = Math.min(1, (5 * Math.min(n, LENGTH - 1 - n)) / RATE);
    const fade = Math.sin((Math.PI / 2) * edge) ** 2;
    const tone = (hertz) => Math.sin((2 * Math.PI * hertz * n) / RATE);
    return 0.2 * fade * (tone(PITCH - distance / 2) + tone(PITCH + distance / 2));
  });
}

function twoClicks(distance) {
  const audio = new Float32Array(LENGTH);
  for (const sign of [-1, 1]) {
    audio[Math.floor(LENGTH / 2) + round(((sign * distance) / 2000) * RATE)] = 0.9;
  }
  return audio;
}

// How far values fall between two places, below the lower of the peaks there.
function dip(values, first, last) {
  if (last - first < 2) return 0;
  const peak = (place) => Math.max(...values.slice(Math.max(place - 1, 0), place + 2));
  const lowest = Math.min(...values.slice(first, last + 1));
  return Math.max(0, Math.min(peak(first), peak(last)) - lowest);
}

export default {
  render({ model, el }) {
    const magma = palette(model, "magma");
    const picture = new Picture({
      title: "Spectrogram", rows: 1, columns: 1, seconds: 1, hertz: 1, height: 260,
    });
    picture.canvas.classList.add("sepedu-tiles"); // each bin of each frame as the tile it is
    const players = new Players({ signal: "The signal" });
    const line = new KernelLine(model, NOT_HEARD);
    const given = model.get("heard"); // the song, if there is one
    const song = given.sounds ? decode(given.sounds.signal, given.rate) : null;

    const select = (trait, options) => {
      const node = choice(options.map(([value, text]) => [String(value), text]), String(model.get(trait)));
      const number = typeof options[0][0] === "number";
      node.addEventListener("change", () => {
        model.set(trait, number ? Number(node.value) : node.value);
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
    });
    for (const { node, trait } of [tones, clicks]) {
      node.addEventListener("input", () => {
        model.set(trait, Number(node.value));
      });
    }
    const rows = {
      tones: labelled("Tones apart", tones.node, tones.output),
      clicks: labelled("Clicks apart", clicks.node, clicks.output),
    };
    const numbers = {
      bin: make("output"), window_ms: make("output"), hop_ms: make("output"), size: make("output"),
    };

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

    // The signal on show, its address and the gain it is played at.
    let made = {};
    async function listen() {
      const [shown, tone, click] = ["signal", "tones", "clicks"].map((name) => model.get(name));
      if (shown === "song") {
        return { audio: await song, rate: given.rate, address: given.sounds.signal, gain: given.gain };
      }
      const key = `${shown} ${tone} ${click}`;
      if (made.key === key) return made;
      const audio = shown === "clicks" ? new Float32Array(LENGTH) : twoTones(tone);
      if (shown !== "tones") twoClicks(click).forEach((value, n) => (audio[n] += value));
      const gain = Math.min(1, LIMIT / peakOf(audio));
      URL.revokeObjectURL(made.address);
      const address = soundAddress(audio.map((value) => gain * value), RATE);
      made = { key, audio, rate: RATE, address, gain };
      return made;
    }

    async function draw() {
      drawControls();
      const { audio, rate, address, gain } = await listen();
      const [size, shape, shown] = ["n_fft", "window", "signal"].map((name) => model.get(name));
      const stft = new STFT(size, size / model.get("overlap"), SHAPES[shape](size));
      const { real, imag } = stft.forward(audio);
      const columns = real.length / stft.bins;
      const magnitude = real.map((value, i) => Math.sqrt(value ** 2 + imag[i] ** 2));
      // Of the signals made here, what lies below 2,000 Hz is on show.
      const rows = shown === "song" ? stft.bins : round((2 * PITCH * size) / RATE) + 1;
      let [loudest, loudestShown] = [0, 0];
      magnitude.forEach((value, i) => {
        loudest = Math.max(loudest, value);
        if (i % stft.bins < rows) loudestShown = Math.max(loudestShown, value);
      });
      const decibels = (value, reference) =>
        Math.max(FLOOR, 20 * Math.log10(value / (reference || 1)));
      picture.resize(rows, columns, (columns * stft.hop) / rate, ((rows - 0.5) * rate) / size);
      picture.compose((pixels) => {
        for (let row = 0, i = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++, i++) {
            const value = magnitude[column * stft.bins + rows - 1 - row];
            pixels[i] = magma[Math.round((1 - decibels(value, loudestShown) / FLOOR) * 255)];
          }
        }
      });
      const facts = { bin: rate / size, window_ms: (1000 * size) / rate, hop_ms: (1000 * stft.hop) / rate };
      numbers.bin.textContent = fixed(facts.bin, 1, " Hz");
      numbers.window_ms.textContent = fixed(facts.window_ms, 1, " ms");
      numbers.hop_ms.textContent = fixed(facts.hop_ms, 1, " ms");
      numbers.size.textContent = `${rows} × ${columns}`;
      players.show({ signal: address }, gain);
      const level = (frame_, bin) => decibels(magnitude[frame_ * stft.bins + bin], loudest);
      model.set("reading", words(stft, columns, facts, level));
    }

    // The reading, as Python words it; `level(frame, bin)` is in decibels.
    function words(stft, columns, facts, level) {
      const [shape, shown, tone, click] = ["window", "signal", "tones", "clicks"].map((n) => model.get(n));
      const name = shape === "rectangle" ? shape : shape[0].toUpperCase() + shape.slice(1);
      const first =
        `A ${name} window of ${stft.size} samples lasts ${facts.window_ms.toFixed(1)} ms; bins lie ` +
        `${facts.bin.toFixed(1)} Hz apart, frames ${facts.hop_ms.toFixed(1)} ms. `;
      if (shown === "song") return first;
      const say = (what, apart, depth) =>
        `The two ${what}, ${apart} apart, ` +
        (depth >= DIP ? `stand apart, by ${fixed(depth, 0)} dB` : "run together");
      const said = [];
      if (shown !== "clicks") {
        // A third into the signal there is no click.
        const column = Math.floor(columns / 3);
        const levels = Array.from({ length: stft.bins }, (_, bin) => level(column, bin));
        const [low, high] = [-1, 1].map((sign) =>
          round(((PITCH + (sign * tone) / 2) * stft.size) / RATE));
        said.push(say("tones", `${fixed(tone, 0)} Hz`, dip(levels, low, high)));
      }
      if (shown !== "tones") {
        // At 5,000 Hz there is no tone.
        const bin = round((5000 * stft.size) / RATE);
        const levels = Array.from({ length: columns }, (_, column) => level(column, bin));
        const middle = Math.floor(LENGTH / 2) / stft.hop, half = ((click / 2000) * RATE) / stft.hop;
        const depth = dip(levels, round(middle - half), round(middle + half));
        said.push(say("clicks", `${fixed(click, 0)} ms`, depth));
      }
      return first + said.join(". ") + ".";
    }

    const rest = whenAtRest(() => {
      line.ask();
      draw();
    }, 10);
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
      follow(model, ["signal", "n_fft", "overlap", "window", "tones", "clicks"], () => {
        drawControls();
        rest();
      }),
      line.follow(["reading"]),
      () => URL.revokeObjectURL(made.address),
    ];
    draw();
    return () => ends.forEach((end) => end());
  },
};
