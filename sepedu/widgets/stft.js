// The short-time Fourier transform and its inverse, as sepedu/stft.py computes them.
// A spectrum is {real, imag}: frame after frame, each from 0 Hz up, in 32-bit numbers.
import { FFT } from "./fft.js";

// A transform of real signals with windows of `size` samples, `hop` samples apart.
export class STFT {
  constructor(size, hop, window = cosineWindow(size, 0.5, 0.5)) {
    Object.assign(this, { size, hop, window, bins: size / 2 + 1, fft: new FFT(size) });
    this.before = this.fft.createComplexArray();
    this.after = this.fft.createComplexArray();
  }

  frames(samples) {
    return 1 + Math.floor(samples / this.hop);
  }

  // Spectrum of the frames `first` up to `last` of a recording, of which `signal` holds the
  // samples from `origin` on. What `signal` does not hold counts as silence.
  forward(signal, first = 0, last = this.frames(signal.length), origin = 0) {
    const { size, hop, window, bins, fft, after } = this;
    const count = (last - first) * bins;
    const real = new Float32Array(count), imag = new Float32Array(count);
    const windowed = new Float64Array(size);
    for (let frame = first, place = 0; frame < last; frame++) {
      const start = frame * hop - size / 2 - origin;
      for (let i = 0; i < size; i++) {
        const place = start + i;
        windowed[i] = place >= 0 && place < signal.length ? window[i] * signal[place] : 0;
      }
      fft.realTransform(after, windowed);
      for (let bin = 0; bin < bins; bin++, place++) {
        real[place] = after[2 * bin];
        imag[place] = after[2 * bin + 1];
      }
    }
    return { real, imag };
  }

  // The samples `from` up to `to` of the recording whose frames from `first` on are given:
  // windowed inverse transforms are added up and divided by the sum of squared windows.
  inverse({ real, imag }, from, to, first = 0) {
    const { size, hop, window, bins, fft, before, after } = this;
    const sum = new Float64Array(to - from), weight = new Float64Array(to - from);
    const add = (start, part) => {
      const end = Math.min(size, sum.length - start);
      for (let i = Math.max(0, -start); i < end; i++) {
        sum[start + i] += window[i] * after[2 * i + part];
        weight[start + i] += window[i] * window[i];
      }
    };
    // Two frames at a time: one becomes the real part of a complex signal, the next the imaginary.
    for (let place = 0, frame = first; place < real.length; place += 2 * bins, frame += 2) {
      const start = frame * hop - size / 2 - from;
      const two = place + bins < real.length;
      for (let bin = 0; bin < bins; bin++) {
        const edge = bin === 0 || bin === bins - 1; // real, for a real signal
        const a = real[place + bin], b = edge ? 0 : imag[place + bin];
        const c = two ? real[place + bins + bin] : 0;
        const d = two && !edge ? imag[place + bins + bin] : 0;
        before[2 * bin] = a - d;
        before[2 * bin + 1] = b + c;
        if (edge) continue;
        before[2 * (size - bin)] = a + d; // the spectrum's other half, of both signals
        before[2 * (size - bin) + 1] = c - b;
      }
      fft.inverseTransform(after, before);
      add(start, 0);
      if (two) add(start + hop, 1);
    }
    const samples = new Float32Array(sum.length);
    for (let i = 0; i < samples.length; i++) samples[i] = sum[i] / (weight[i] || 1);
    return samples;
  }
}

// A periodic window of cosines: 0.5 and 0.5 make the Hann window.
export function cosineWindow(size, ...weights) {
  const value = (i) =>
    weights.reduce((sum, w, k) => sum + (-1) ** k * w * Math.cos((2 * Math.PI * k * i) / size), 0);
  return Float64Array.from({ length: size }, (_, i) => value(i));
}

// Signal-to-distortion ratio of an estimate in decibels; null where it has no finite value.
export function sdr(reference, estimate) {
  let signal = 0, error = 0;
  for (let i = 0; i < reference.length; i++) {
    signal += reference[i] ** 2;
    error += (reference[i] - estimate[i]) ** 2;
  }
  const value = 10 * Math.log10(signal / error);
  return Number.isFinite(value) ? value : null;
}
