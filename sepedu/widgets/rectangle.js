// Painting without a mouse: a rectangle in seconds and hertz does what the brush does.
import { choice, clamp, make } from "./kit.js";

// `change(action)` lets the action change a copy of the mask that can be undone.
export function rectanglePanel({ rows, columns, seconds, hertz }, change) {
  const field = (name, value, max, step) =>
    make("input", { type: "number", min: 0, max, value, step, "aria-label": name });
  const from = field("From, in seconds", 0, seconds, 0.1);
  const to = field("To, in seconds", (seconds / 2).toFixed(1), seconds, 0.1);
  const low = field("Lowest frequency, in hertz", 200, hertz, 100);
  const high = field("Highest frequency, in hertz", 2000, hertz, 100);
  const what = choice([["1", "Draw"], ["0", "Erase"]], "1");
  what.setAttribute("aria-label", "What to do with the rectangle");
  const button = make("button", { type: "button" }, "Do it");

  const place = (input, end, steps) =>
    clamp(Math.round((Number(input.value) / end) * steps), 0, steps);
  button.addEventListener("click", () =>
    change((mask) => {
      const [first, end] = [place(from, seconds, columns), place(to, seconds, columns)];
      const [top, bottom] = [rows - place(high, hertz, rows), rows - place(low, hertz, rows)];
      for (let row = top; row < bottom; row++) {
        if (first < end) mask.fill(Number(what.value), row * columns + first, row * columns + end);
      }
    }),
  );
  return make(
    "details",
    {},
    make("summary", { "data-lm-suppress-shortcuts": "true" }, "Paint a rectangle with the keyboard"),
    make(
      "div",
      { class: "sepedu-rectangle" },
      what, "from", from, "to", to, "s, from", low, "to", high, "Hz", button,
    ),
  );
}
