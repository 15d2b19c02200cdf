// Players, all at the gain that Python chose: nothing here changes a level.
import { make } from "./kit.js";

// Give an <audio> another sound, going on where the old one was.
export function exchange(audio, address) {
  if (audio.getAttribute("src") === address) return;
  const time = audio.currentTime;
  const playing = !audio.paused && !audio.ended;
  if (!address) {
    audio.removeAttribute("src");
    return;
  }
  audio.src = address;
  if (time && playing) audio.currentTime = time;
  if (playing) audio.play().catch(() => {}); // a browser may refuse before the first click
}

export class Players {
  // `names`: {key: text to show}.
  constructor(names) {
    this.rows = {};
    this.note = make("p", { class: "sepedu-note", hidden: true });
    this.node = make("div", { class: "sepedu-players" });
    for (const [key, text] of Object.entries(names)) {
      const audio = make("audio", { controls: true, preload: "auto", "data-sound": key });
      const name = make("span", {});
      this.rows[key] = { audio, name };
      this.node.append(make("div", {}, name, audio));
      this.rename(key, text);
      // One at a time: the ear compares what it hears alone.
      audio.addEventListener("play", () => {
        for (const other of Object.values(this.rows)) if (other.audio !== audio) other.audio.pause();
      });
    }
    this.node.append(this.note);
  }

  rename(key, text) {
    this.rows[key].name.textContent = text;
    this.rows[key].audio.setAttribute("aria-label", `Play: ${text}`);
  }

  // `sounds`: {key: address}; `gain`: the one gain of them all.
  show(sounds, gain) {
    for (const [key, address] of Object.entries(sounds)) {
      if (this.rows[key]) exchange(this.rows[key].audio, address);
    }
    this.note.hidden = !(gain < 1);
    this.note.textContent = `All played at one gain of ${Number(gain).toFixed(2)}, so that none clips.`;
  }
}
