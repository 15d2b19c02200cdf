// What every widget needs: elements, numbers, bytes, and the line to Python.

const FOCUSABLE = new Set(["input", "button", "select", "audio", "canvas"]);

// Build an element: make("label", {class: "row"}, "Text", child, ...).
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  // Without this, JupyterLab takes the keys typed here for its own commands.
  if (FOCUSABLE.has(name)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

// An element of a drawing.
export function makeSvg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// A control with its label in front: labelled("Hop", select).
export function labelled(text, control, after = "") {
  if (!control.hasAttribute("aria-label")) control.setAttribute("aria-label", text);
  return make("label", { class: "sepedu-control" }, make("span", {}, text), control, after);
}

// The controls of a widget, in a row.
export const controls = (...children) => make("div", { class: "sepedu-controls" }, ...children);

// What a widget measures, in a row: pairs of a name and an output, or else an element or a text.
export const measured = (...entries) =>
  make(
    "p",
    { class: "sepedu-numbers" },
    ...entries.map((entry) => {
      if (entry instanceof Node) return entry;
      return Array.isArray(entry) ? make("span", {}, `${entry[0]} `, entry[1]) : make("span", {}, entry);
    }),
  );

// A group of radio buttons; `choices` is a list of [value, text].
export function radios(legend, choices, chosen, onChange) {
  const group = `sepedu-${Math.random().toString(36).slice(2)}`;
  const inputs = choices.map(([value]) =>
    make("input", { type: "radio", name: group, value, checked: value === chosen }),
  );
  const node = make(
    "fieldset",
    { class: "sepedu-radios" },
    make("legend", {}, legend),
    ...choices.map(([, text], i) => make("label", {}, inputs[i], text)),
  );
  for (const input of inputs) input.addEventListener("change", () => onChange(input.value));
  const choose = (value) => inputs.forEach((input) => (input.checked = input.value === value));
  return { node, choose };
}

export function choice(options, chosen) {
  return make(
    "select",
    {},
    ...options.map(([value, text]) =>
      make("option", { value, selected: value === chosen }, text),
    ),
  );
}

// The bytes of a trait; an empty one arrives as null.
export function bytes(model, name) {
  const view = model.get(name);
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(0);
}

const MINUS = "−";

// A number with a proper minus sign; "–" where there is none.
export function fixed(value, digits, unit = "") {
  if (value === null || value === undefined) return "–";
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS)) + unit;
}

export const inDecibels = (value) => (value === null ? "not defined" : decibels(value));
export const NO_SDR = "The source is silent here, so that no SDR is defined.";
export const decibels = (value) => fixed(value, 1, " dB");
export const percent = (value) => fixed(value === null ? null : 100 * value, 1, " %");

// Three digits are enough for a threshold: 0.0123, 0.5, 2.51.
export const threeDigits = (value) => String(Number(value.toPrecision(3)));

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// Call `action` once, when nothing has happened for some milliseconds.
export function whenAtRest(action, milliseconds = 60) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}

// Follow traits of the model; returns the function that ends it.
export function follow(model, names, action) {
  for (const name of names) model.on(`change:${name}`, action);
  return () => names.forEach((name) => model.off(`change:${name}`, action));
}

// Send the changed traits; a page without a kernel has nobody to send them to.
export function save(model) {
  try {
    model.save_changes();
    return true;
  } catch (error) {
    return false;
  }
}

export const NOT_HEARD =
  "No kernel answers: picture, sound and numbers follow all the same, but Python does not hear of it " +
  "until the cell is run again.";

// The line to Python: says so, where no kernel answers.
export class KernelLine {
  constructor(model, without) {
    this.model = model;
    this.node = make("p", { class: "sepedu-kernel", role: "status", hidden: true }, without);
    this.hear = () => this.answered();
    model.on("msg:custom", this.hear);
    this.ask({ kind: "hello" });
  }

  // Whether nobody has answered, or the page never had a kernel.
  get silent() {
    return Boolean(this.model.alone) || !this.node.hidden;
  }

  // Send a message, or with none save the changed traits; an answer is expected.
  ask(message) {
    clearTimeout(this.timer);
    if (this.model.alone) return;
    this.timer = setTimeout(() => (this.node.hidden = false), 2500);
    if (!message) save(this.model);
    try {
      // Python answers a message always, a trait only where its value is new.
      this.model.send(message ?? { kind: "hello" });
    } catch (error) {
      // As in `save`: the note that appears says what is missing.
    }
  }

  answered() {
    clearTimeout(this.timer);
    this.node.hidden = true;
    this.onAnswer?.();
  }

  // Follow traits that Python answers with; returns the function that ends this and the line.
  follow(names, action = () => {}) {
    const end = follow(this.model, names, () => {
      this.answered();
      action();
    });
    return () => {
      end();
      clearTimeout(this.timer);
      this.model.off("msg:custom", this.hear);
    };
  }
}

// The frame of a widget: its name, what is in it, and the line that is read aloud.
export function frame(el, model, ...children) {
  const reading = make("p", { class: "sepedu-reading", "aria-live": "polite" });
  const show = () => (reading.textContent = model.get("reading"));
  // The picture that stays in the notebook follows a while later.
  const rest = whenAtRest(() => {
    try {
      model.send({ kind: "rest" });
    } catch (error) {
      // As in `save`.
    }
  }, 1500);
  const end = follow(model, ["reading"], () => {
    show();
    rest();
  });
  show();
  const style = `--sepedu-ours:${model.get("hues").ours}`;
  el.append(
    make(
      "section",
      { class: "sepedu-widget", "aria-label": model.get("title"), style },
      make("p", { class: "sepedu-title" }, model.get("title")),
      ...children,
      reading,
    ),
  );
  return end;
}
