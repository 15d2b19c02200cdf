// The training monitor: two charts that grow by an epoch at a time.
import { controls, fixed, follow, frame, make, measured, percent, save } from "./kit.js";
import { Chart } from "./chart.js";
import { ticks } from "./picture.js";

export default {
  render({ model, el }) {
    const epochs = model.get("epochs");
    const { ours, baseline } = model.get("hues");
    const places = ticks(epochs, 8).places.filter((place) => Number.isInteger(place) && place > 0);
    const x = { low: 1, high: Math.max(epochs, 2), label: "Epoch", places: [1, ...places.filter((p) => p > 1)] };
    const loss = new Chart({ title: "Loss by epoch", x, y: { label: "Loss" }, height: 210 });
    const accuracy = new Chart({
      title: "Accuracy by epoch", x, y: { label: "Accuracy (%)" }, height: 210, right: 170,
    });
    const bar = make("progress", { max: epochs, value: 0, "aria-label": "Share of the training that is done" });
    const stop = make("button", { type: "button" }, "Stop, and keep the best");
    const epoch = make("output"), valid = make("output"), best = make("output"), left = make("output");
    let end = null; // when the training should be over, by this computer's clock

    stop.addEventListener("click", () => {
      model.set("stop", true);
      save(model);
      // A busy kernel may put a message aside until the training is over: so call again.
      const calling = setInterval(() => {
        if (model.get("stage") !== "training") clearInterval(calling);
        else model.send({ kind: "stop" });
      }, 500);
    });

    const curve = (rows, part, kind, scale = 1) => ({
      points: rows.map((row) => [row.epoch, scale * row[`${part}_${kind}`]]),
      colour: ours,
      name: part === "train" ? "training" : "validation",
      dash: part === "train" ? "6 4" : "",
      dots: true,
    });

    function draw() {
      const [rows, majority, place] = [model.get("rows"), model.get("majority"), model.get("best")];
      const mark = (kind, scale) =>
        rows[place]
          ? [{ x: rows[place].epoch, y: scale * rows[place][kind], colour: ours, ring: true }]
          : [];
      loss.draw({
        curves: rows.length ? [curve(rows, "train", "loss"), curve(rows, "valid", "loss")] : [],
        marks: mark("valid_loss", 1),
      });
      accuracy.draw({
        curves: rows.length
          ? [curve(rows, "train", "accuracy", 100), curve(rows, "valid", "accuracy", 100)]
          : [],
        levels: [
          { value: 100, colour: "currentColor", name: "ideal mask" },
          { value: majority === null ? null : 100 * majority, colour: baseline, name: "commoner answer" },
        ],
        marks: mark("valid_accuracy", 100),
      });
      const last = rows.at(-1);
      drawBatch();
      valid.textContent = last ? percent(last.valid_accuracy) : "–";
      best.textContent = rows[place] ? `epoch ${place + 1}, loss ${fixed(rows[place].valid_loss, 4)}` : "–";
    }

    function drawBatch() {
      const [done, batch, batches] = [model.get("rows").length, model.get("batch"), model.get("batches")];
      bar.value = done + batch / batches;
      epoch.textContent = `${done} of ${epochs}` + (batch ? `, then batch ${batch} of ${batches}` : "");
    }

    function drawStage() {
      const [stage, asked] = [model.get("stage"), model.get("stop")];
      const seconds = model.get("left");
      end = stage === "training" && seconds !== null ? Date.now() + 1000 * seconds : null;
      stop.disabled = asked || stage !== "training";
      stop.textContent = asked ? "Stops after this epoch" : "Stop, and keep the best";
      tick();
    }

    function tick() {
      const stage = model.get("stage");
      if (end === null) {
        left.textContent = stage === "over" ? "over" : "–";
        return;
      }
      const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
      const minutes = Math.floor(seconds / 60);
      left.textContent = (minutes ? `${minutes} min ` : "") + `${seconds % 60} s`;
    }
    const clock = setInterval(tick, 1000);

    const ends = [
      frame(
        el,
        model,
        controls(bar, stop),
        measured(
          ["Epochs done", epoch], ["Validation accuracy", valid], ["Best", best], ["Time left", left],
        ),
        make("div", { class: "sepedu-pair" }, loss.node, accuracy.node),
        make(
          "p",
          { class: "sepedu-note" },
          "○ the epoch that is kept. Should the button not be heard while the cell runs, the ■ of " +
            "the notebook's toolbar does the same: the best weights stay.",
        ),
      ),
      follow(model, ["rows", "majority"], draw),
      follow(model, ["batch"], drawBatch),
      follow(model, ["stage", "left", "stop"], drawStage),
    ];
    draw();
    drawStage();
    return () => {
      clearInterval(clock);
      ends.forEach((finish) => finish());
    };
  },
};
