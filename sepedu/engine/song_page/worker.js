// One of the page's workers: it hears a block of the song and answers with its estimates, or puts
// the song away.
import * as ort from "./vendor/ort.js";
import { pack, unpack } from "./samples.js";
import { again, conditions, measureLevel, separateBlock } from "./separation.js";

const BINS = 513;
ort.env.wasm.numThreads = 1; // more need headers that a plain file server does not send
let network, session;

async function load(description) {
  network = description;
  const { body } = await fetch(new URL("./vendor/ort.wasm.packed", import.meta.url));
  const unpacked = new Response(body.pipeThrough(new DecompressionStream("gzip")));
  ort.env.wasm.wasmBinary = await unpacked.arrayBuffer();
  const model = await fetch(new URL(network.file, import.meta.url));
  if (!model.ok) throw new Error(`${network.file} is missing (${model.status})`);
  session = await ort.InferenceSession.create(new Uint8Array(await model.arrayBuffer()));
  ort.env.wasm.wasmBinary = undefined; // 14 MB; it has been compiled
}

// One pass: magnitudes of `frames` frames from `first` on, as [bin][frame], silence outside.
async function pass(heard, frames, first, count, level) {
  const input = again("input", network.channels * BINS * count).fill(0);
  for (let c = 0; c < network.channels; c++) {
    const values = heard[Math.min(c, heard.length - 1)];
    for (let i = Math.max(0, -first); i < Math.min(count, frames - first); i++) {
      for (let bin = 0; bin < BINS; bin++) {
        input[(c * BINS + bin) * count + i] = values[(first + i) * BINS + bin];
      }
    }
  }
  const { masks } = await session.run({
    magnitude: new ort.Tensor("float32", input, [1, network.channels, BINS, count]),
    level: new ort.Tensor("float32", [level], [1]),
  });
  return masks; // (sources, channels, 513, frames)
}

// Masks [source][channel], frame after frame, from magnitudes likewise.
async function predict(heard, frames, level) {
  const { window, context, step } = network;
  const all = network.sources.map((source) =>
    Array.from({ length: network.channels }, (_, c) =>
      again(`mask ${source} ${c}`, frames * BINS)));
  // The U-Net takes any number of frames, filled up to a multiple of its step; the talk's
  // networks take windows side by side, each with its context of frames around it.
  const length = window || Math.ceil(frames / step) * step;
  for (let first = 0; first < frames; first += length) {
    const masks = await pass(heard, frames, first - context, length + 2 * context, level);
    let row = 0;
    for (const mask of all.flat()) {
      for (let bin = 0; bin < BINS; bin++, row += length) {
        for (let i = 0; i < Math.min(length, frames - first); i++) {
          mask[(first + i) * BINS + bin] = masks.data[row + i];
        }
      }
    }
    masks.dispose();
  }
  return all;
}

onmessage = async ({ data }) => {
  try {
    let answer = {}, buffers = [];
    if (data.kind === "load") await load(data.network);
    if (data.kind === "keep") {
      const { values, scale } = pack(data.channels);
      const mixing = conditions(data.channels, data.network);
      const whole = new Blob([values]);
      await whole.slice(0, 1).arrayBuffer(); // now it has left the worker, which may end
      answer = { whole, scale, mixing };
    }
    if (data.kind === "measure") {
      answer = measureLevel({ ...data, channels: unpack(data.sound, data.count) });
    }
    if (data.kind === "separate") {
      const channels = unpack(data.sound, data.count);
      answer = await separateBlock({ ...data, channels, outputs: network.outputs },
        (heard, frames) => predict(heard, frames, data.level));
      buffers = Object.values(answer.estimates).map(({ values }) => values.buffer);
    }
    postMessage({ id: data.id, answer }, buffers);
  } catch (error) {
    postMessage({ id: data.id, problem: String(error?.message ?? error) });
  }
};
