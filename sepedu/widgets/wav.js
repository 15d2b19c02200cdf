// The head of a WAV file of 32-bit floats; `bytes` of interleaved samples follow it.
export function wavHead(bytes, rate, channels) {
  const head = new DataView(new ArrayBuffer(44));
  [..."RIFF    WAVEfmt                     data"].forEach((letter, i) =>
    head.setUint8(i, letter.charCodeAt(0)));
  const fields = [
    [4, 4, 36 + bytes],
    [16, 4, 16],
    [20, 2, 3], // floating point
    [22, 2, channels],
    [24, 4, rate],
    [28, 4, 4 * channels * rate],
    [32, 2, 4 * channels],
    [34, 2, 32],
    [40, 4, bytes],
  ];
  for (const [place, size, value] of fields) {
    if (size === 4) head.setUint32(place, value, true);
    else head.setUint16(place, value, true);
  }
  return head;
}
