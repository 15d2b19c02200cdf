// The training monitor: two charts that grow by an epoch at a time, and a loss that moves by batch.
import { controls, fixed, follow, frame, make, measured, percent, save, whenAtRest } from "./kit.js";
import { Chart } from "./chart.js";
import { ticks } from "./picture.js";

export default {
  render({ model, el }) {
    const epochs = model.get("epochs");
    const { ours, baseline } = model.get("hues");
    const places = ticks(epochs, 8).places.filter((place) => Number.isInteger(place) && place > 0);
    const x = { low: 0, high: Math.max(epochs, 2), label: "Epoch", places: [1, ...places.filter((p) => p > 1)] };
    const loss = new Chart({ title: "Loss by epoch", x, y: { label: "Loss" }, width: 430, height: 170, right: 126 });
    const accuracy = new Chart({
      title: "Accuracy by epoch", x, y: { label: "Accuracy (%)" }, width: 430, height: 170, right: 126,
    });
    const bar = make("progress", { max: epochs, value: 0, "aria-label": "Share of the training that is done" });
    const stop = make("button", { type: "button" }, "Stop, and keep the best");
    const epoch = make("output"), batchLoss = make("output"), valid = make("output"), best = make("output"), left = make("output");
    let trace = []; // loss of the batches, by epochs and shares of an epoch
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

    const ring = (row, kind, scale = 1) =>
      row ? [{ x: row.epoch, y: scale * row[kind], colour: ours, ring: true }] : [];

    function draw() {
      const [rows, majority, place] = [model.get("rows"), model.get("majority"), model.get("best")];
      accuracy.draw({
        curves: rows.length
          ? [curve(rows, "train", "accuracy", 100), curve(rows, "valid", "accuracy", 100)]
          : [],
        levels: [
          { value: 100, colour: "currentColor", name: "ideal mask" },
          { value: majority === null ? null : 100 * majority, colour: baseline, name: "commoner answer" },
        ],
        marks: ring(rows[place], "valid_accuracy", 100),
      });
      const last = rows.at(-1);
      drawBatch();
      valid.textContent = last ? percent(last.valid_accuracy) : "–";
      best.textContent = rows[place] ? `epoch ${place + 1}, loss ${fixed(rows[place].valid_loss, 4)}` : "–";
    }

    function drawLoss() {
      const rows = model.get("rows");
      const batches = { points: trace, colour: baseline, name: trace.length ? "batch" : "" };
      loss.draw({
        curves: [batches, ...(rows.length ? [curve(rows, "train", "loss"), curve(rows, "valid", "loss")] : [])],
        marks: ring(rows[model.get("best")], "valid_loss"),
      });
    }

    function drawBatch() {
      const [done, batch, batches] = [model.get("rows").length, model.get("batch"), model.get("batches")];
      const now = model.get("batch_loss");
      batchLoss.textContent = fixed(now, 4);
      if (now === null) trace = []; // a training begins anew
      else if (batch) trace.push([done + batch / batches, now]);
      drawLoss();
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
          ["Epochs done", epoch], ["Loss of the batch", batchLoss], ["Validation accuracy", valid], ["Best", best], ["Time left", left],
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
      follow(model, ["batch", "batch_loss"], whenAtRest(drawBatch, 0)), // both at once
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
