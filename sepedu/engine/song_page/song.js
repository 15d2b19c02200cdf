// The page: from a file to four estimates, pictures, a mixer and downloads.
import { Mixer, wav } from "./mixer.js";
import { blocks, grid, ROWS } from "./separation.js";

const RATE = 44100;
const LONGEST = 20 * 60; // seconds; a song is decoded as a whole
const COLUMNS = 1024; // of the pictures, at most
const find = (id) => document.getElementById(id);
const page = await (await fetch("page.json")).json();
let run; // the separation in progress, or the last one

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Several workers, of which each does one thing at a time.
class Pool {
  constructor(count) {
    this.workers = Array.from({ length: count }, () => new Worker("worker.js", { type: "module" }));
  }

  // Ask one worker, and wait for its answer.
  ask(worker, message, buffers = []) {
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        data.problem ? reject(new Error(data.problem)) : resolve(data.answer);
      worker.onerror = (event) => reject(new Error(event.message || "A worker could not start"));
      worker.postMessage(message, buffers);
    });
  }

  // Do all of a list, each by whichever worker is free; `done(item, answer)` follows each.
  async each(list, message, done) {
    const waiting = [...list];
    await Promise.all(this.workers.map(async (worker) => {
      while (waiting.length) {
        const item = waiting.shift();
        const [content, buffers] = await message(item);
        done(item, await this.ask(worker, content, buffers));
      }
    }));
  }

  end() {
    for (const worker of this.workers) worker.terminate();
  }
}

class Problem extends Error {}

// Samples of a sound file, by channel.
async function decode(bytes, name, rate) {
  try {
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
    return Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
  } catch {
    throw new Problem(`${name} is no sound file that this browser can play. ` +
      "Try WAV, MP3, FLAC, Ogg or M4A.");
  }
}

// How long a file lasts in seconds, as far as the browser knows before it decodes it all.
function lastsFor(file) {
  return new Promise((resolve) => {
    const sound = new Audio(URL.createObjectURL(file));
    const finish = () => {
      const { duration } = sound;
      URL.revokeObjectURL(sound.src);
      sound.onloadedmetadata = sound.onerror = null;
      sound.removeAttribute("src"); // lets go of what it has read
      sound.load();
      resolve(Number.isFinite(duration) ? duration : 0);
    };
    sound.onloadedmetadata = sound.onerror = finish;
  });
}

async function takeFile(file) {
  if (!file) return;
  await takeApart(file.name, async () => {
    const seconds = await lastsFor(file);
    if (seconds > LONGEST) {
      throw new Problem(`${file.name} lasts ${Math.round(seconds / 60)} minutes, and this page ` +
        `takes up to ${LONGEST / 60}. For longer ones there is the command: sepedu separate.`);
    }
    return [await decode(await file.arrayBuffer(), file.name, RATE), RATE];
  });
}

async function takeOurs({ name, file, rate: own }) {
  const rate = own === 22050 ? own : RATE; // the two whose transforms are a power of two long
  await takeApart(name, async () => {
    const answer = await fetch(file);
    if (!answer.ok) throw new Problem(`${file} is missing on this server.`);
    return [await decode(await answer.arrayBuffer(), name, rate), rate];
  });
}

// Separate what `read` gives, unless another song is taken in the meantime.
async function takeApart(name, read) {
  run?.mixer?.stop();
  run?.pool?.end();
  const mine = (run = { name, read });
  find("result").hidden = find("problem").hidden = true;
  find("running").hidden = false;
  find("progress").removeAttribute("value");
  say(`Decoding ${name} …`);
  try {
    const [channels, rate] = await read();
    if (run === mine) await separate(mine, channels, rate);
  } catch (error) {
    if (run !== mine) return;
    find("problem").textContent = error instanceof Problem ? error.message
      : `${name} could not be separated: ${error.message}. If memory ran out, close other tabs.`;
    find("problem").hidden = false;
    say("");
  } finally {
    if (run === mine) {
      mine.pool?.end();
      find("running").hidden = true;
    }
  }
}

async function separate(mine, channels, rate) {
  const samples = channels[0].length, count = channels.length;
  const network = chosenNetwork();
  const stft = grid(rate);
  const list = blocks(samples, stft, network);
  const framesPerColumn = 2 ** Math.max(0, Math.ceil(Math.log2(stft.frames(samples) / COLUMNS)));
  Object.assign(mine, { rate, samples, seconds: samples / rate, channels: count });

  // Ten minutes take 200 MB as they are decoded. What a worker holds goes with it, at once.
  const keeper = (mine.pool = new Pool(1));
  const buffers = channels.map((channel) => channel.buffer);
  const message = { kind: "keep", channels, network };
  const { whole, scale, mixing } = await keeper.ask(keeper.workers[0], message, buffers);
  keeper.end();
  const part = (from, to) => whole.slice(2 * count * from, 2 * count * to);
  const original = list.map(({ from, to }) => ({ blob: part(from, to), scale }));
  const ask = (kind, more = {}) => async (block) => {
    const buffer = await part(block.origin, block.until).arrayBuffer();
    const sound = { values: new Int16Array(buffer), scale };
    return [{ kind, sound, count, rate, block, mixing, ...more }, [buffer]];
  };

  say("Starting the network …");
  // A worker takes about 250 MB; `deviceMemory` is in gigabytes, and not every browser tells it.
  const { hardwareConcurrency: cores = 2, deviceMemory = 4 } = navigator;
  const workers = Math.min(list.length, cores, 4, Math.ceil(deviceMemory));
  const pool = (mine.pool = new Pool(workers));
  await Promise.all(pool.workers.map((worker) => pool.ask(worker, { kind: "load", network })));

  say("Measuring how loud it is …");
  let sum = 0, bins = 0;
  await pool.each(list, ask("measure"), (_, answer) => {
    sum += answer.sum;
    bins += answer.count;
  });
  const level = sum / bins;

  const parts = Object.fromEntries(network.outputs.map((name) => [name, []]));
  const pictures = show(mine, network.outputs, Math.ceil(stft.frames(samples) / framesPerColumn));
  const began = performance.now();
  let done = 0;
  say(`Separating ${mine.name} …`);
  await pool.each(list, ask("separate", { level, framesPerColumn }), (block, answer) => {
    if (run !== mine) return;
    for (const name of network.outputs) {
      const { values, scale } = answer.estimates[name];
      parts[name][list.indexOf(block)] = { blob: new Blob([values]), scale };
      pictures[name].draw(answer.pictures[name], block.first / framesPerColumn);
    }
    done++;
    const left = ((performance.now() - began) / done / 1000) * (list.length - done);
    find("progress").value = done / list.length;
    if (done < list.length) say(`Separating ${mine.name}: about ${inTime(left)} minutes left.`);
  });
  if (run !== mine) return;
  const took = (performance.now() - began) / 1000;
  say(`Done in ${took.toFixed(1)} s: ${(took / mine.seconds).toFixed(2)} s for each second of music.`);
  offer(mine, parts, original, network.block * stft.hop);
}

function chosenNetwork() {
  return page.networks[Number(document.querySelector("#networks input:checked").value)];
}

function say(words) {
  find("status").textContent = words;
}

function inTime(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The sources' rows with empty pictures and idle controls.
function show(mine, names, columns) {
  find("song-name").textContent = mine.name;
  find("play").disabled = find("position").disabled = find("original").disabled = true;
  find("position").max = mine.seconds;
  find("position").value = 0;
  find("clock").textContent = inTime(mine.seconds);
  mine.rows = {};
  const pictures = {};
  const rows = names.map((name) => {
    const title = name[0].toUpperCase() + name.slice(1);
    const button = (text) =>
      make("button", { type: "button", "aria-pressed": false, disabled: "" }, text,
        make("span", { class: "unseen" }, ` ${name}`));
    const level = make("output", {}, "0 dB");
    const row = (mine.rows[name] = {
      mute: button("Mute"),
      solo: button("Solo"),
      gain: make("input", { type: "range", min: -30, max: 6, step: 1, value: 0, disabled: "",
        "aria-label": `Gain of ${name}` }),
      level,
      download: make("button", { type: "button", hidden: "" }, "WAV",
        make("span", { class: "unseen" }, ` of ${name}`)),
    });
    pictures[name] = new Pictures(name, columns);
    return make("article", { class: "source", "aria-label": title },
      make("div", { class: "controls" }, make("h3", {}, title), row.mute, row.solo, row.gain,
        level, row.download),
      make("div", { class: "pictures" }, ...pictures[name].canvases));
  });
  find("sources").replaceChildren(...rows);
  find("result").hidden = false;
  return pictures;
}

// Two pictures of a source that grow from block to block.
class Pictures {
  constructor(name, columns) {
    this.canvases = ["sound", "mask"].map((kind) => make("canvas", {
      role: "img", width: columns, height: ROWS, class: kind,
      "aria-label": kind === "mask" ? `Mask of ${name}` : `Spectrogram of ${name}, as estimated`,
    }));
  }

  draw({ sound, mask }, column) {
    const [first, second] = this.canvases.map((canvas) => canvas.getContext("2d"));
    paint(first, sound, column, HEAT);
    paint(second, mask, column, INK);
  }
}

function paint(context, values, column, colours) {
  const columns = values.length / ROWS;
  const image = context.createImageData(columns, ROWS);
  const pixels = new Uint32Array(image.data.buffer);
  for (let x = 0; x < columns; x++) {
    for (let row = 0; row < ROWS; row++) {
      pixels[(ROWS - 1 - row) * columns + x] = colours[values[x * ROWS + row]];
    }
  }
  context.putImageData(image, column, 0);
}

// 256 colours between a few, as red, green, blue.
function shades(...stops) {
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const k = Math.min(Math.floor(place), stops.length - 2);
    const [r, g, b] = stops[k].map((from, c) =>
      Math.round(from + (place - k) * (stops[k + 1][c] - from)));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}
// Matplotlib's magma at every eighth of its way, and ink on white: the figures' own colours.
const HEAT = shades([0, 0, 4], [28, 16, 68], [79, 18, 123], [129, 37, 129], [181, 54, 122],
  [229, 80, 100], [251, 135, 97], [254, 194, 135], [252, 253, 191]);
const INK = shades([255, 255, 255], [0, 0, 0]);

// Controls come alive.
function offer(mine, parts, original, block) {
  const { rate, channels, samples, rows } = mine;
  const onMove = () => {
    find("play").textContent = mixer.playing ? "Pause" : "Play";
    find("position").value = mixer.position;
    const words = `${inTime(mixer.position)} of ${inTime(mine.seconds)}`;
    find("position").setAttribute("aria-valuetext", words);
    find("clock").textContent = words;
  };
  const mixer = (mine.mixer =
    new Mixer({ parts, original, rate, channels, samples, block, onMove }));
  const hearOriginal = (asOriginal) => {
    mixer.hearOriginal(asOriginal);
    find("original").setAttribute("aria-pressed", asOriginal);
  };
  for (const [name, row] of Object.entries(rows)) {
    for (const word of ["mute", "solo"]) {
      row[word].onclick = () => {
        const pressed = !mixer.levels[name][word];
        mixer.set(name, { [word]: pressed });
        row[word].setAttribute("aria-pressed", pressed);
        hearOriginal(false);
      };
    }
    row.gain.oninput = () => {
      const decibels = Number(row.gain.value);
      mixer.set(name, { gain: decibels > -30 ? 10 ** (decibels / 20) : 0 });
      row.level.textContent = decibels > -30 ? `${decibels} dB`.replace("-", "−") : "off";
      row.gain.setAttribute("aria-valuetext", row.level.textContent);
    };
    row.mute.disabled = row.solo.disabled = row.gain.disabled = false;
    row.download.onclick = () => save(name);
    row.download.hidden = false;
  }
  // A file as long as the song is made when it is asked for, and let go of a minute later.
  const save = async (name) => {
    const href = URL.createObjectURL(await wav(parts[name], rate, channels));
    make("a", { href, download: `${mine.name.replace(/\.[^.]*$/, "")} - ${name}.wav` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  };
  find("play").disabled = find("position").disabled = find("original").disabled = false;
  find("original").onclick = () => hearOriginal(!mixer.asOriginal);
  hearOriginal(false);
  find("play").onclick = () => (mixer.playing ? mixer.stop() : mixer.play());
  find("position").oninput = () => mixer.seek(Number(find("position").value));
  onMove();
}

// What can be chosen.
find("unable").hidden = true;
find("app").hidden = false;
if (page.home) {
  find("home").hidden = false;
  find("home").firstChild.href = page.home;
  try {
    const chosen = localStorage.getItem("mode"); // where the site's pages keep light, dark or auto
    if (["light", "dark"].includes(chosen)) document.documentElement.style.colorScheme = chosen;
  } catch {} // a browser that lets pages keep nothing
}
page.networks.forEach((network, i) => {
  const input = make("input", { type: "radio", name: "network", value: i });
  input.checked = i === 0;
  find("networks").append(make("label", {}, input, ` ${network.title}`));
});
find("networks").hidden = page.networks.length === 1;
const nameSources = () => {
  const names = chosenNetwork().outputs;
  find("sources-in-words").textContent = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
};
nameSources();
find("networks").onchange = () => {
  nameSources();
  if (run) takeApart(run.name, run.read); // the same song by the other network
};
for (const song of page.songs) {
  const button = make("button", { type: "button" }, song.name);
  button.onclick = () => takeOurs(song);
  find("songs").append(button);
}
find("songs").hidden = !page.songs.length;
find("file").onchange = () => takeFile(find("file").files[0]);
find("stop").onclick = () => {
  run.pool?.end();
  run = undefined;
  find("running").hidden = true;
  find("result").hidden = true;
  say("Stopped.");
};
const drop = find("drop");
document.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add("over");
};
document.ondragleave = () => drop.classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  takeFile(event.dataTransfer.files[0]);
};
