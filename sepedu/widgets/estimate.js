// What a mask leaves of the mixture, as a sound and a number: computed in the page, as
// sepedu/stft.py and sepedu/evaluation.py compute it.
import { STFT, sdr } from "./stft.js";
import { wavHead } from "./wav.js";

export const RATE = 22050;
export const LIMIT = 0.999; // of a sample, so that none clips

// The samples of a sound that stands in the page as a data address.
export async function decode(address, rate = RATE) {
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0));
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer);
  return sound.getChannelData(0);
}

export const peakOf = (samples) =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

// Mono samples as a sound with an address.
export function soundAddress(samples, rate) {
  const head = wavHead(4 * samples.length, rate, 1);
  return URL.createObjectURL(new Blob([head, samples], { type: "audio/wav" }));
}

export class Estimator {
  // Of a widget's mixture and source, which Python sends as sounds at one gain.
  constructor({ sounds, gain }, { rows, columns }) {
    Object.assign(this, { sounds, gain, rows, columns, stft: new STFT(1024, 256) });
    this.ready = Promise.all([decode(sounds.mixture), decode(sounds.source)]).then(
      ([mixture, source]) => {
        this.source = source;
        this.silent = source.every((sample) => sample === 0);
        this.spectrum = this.stft.forward(mixture);
        this.length = mixture.length;
      },
    );
  }

  // Apply a mask: `share(i)` is its value at place i of the picture, whose first row is the
  // highest frequency. The sound is at the gain of the others; `sdr` is null where it has none.
  apply(share) {
    const { rows, columns, spectrum } = this;
    const real = new Float32Array(rows * columns), imag = new Float32Array(rows * columns);
    for (let bin = 0, i = (rows - 1) * columns; bin < rows; bin++, i -= columns) {
      for (let frame = 0; frame < columns; frame++) {
        const value = share(i + frame), place = frame * rows + bin;
        real[place] = value * spectrum.real[place];
        imag[place] = value * spectrum.imag[place];
      }
    }
    const samples = this.stft.inverse({ real, imag }, 0, this.length);
    return { samples, sdr: sdr(this.source, samples) };
  }

  // Let `players` play an estimate beside the others; all get softer where it would clip.
  play(players, samples) {
    URL.revokeObjectURL(this.address);
    this.address = soundAddress(samples, RATE);
    const volume = Math.min(1, LIMIT / peakOf(samples));
    players.show({ ...this.sounds, estimate: this.address }, this.gain * volume, volume);
  }

  end() {
    URL.revokeObjectURL(this.address);
  }
}
