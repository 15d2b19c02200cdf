// Separating a recording in the page, block by block, as sepedu/separation.py does it.
import { pack } from "./samples.js";
import { STFT } from "./stft.js";

const BINS = 513; // what the networks hear, at any sample rate
const WINDOW = 1024; // of the transform that the networks know, at 22,050 Hz
const HEARD = 480, TOP_BINS = 16; // bins that hardly fade; the highest ones' mean mask holds above
// What is left of each bin in songs of 22,050 Hz, such as the networks learned from.
const FADE = Float32Array.from({ length: BINS }, (_, bin) => 1 / (1 + Math.exp((bin - 490) / 3.5)));
const CANCELLED = 0.1;
const REACH = 2; // frames on each side that overlap a frame by their windows

// The transform with the networks' hertz per bin and seconds per frame at a sample rate.
export function grid(rate) {
  return new STFT(WINDOW * (rate / 22050), 256 * (rate / 22050));
}

// Blocks of a recording: frames to answer for, frames to hear, and the samples that takes.
export function blocks(samples, stft, network) {
  const total = stft.frames(samples);
  const list = [];
  for (let first = 0; first * stft.hop < samples; first += network.block) {
    const isLast = (first + network.block) * stft.hop >= samples;
    const last = isLast ? total : first + network.block;
    const start = Math.max(first - network.margin, 0);
    const end = Math.min(last + network.margin, total);
    list.push({
      first,
      last,
      start,
      end,
      from: first * stft.hop, // samples to estimate
      to: Math.min((first + network.block) * stft.hop, samples),
      origin: Math.max(start * stft.hop - stft.size / 2, 0), // samples to hear
      until: Math.min(end * stft.hop + stft.size / 2, samples),
    });
  }
  return list;
}

// How to mix the channels into what the network takes, and the constant offsets of that.
export function conditions(channels, network) {
  const samples = channels[0].length;
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const offsets = channels.map((channel) => channel.reduce((a, b) => a + b, 0) / samples);
  const product = (a, b) => {
    let sum = 0;
    for (let i = 0; i < samples; i++) sum += channels[a][i] * channels[b][i];
    return sum / samples - offsets[a] * offsets[b];
  };
  let weights = channels.map((_, i) => channels.map((_, j) => Number(i === j)));
  if (network.channels === 1 || channels.length > 2) {
    const covariance = channels.map((_, i) => channels.map((_, j) => product(i, j)));
    const energy = covariance.map((row, i) => row[i]);
    const cancelled = mean(covariance.flat()) < CANCELLED * mean(energy);
    weights = [cancelled ? weights[energy.indexOf(Math.max(...energy))]
      : channels.map(() => 1 / channels.length)];
  }
  const offset = weights.map((row) => row.reduce((sum, w, i) => sum + w * offsets[i], 0));
  return { weights, offset };
}

// What the network hears: channels mixed, without their offset.
function listen(channels, { weights, offset }) {
  return weights.map((row, i) => {
    const heard = new Float32Array(channels[0].length);
    for (let n = 0; n < heard.length; n++) {
      let sum = -offset[i];
      for (let j = 0; j < row.length; j++) sum += row[j] * channels[j][n];
      heard[n] = sum;
    }
    return heard;
  });
}

// Memory for 32-bit numbers that is used again in the next block, by what it is for: otherwise the
// garbage of a block is several times what is in use.
const kept = {};
export function again(name, length) {
  if (!(kept[name]?.length >= length)) kept[name] = new Float32Array(length);
  return kept[name].subarray(0, length);
}

// Magnitudes of frames, at the networks' scale [frame after frame, 513 each]; `faded` as they hear
// them.
function magnitudes(stft, { real, imag }, faded = false) {
  const frames = real.length / stft.bins;
  const scale = WINDOW / stft.size;
  const values = new Float32Array(frames * BINS);
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < Math.min(BINS, stft.bins); bin++) {
      const place = frame * stft.bins + bin;
      const gain = faded && stft.size > WINDOW ? scale * FADE[bin] : scale;
      values[frame * BINS + bin] = gain * Math.sqrt(real[place] ** 2 + imag[place] ** 2);
    }
  }
  return values;
}

// Sum and count of the magnitudes from bin 2 up, over every second frame of a block: their mean
// over all blocks is the level of the recording.
export function measureLevel({ channels, rate, block, mixing }) {
  const usual = grid(rate);
  const coarse = new STFT(usual.size, 2 * usual.hop);
  const [first, last] = [block.first / 2, Math.ceil(block.last / 2)];
  let sum = 0, count = 0;
  for (const heard of listen(channels, mixing)) {
    const values = magnitudes(coarse, coarse.forward(heard, first, last, block.origin), true);
    for (let i = 0; i < values.length; i++) if (i % BINS >= 2) sum += values[i];
    count += (values.length / BINS) * (BINS - 2);
  }
  return { sum, count };
}

// Separate one block. `predict(heard, frames)` gives the masks [source][channel][frame after
// frame, 513 each] of magnitudes [channel][likewise].
export async function separateBlock(
  { channels, rate, block, mixing, outputs, level, framesPerColumn },
  predict,
) {
  const stft = grid(rate);
  const { start, end, from, to, origin } = block;
  const heard = listen(channels, mixing).map((signal) =>
    magnitudes(stft, stft.forward(signal, start, end, origin), true));
  const masks = await predict(heard, end - start);
  const first = Math.max(block.first - REACH, start), last = Math.min(block.last + REACH, end);
  const spectra = channels.map((signal) => stft.forward(signal, first, last, origin));
  const estimates = {}, pictures = {};
  if (outputs.length > masks.length) masks.push(remainder(masks)); // the residual
  outputs.forEach((name, i) => {
    const all = channels.map((_, c) => {
      const mask = masks[i][Math.min(c, masks[i].length - 1)].subarray((first - start) * BINS);
      return applyMask(stft, spectra[c], mask, c);
    });
    estimates[name] = pack(all.map((masked) => stft.inverse(masked, from, to, first)));
    const count = block.last - block.first;
    const seen = magnitudes(stft, all[0]).subarray((block.first - first) * BINS);
    const mask = masks[i][0].subarray((block.first - start) * BINS);
    pictures[name] = {
      sound: picture(seen, count, framesPerColumn, (value) =>
        (20 * Math.log10(value / (level || 1) + 1e-9) + 45) / 80), // the level lies in the middle
      mask: picture(mask, count, framesPerColumn, (value) => value),
    };
  });
  return { estimates, pictures };
}

// What masks leave of the mixture, as a mask.
function remainder(masks) {
  return masks[0].map((_, channel) =>
    masks[0][channel].map((_, i) => masks.reduce((left, mask) => left - mask[channel][i], 1)));
}

// A spectrum times a mask of 513 bins a frame; above what is heard, times the mean of the highest.
function applyMask(stft, { real, imag }, mask, channel) {
  const masked = { real: again(`real ${channel}`, real.length),
    imag: again(`imag ${channel}`, imag.length) };
  const known = stft.bins > BINS ? HEARD : BINS;
  for (let place = 0, frame = 0; place < real.length; place += stft.bins, frame += BINS) {
    let top = 0;
    for (let bin = HEARD - TOP_BINS; bin < HEARD; bin++) top += mask[frame + bin] / TOP_BINS;
    for (let bin = 0; bin < stft.bins; bin++) {
      const share = bin < known ? mask[frame + bin] : top;
      masked.real[place + bin] = real[place + bin] * share;
      masked.imag[place + bin] = imag[place + bin] * share;
    }
  }
  return masked;
}

export const ROWS = 128; // of a picture, four bins each

// A small picture of frames: ROWS values from 0 to 255 for each column, from 0 Hz up. Each is the
// largest of its bins and frames.
function picture(values, frames, framesPerColumn, shade) {
  const pixels = new Uint8Array(Math.ceil(frames / framesPerColumn) * ROWS);
  const per = (BINS - 1) / ROWS;
  for (let frame = 0; frame < frames; frame++) {
    const column = Math.floor(frame / framesPerColumn) * ROWS;
    for (let row = 0; row < ROWS; row++) {
      let most = 0;
      for (let i = 0; i < per; i++) most = Math.max(most, values[frame * BINS + row * per + i]);
      const shaded = Math.round(255 * Math.min(1, Math.max(0, shade(most))));
      pixels[column + row] = Math.max(pixels[column + row], shaded);
    }
  }
  return pixels;
}
