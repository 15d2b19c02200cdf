// Blind listening: three clips on one timeline, and an answer.
import { KernelLine, choice, controls, frame, labelled, make, measured } from "./kit.js";
import { Players } from "./player.js";

export default {
  render({ model, el }) {
    const names = model.get("names");
    const sounds = () => model.get("sounds");
    // They go round, and change over in the middle of a note: the ear compares best without a gap.
    const players = new Players({ a: "A", b: "B", x: "X" }, { loop: true });

    const line = new KernelLine(
      model,
      "No kernel answers: you can listen to A and B here, but no trial is counted. Run the cell " +
        "in JupyterLab to test your ears.",
    );
    const options = names.map((name) => [name, name]);
    const pair = { first: choice(options, model.get("first")), second: choice(options, model.get("second")) };
    for (const [trait, select] of Object.entries(pair)) {
      select.addEventListener("change", () => {
        players.stop();
        model.set(trait, select.value);
        line.ask();
      });
    }
    const say = (letter) => {
      const node = make("button", { type: "button" }, `X is ${letter.toUpperCase()}`);
      node.addEventListener("click", () => {
        players.stop();
        line.ask({ kind: "answer", choice: letter });
      });
      return node;
    };
    const answers = [say("a"), say("b")];
    const again = make("button", { type: "button" }, "Begin again");
    again.addEventListener("click", () => {
      players.stop();
      line.ask({ kind: "again" });
    });
    const trial = make("output"), score = make("output"), marks = make("output");

    function draw() {
      const [run, trials] = [model.get("run"), model.get("trials")];
      for (const [trait, select] of Object.entries(pair)) select.value = model.get(trait);
      players.show(
        { a: sounds()[model.get("first")], b: sounds()[model.get("second")], x: model.get("hidden") },
        1,
      );
      const over = run.length >= trials;
      for (const node of answers) node.disabled = over;
      trial.textContent = over ? "run over" : `${run.length + 1} of ${trials}`;
      score.textContent = `${run.filter(Boolean).length} of ${run.length} right`;
      marks.textContent = run.map((right) => (right ? "✓" : "✗")).join(" ");
    }

    const gain = model.get("gain");
    const note =
      "All clips have the power of the source itself" +
      (gain < 1 ? `, and are played at one gain of ${gain.toFixed(2)}, so that none clips.` : ".");
    const ends = [
      frame(
        el,
        model,
        controls(
          labelled("A is", pair.first),
          labelled("B is", pair.second),
          make("span", {}, "X is one of them: which?"),
        ),
        make(
          "div",
          { class: "sepedu-listen" },
          players.node,
          controls(...answers, again),
        ),
        measured(["Trial", trial], ["Score", score], make("span", { "aria-hidden": "true" }, marks)),
        make("p", { class: "sepedu-note" }, note),
        line.node,
      ),
      line.follow(["first", "second", "hidden", "run", "verdict"], draw),
    ];
    draw();
    return () => {
      players.stop();
      ends.forEach((end) => end());
    };
  },
};
