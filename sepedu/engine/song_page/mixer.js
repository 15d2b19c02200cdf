// Plays the estimates together on one clock, each with its own gain, or the original in their place.
// Only the parts that are about to sound are unpacked.
import { unpackBlob } from "./samples.js";
import { wavHead } from "./wav.js";

const AHEAD = 8; // seconds handed to the sound card in advance

const ORIGINAL = "the original"; // no source is called so

export class Mixer {
  // `parts`: {source: [part, ...]}, packed, of `block` samples each; `original` likewise.
  constructor({ parts, original, rate, channels, samples, block, onMove }) {
    Object.assign(this, { rate, channels, samples, block, onMove });
    this.parts = { ...parts, [ORIGINAL]: original };
    this.seconds = samples / rate;
    this.levels = Object.fromEntries(Object.keys(parts).map((name) =>
      [name, { gain: 1, mute: false, solo: false }]));
    this.asOriginal = false; // what is heard
    this.place = 0; // seconds, where it does not play
  }

  get playing() {
    return Boolean(this.context);
  }

  get position() {
    if (!this.context) return this.place;
    return Math.min(Math.max(this.context.currentTime - this.zero, this.place), this.seconds);
  }

  // What a source counts for now: nothing if it is muted, or another one plays alone.
  gainOf(name) {
    if (name === ORIGINAL || this.asOriginal) return Number(name === ORIGINAL && this.asOriginal);
    const { gain, mute, solo } = this.levels[name];
    const alone = Object.values(this.levels).some((level) => level.solo);
    return mute || (alone && !solo) ? 0 : gain;
  }

  set(name, change) {
    Object.assign(this.levels[name], change);
    this.balance();
  }

  hearOriginal(asOriginal) {
    this.asOriginal = asOriginal;
    this.balance();
  }

  balance() {
    if (!this.context) return;
    for (const [key, node] of Object.entries(this.gains)) {
      node.gain.setTargetAtTime(this.gainOf(key), this.context.currentTime, 0.01); // no click
    }
  }

  async play() {
    this.stop();
    if (this.place > this.seconds - 0.05) this.place = 0;
    const context = (this.context = new AudioContext({ sampleRate: this.rate }));
    this.gains = {};
    for (const name of Object.keys(this.parts)) {
      this.gains[name] = new GainNode(context, { gain: this.gainOf(name) });
      this.gains[name].connect(context.destination);
    }
    this.next = Math.floor((this.place * this.rate) / this.block); // block to unpack next
    this.zero = undefined;
    await this.schedule(context);
    if (this.context !== context) return;
    this.timer = setInterval(() => {
      this.schedule(context);
      this.onMove();
      if (this.position >= this.seconds) this.seek(0, false);
    }, 100);
  }

  // Hand over blocks until enough is waiting.
  async schedule(context) {
    if (this.busy === context) return;
    this.busy = context;
    while (this.next * this.block < this.samples) {
      const start = (this.next * this.block) / this.rate;
      if (start > this.position + AHEAD) break;
      const sounds = await Promise.all(
        Object.entries(this.parts).map(async ([name, list]) => [
          name,
          this.buffer(context, await unpackBlob(list[this.next], this.channels)),
        ]),
      );
      if (this.context !== context) return; // stopped in the meantime
      // All start on one sample of the clock, a moment from now.
      this.zero ??= Math.ceil((context.currentTime + 0.1) * this.rate) / this.rate - this.place;
      const skipped = Math.max(0, this.place - start);
      for (const [name, buffer] of sounds) {
        const source = new AudioBufferSourceNode(context, { buffer });
        source.connect(this.gains[name]);
        source.start(this.zero + start + skipped, skipped);
      }
      this.next++;
    }
    this.busy = undefined;
  }

  buffer(context, channels) {
    const buffer = context.createBuffer(this.channels, channels[0].length, this.rate);
    channels.forEach((samples, c) => buffer.copyToChannel(samples, c));
    return buffer;
  }

  stop() {
    this.place = this.zero === undefined ? this.place : this.position;
    clearInterval(this.timer);
    this.context?.close();
    this.context = this.zero = this.busy = undefined;
    this.onMove();
  }

  seek(seconds, goOn = this.playing) {
    this.stop();
    this.place = seconds;
    if (goOn) this.play();
    this.onMove();
  }
}

// A WAV file of 32-bit floats, in which no level is too high.
export async function wav(parts, rate, channels) {
  const pieces = [];
  let bytes = 0;
  for (const { blob, scale } of parts) {
    const values = new Int16Array(await blob.arrayBuffer());
    const piece = new Blob([Float32Array.from(values, (value) => value * scale)]);
    pieces.push(piece);
    bytes += piece.size;
  }
  return new Blob([wavHead(bytes, rate, channels), ...pieces], { type: "audio/wav" });
}
