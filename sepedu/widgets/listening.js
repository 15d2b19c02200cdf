// Blind listening: three buttons on one timeline, and an answer.
import { KernelLine, choice, controls, frame, labelled, make, measured } from "./kit.js";

export default {
  render({ model, el }) {
    const names = model.get("names");
    const sounds = () => model.get("sounds");
    const letters = ["a", "b", "x"];
    const audios = {};
    const buttons = {};
    for (const letter of letters) {
      audios[letter] = make("audio", { loop: true, preload: "auto", "data-sound": letter });
      buttons[letter] = make("button", { type: "button", "aria-pressed": "false" }, `▶ ${letter.toUpperCase()}`);
      buttons[letter].addEventListener("click", () => play(letter));
    }
    const stop = make("button", { type: "button" }, "■ Stop");
    stop.addEventListener("click", () => play(null));

    let playing = null;
    // Change over in the middle of a note: the ear compares best without a gap.
    function play(letter) {
      const time = playing ? audios[playing].currentTime : 0;
      if (playing) audios[playing].pause();
      playing = letter === playing ? null : letter;
      if (playing) {
        audios[playing].currentTime = time;
        audios[playing].play().catch(() => (playing = null));
      }
      for (const each of letters) {
        buttons[each].setAttribute("aria-pressed", String(each === playing));
      }
    }

    const line = new KernelLine(
      model,
      "No kernel answers: you can listen to A and B here, but no trial is counted. Run the cell " +
        "in JupyterLab to test your ears.",
    );
    const options = names.map((name) => [name, name]);
    const pair = { first: choice(options, model.get("first")), second: choice(options, model.get("second")) };
    for (const [trait, select] of Object.entries(pair)) {
      select.addEventListener("change", () => {
        play(null);
        model.set(trait, select.value);
        line.ask();
      });
    }
    const say = (letter) => {
      const node = make("button", { type: "button" }, `X is ${letter.toUpperCase()}`);
      node.addEventListener("click", () => {
        play(null);
        line.ask({ kind: "answer", choice: letter });
      });
      return node;
    };
    const answers = [say("a"), say("b")];
    const again = make("button", { type: "button" }, "Begin again");
    again.addEventListener("click", () => {
      play(null);
      line.ask({ kind: "again" });
    });
    const trial = make("output"), score = make("output"), marks = make("output");

    function draw() {
      const [run, trials] = [model.get("run"), model.get("trials")];
      for (const [trait, select] of Object.entries(pair)) select.value = model.get(trait);
      const addresses = {
        a: sounds()[model.get("first")], b: sounds()[model.get("second")], x: model.get("hidden"),
      };
      for (const letter of letters) {
        if (audios[letter].getAttribute("src") !== addresses[letter]) {
          audios[letter].src = addresses[letter];
        }
      }
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
          ...letters.map((letter) => buttons[letter]), stop,
          make("span", { class: "sepedu-gap" }),
          ...answers,
          make("span", { class: "sepedu-gap" }),
          again,
        ),
        measured(["Trial", trial], ["Score", score], make("span", { "aria-hidden": "true" }, marks)),
        make("p", { class: "sepedu-note" }, note),
        ...Object.values(audios),
        line.node,
      ),
      line.follow(["first", "second", "hidden", "run", "verdict"], draw),
    ];
    draw();
    return () => {
      play(null);
      ends.forEach((end) => end());
    };
  },
};
