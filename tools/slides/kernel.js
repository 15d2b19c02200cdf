// A kernel that slides over a picture of numbers, its weights to be written, and what the same
// weights find in a song. `data`: numbers, presets, levels with rows and columns, colours.
((place, data) => {
  const make = (name, look = "", ...children) => {
    const node = document.createElement(name);
    node.className = look;
    node.append(...children);
    return node;
  };
  const { numbers, presets } = data;
  const [rows, columns] = [numbers.length, numbers[0].length];
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const levels = bytes(data.levels), colours = bytes(data.colours);
  const minus = (value) => String(value).replace("-", "−");
  let weights = Object.values(presets)[0].flat(), at = data.at;

  // Nine weights and nine values around a place; outside of the picture there are zeros.
  const products = (value, row, column) =>
    weights.map((weight, n) => weight * (value(row + Math.floor(n / 3) - 1, column + (n % 3) - 1) || 0));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const number = (row, column) => numbers[row]?.[column];

  const cells = (high, wide, look) => {
    const grid = make("div", `kernel-grid ${look}`);
    grid.style.gridTemplateColumns = `repeat(${wide}, 1fr)`;
    for (let n = 0; n < high * wide; n++) grid.append(make("span"));
    return grid;
  };
  const seen = cells(rows + 2, columns + 2, "kernel-seen");
  const found = cells(rows, columns, "kernel-found");
  const inputs = weights.map((_, n) => {
    const input = make("input");
    Object.assign(input, { type: "number", step: 1, min: -9, max: 9, ariaLabel: `Weight ${n + 1}` });
    input.addEventListener("input", () => {
      weights[n] = Math.max(-9, Math.min(9, Math.round(Number(input.value)) || 0));
      draw();
    });
    input.addEventListener("change", show);
    return input;
  });
  const choices = Object.entries(presets).map(([name, values]) => {
    const button = make("button", "", name);
    button.type = "button";
    button.addEventListener("click", () => {
      weights = values.flat();
      show();
    });
    return button;
  });
  const slider = make("input", "kernel-place");
  Object.assign(slider, { type: "range", min: 0, max: rows * columns - 1, ariaLabel: "Place of the kernel" });
  slider.addEventListener("input", () => {
    at = Number(slider.value);
    draw();
  });
  const words = make("output", "kernel-sum");
  const canvas = (title) => {
    const node = make("canvas");
    [node.width, node.height] = [data.columns, data.rows];
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", title);
    return node;
  };
  const song = canvas("Spectrogram of the song"), answer = canvas("What the kernel finds in the song");

  // Row 0 of `values` is the lowest frequency; on the screen it lies below.
  const paint = (node, values, top) => {
    const context = node.getContext("2d");
    const image = context.createImageData(data.columns, data.rows);
    for (let row = 0; row < data.rows; row++) {
      for (let column = 0; column < data.columns; column++) {
        const share = Math.min(1, Math.max(0, values[row * data.columns + column] / top));
        const colour = 3 * Math.round(255 * share), pixel = 4 * ((data.rows - 1 - row) * data.columns + column);
        image.data.set([...colours.subarray(colour, colour + 3), 255], pixel);
      }
    }
    context.putImageData(image, 0, 0);
  };

  function draw() {
    const [row, column] = [Math.floor(at / columns), at % columns];
    [...seen.children].forEach((cell, n) => {
      const [y, x] = [Math.floor(n / (columns + 2)) - 1, (n % (columns + 2)) - 1];
      cell.textContent = number(y, x) ?? 0;
      cell.classList.toggle("outside", number(y, x) === undefined);
      cell.classList.toggle("under", Math.abs(y - row) < 2 && Math.abs(x - column) < 2);
    });
    const results = numbers.flatMap((line, y) => line.map((_, x) => sum(products(number, y, x))));
    const most = Math.max(1, ...results);
    [...found.children].forEach((cell, n) => {
      cell.textContent = n <= at ? minus(results[n]) : "";
      cell.classList.toggle("under", n === at);
      cell.style.setProperty("--share", n <= at ? Math.max(0, results[n]) / most : 0);
    });
    const terms = products(number, row, column);
    words.textContent = `${terms.map((term) => (term < 0 ? `(${minus(term)})` : term)).join(" + ")} = ${minus(results[at])}`;
    slider.value = at;
    // In the song rows count upwards, so that the kernel's first row is the higher frequency.
    // Beyond its edges it goes on as there: silence would answer more strongly than all the rest.
    const inside = (value, count) => Math.max(0, Math.min(count - 1, value));
    const upwards = (y, x) =>
      levels[(data.rows - 1 - inside(y, data.rows)) * data.columns + inside(x, data.columns)];
    const answers = new Float32Array(data.rows * data.columns);
    for (let y = 0; y < data.rows; y++)
      for (let x = 0; x < data.columns; x++)
        answers[(data.rows - 1 - y) * data.columns + x] = sum(products(upwards, y, x));
    const sorted = [...answers].sort((a, b) => a - b);
    paint(answer, answers, Math.max(1, sorted[Math.floor(0.99 * sorted.length)]));
  }

  function show() {
    inputs.forEach((input, n) => (input.value = weights[n]));
    const chosen = weights.join();
    choices.forEach((button, n) =>
      button.setAttribute("aria-pressed", Object.values(presets)[n].flat().join() === chosen),
    );
    draw();
  }

  for (const [grid, width, border] of [[seen, columns + 2, 1], [found, columns, 0]]) {
    grid.addEventListener("click", (event) => {
      const n = [...grid.children].indexOf(event.target);
      const [y, x] = [Math.floor(n / width) - border, (n % width) - border];
      if (n < 0 || number(y, x) === undefined) return;
      at = y * columns + x;
      draw();
    });
  }
  const titled = (title, ...nodes) => make("figure", "", make("figcaption", "", title), ...nodes);
  place.append(
    make(
      "div",
      "kernel-row",
      titled("picture, bordered by zeros", seen),
      titled("nine weights", make("div", "kernel-weights", ...inputs), make("div", "kernel-choices", ...choices)),
      titled("result, so far", found),
    ),
    make("div", "kernel-line", slider, words),
    make("div", "kernel-row kernel-songs", titled(data.song, song), titled("what these weights find in it", answer)),
  );
  place.addEventListener("pointerup", (event) => {
    if (event.target.type !== "number") document.activeElement.blur();
  });
  paint(song, levels, 255);
  show();
})
