// Clips on one timeline, at the gain that Python chose: one plays at a time, and the next goes on
// at the same moment. It imports nothing, for `sepedu.audio.Player` puts it into any page.

// JupyterLab would take the keys typed here for its own commands.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

function piece(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export class Players {
  // `names`: {key: text on the button}; `sources`: {key: <audio>} of a page that has them already.
  constructor(names, { loop = false, sources = {}, onPlay = () => {} } = {}) {
    this.clips = {};
    this.time = 0;
    this.onPlay = onPlay;
    const buttons = piece("div", { class: "sepedu-buttons" });
    this.seek = piece("input", {
      ...OWN_KEYS, type: "range", min: 0, max: 1, step: 0.01, value: 0, class: "sepedu-seek",
      "aria-label": "Position in the clips",
    });
    this.clock = piece("span", { class: "sepedu-clock", "aria-hidden": "true" });
    this.loop = piece("button", { ...OWN_KEYS, type: "button" }, "Loop");
    this.note = piece("p", { class: "sepedu-note" });
    this.node = piece(
      "div",
      { class: "sepedu-players", role: "group", "aria-label": "Player" },
      buttons,
      piece("div", { class: "sepedu-timeline" }, this.seek, this.clock, this.loop),
      this.note,
    );
    for (const [key, text] of Object.entries(names)) {
      const audio = sources[key] ?? piece("audio", { preload: "auto", "data-sound": key });
      audio.classList.add("sepedu-clip");
      audio.removeAttribute("controls");
      const button = piece("button", { ...OWN_KEYS, type: "button" });
      this.clips[key] = { audio, button };
      buttons.append(button, audio);
      this.rename(key, text);
      button.addEventListener("click", () => (audio.paused ? this.play(key) : audio.pause()));
      for (const event of ["play", "pause", "ended", "durationchange"]) {
        audio.addEventListener(event, () => this.draw());
      }
      audio.addEventListener("timeupdate", () => {
        if (audio.paused) return;
        this.time = audio.currentTime;
        this.draw();
      });
    }
    this.seek.addEventListener("input", () => {
      this.time = Number(this.seek.value);
      for (const { audio } of Object.values(this.clips)) {
        if (!audio.paused) audio.currentTime = this.time;
      }
      this.draw();
    });
    this.loop.addEventListener("click", () => this.repeat(!this.clips[Object.keys(names)[0]].audio.loop));
    this.repeat(loop);
    this.show({}, 1);
    this.draw();
  }

  // Play one clip, from where the last one stood; every other one of the page falls silent.
  play(key) {
    const { audio } = this.clips[key];
    const running = Object.values(this.clips).find((clip) => !clip.audio.paused);
    if (running) this.time = running.audio.currentTime;
    if (!(this.time < (audio.duration || Infinity) - 0.05)) this.time = 0;
    for (const other of document.querySelectorAll("audio.sepedu-clip")) {
      if (other !== audio) other.pause();
    }
    audio.currentTime = this.time;
    audio.play().catch(() => this.draw()); // a browser may refuse before the first click
    this.onPlay(key);
  }

  stop() {
    for (const { audio } of Object.values(this.clips)) audio.pause();
  }

  repeat(loop) {
    for (const { audio } of Object.values(this.clips)) audio.loop = loop;
    this.loop.setAttribute("aria-pressed", String(loop));
  }

  draw() {
    const lengths = Object.values(this.clips).map(({ audio }) => audio.duration || 0);
    const length = Math.max(...lengths.map((seconds) => (isFinite(seconds) ? seconds : 0)));
    this.seek.max = length || 1;
    this.seek.value = this.time;
    const words = `${this.time.toFixed(1)} of ${length.toFixed(1)} s`;
    this.seek.setAttribute("aria-valuetext", words);
    this.clock.textContent = words;
    for (const { audio, button, text } of Object.values(this.clips)) {
      button.setAttribute("aria-pressed", String(!audio.paused));
      button.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"}: ${text}`);
      button.textContent = `${audio.paused ? "▶" : "❚❚"} ${text}`;
    }
  }

  rename(key, text) {
    this.clips[key].text = text;
    this.clips[key].audio.setAttribute("aria-label", text);
    this.draw();
  }

  // `sounds`: {key: address}; `gain`: the one gain of them all, of which `volume` is not yet in the
  // sounds themselves. What plays goes on where it was.
  show(sounds, gain, volume = 1) {
    for (const { audio } of Object.values(this.clips)) audio.volume = volume;
    for (const [key, address] of Object.entries(sounds)) {
      const audio = this.clips[key]?.audio;
      if (!audio || audio.getAttribute("src") === address) continue;
      const [time, playing] = [audio.currentTime, !audio.paused];
      audio.src = address;
      if (!playing) continue;
      audio.currentTime = time;
      audio.play().catch(() => this.draw());
    }
    this.note.hidden = !(gain < 1);
    this.note.textContent = `All played at one gain of ${Number(gain).toFixed(2)}, so that none clips.`;
  }
}
