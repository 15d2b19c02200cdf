// A slider, and beside it a field for the same number.
import { labelled, make } from "./kit.js";

export class SliderField {
  // `places` of the slider are numbered from 0; `move(place)` hears of each new one. `read(text)`
  // finds the place of what was typed into the field, null while it is not a number yet.
  constructor({ name, label, places, field, move, read }) {
    this.slider = make("input", {
      type: "range", min: 0, max: places - 1, step: 1, class: "sepedu-slider", "aria-label": label,
    });
    this.number = make("input", { type: "number", "aria-label": `${name}, as a number`, ...field });
    this.node = make("div", { class: "sepedu-wide" }, labelled(name, this.slider), this.number);
    this.slider.addEventListener("input", () => move(Number(this.slider.value)));
    this.number.addEventListener("input", () => {
      const place = read(this.number.value);
      if (place !== null) move(place);
    });
    this.number.addEventListener("change", () => this.show(...this.shown));
  }

  // Stand at a place; `text` is its number in the field, `spoken` what a screen reader says.
  show(place, text, spoken) {
    this.shown = [place, text, spoken];
    this.slider.value = place;
    this.slider.setAttribute("aria-valuetext", spoken);
    // What is being typed is left alone.
    if (this.number.ownerDocument.activeElement !== this.number) this.number.value = text;
  }

  disable(disabled) {
    this.slider.disabled = this.number.disabled = disabled;
  }
}
