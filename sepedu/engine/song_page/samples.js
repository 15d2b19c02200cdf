// Samples as the page keeps them: interleaved, in 16 bits, each part of a song with its own scale.
// They are blobs, which a browser holds outside of the page and may put onto the disk.

// Channels as interleaved 16-bit numbers, and what one step of these is worth.
export function pack(channels) {
  let peak = 0;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]));
  }
  const scale = peak / 32767 || 1;
  const values = new Int16Array(channels.length * channels[0].length);
  channels.forEach((samples, c) => {
    for (let i = 0, place = c; i < samples.length; i++, place += channels.length) {
      values[place] = Math.round(samples[i] / scale);
    }
  });
  return { values, scale };
}

// Channels again, from packed samples or from a piece of them.
export function unpack({ values, scale }, count) {
  const channels = Array.from({ length: count }, () => new Float32Array(values.length / count));
  channels.forEach((samples, c) => {
    for (let i = 0, place = c; i < samples.length; i++, place += count) {
      samples[i] = values[place] * scale;
    }
  });
  return channels;
}

export async function unpackBlob({ blob, scale }, count) {
  return unpack({ values: new Int16Array(await blob.arrayBuffer()), scale }, count);
}
