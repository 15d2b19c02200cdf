// The short-time Fourier transform and its inverse, as sepedu/stft.py computes them.
// A spectrum is {real, imag}: frame after frame, each from 0 Hz up, in 32-bit numbers.
import { FFT } from "./fft.js";

// A transform of real signals with windows of `size` samples, `hop` samples apart.
export class STFT {
  constructor(size, hop, window = hann(size)) {
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
      for (let i = 0; i < size; i++) windowed[i] = window[i] * (signal[start + i] ?? 0);
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
    for (let frame = first, place = 0; place < real.length; frame++, place += bins) {
      const start = frame * hop - size / 2 - from;
      if (start + size <= 0 || start >= sum.length) continue;
      for (let bin = 0; bin < bins; bin++) {
        before[2 * bin] = real[place + bin];
        before[2 * bin + 1] = imag[place + bin];
      }
      before[1] = before[size + 1] = 0; // 0 Hz and the highest bin of a real signal are real
      fft.completeSpectrum(before);
      fft.inverseTransform(after, before);
      const end = Math.min(size, sum.length - start);
      for (let i = Math.max(0, -start); i < end; i++) {
        sum[start + i] += window[i] * after[2 * i];
        weight[start + i] += window[i] * window[i];
      }
    }
    return Float32Array.from(sum, (value, i) => value / (weight[i] || 1));
  }
}

// The periodic Hann window.
export function hann(size) {
  return Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
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
