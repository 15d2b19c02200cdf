// Blind listening: three clips on one timeline, and an answer.
import { KernelLine, choice, controls, follow, frame, labelled, make, measured, percent } from "./kit.js";
import { Players } from "./player.js";

export default {
  render({ model, el }) {
    const names = model.get("names");
    const sounds = () => model.get("sounds");
    // They go round, and change over in the middle of a note: the ear compares best without a gap.
    const players = new Players({ a: "A", b: "B", x: "X" }, { loop: true });

    const line = new KernelLine(
      model,
      "No kernel answers: this page draws X and counts your answers, but keeps none until the cell is run again.",
    );
    const options = names.map((name) => [name, name]);
    const pair = { first: choice(options, model.get("first")), second: choice(options, model.get("second")) };
    for (const [trait, select] of Object.entries(pair)) {
      select.addEventListener("change", () => {
        players.stop();
        model.set(trait, select.value);
        line.ask();
        if (line.silent) goOn([]);
      });
    }
    const say = (letter) => {
      const node = make("button", { type: "button" }, `X is ${letter.toUpperCase()}`);
      node.addEventListener("click", () => {
        players.stop();
        line.ask({ kind: "answer", choice: letter });
        if (!line.silent) return;
        const given = sounds()[model.get(letter === "a" ? "first" : "second")];
        goOn([...model.get("run"), given === model.get("hidden")]);
      });
      return node;
    };
    // The next trial, where there is no Python to draw it.
    const goOn = (run) => {
      const pairs = [model.get("first"), model.get("second")];
      model.set("hidden", sounds()[pairs[Math.floor(2 * Math.random())]]);
      model.set("run", run);
      const words = verdict(run, model.get("trials"));
      model.set("reading", `A: ${pairs[0]}. B: ${pairs[1]}. X is one of them. ${words}`);
    };
    const answers = [say("a"), say("b")];
    const again = make("button", { type: "button" }, "Begin again");
    again.addEventListener("click", () => {
      players.stop();
      line.ask({ kind: "again" });
      if (line.silent) goOn([]);
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
      follow(model, ["first", "second", "hidden", "run"], draw),
      line.follow(["verdict"]),
    ];
    draw();
    return () => {
      players.stop();
      ends.forEach((end) => end());
    };
  },
};

// What a run of answers says, beside what guessing would reach: as listening.py words it.
function verdict(run, trials) {
  const right = run.filter(Boolean).length, given = run.length;
  if (!given) return `Say for ${trials} trials which one X is; by guessing, half of them come out right.`;
  let luck = 0;
  for (let count = 0, ways = 1; count <= given; count++) {
    if (count >= right) luck += ways / 2 ** given;
    ways = (ways * (given - count)) / (count + 1);
  }
  const words = `${right} of ${given} right; guessing gets at least that in ${percent(luck)} of runs.`;
  if (given < trials) return words;
  return words + (luck < 0.05 ? " You hear the difference." : " That does not show that you hear a difference.");
}
