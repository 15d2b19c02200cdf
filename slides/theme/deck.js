// Start reveal.js; light and dark; sounds; the playhead; drawing; printing.
window.startDeck = () => {
  const page = document.documentElement;
  const asked = new URLSearchParams(location.search);
  const remember = (value) => {
    try {
      if (value) localStorage.setItem("sepedu-theme", value);
      return localStorage.getItem("sepedu-theme");
    } catch {
      return value; // a browser may keep nothing for files
    }
  };
  const wanted = asked.get("theme") || remember();
  page.dataset.theme = wanted === "dark" ? "dark" : "light";
  const turn = () => {
    page.dataset.theme = page.dataset.theme === "dark" ? "light" : "dark";
    remember(page.dataset.theme);
  };

  page.dataset.print = asked.get("print") || "";
  if (page.dataset.print === "notes") return layOutNotes();

  // Only on the site, which keeps its scripts beside them, do decks have pages to lead to.
  if (!document.querySelector('script[src^="../_static/"]'))
    document.querySelectorAll(".on-site").forEach((link) => link.remove());

  // Sounds: one at a time, going on at the same moment when switched.
  const SVG = "http://www.w3.org/2000/svg";
  // Of the slide and of its widget.
  const sounds = () =>
    [...Reveal.getCurrentSlide().querySelectorAll(".sound, .live .sepedu-buttons button")];
  const pressed = () => [...document.querySelectorAll(".sound[aria-pressed=true]")];
  const stop = (button) => {
    button.querySelector("audio").pause();
    button.setAttribute("aria-pressed", "false");
    button.closest("section").querySelectorAll(".playhead").forEach((line) => line.remove());
  };
  const press = (button) => {
    if (!button.matches(".sound")) return button.click(); // a widget's own
    const heard = button.querySelector("audio");
    const others = pressed();
    const playing = others.find((other) => other !== button);
    if (others.includes(button)) return stop(button);
    if (playing) heard.currentTime = Math.min(playing.querySelector("audio").currentTime, heard.duration || 0);
    else heard.currentTime = 0;
    others.forEach(stop);
    button.setAttribute("aria-pressed", "true");
    heard.play().then(() => requestAnimationFrame(() => follow(button))).catch(() => stop(button));
  };
  // A line over every picture of the slide whose time axis is as long as the sound.
  const panels = (button) => {
    const lasts = button.querySelector("audio").duration;
    return [...button.closest("section").querySelectorAll("svg[data-times]")].flatMap((figure) =>
      figure.dataset.times
        .split(";")
        .map((panel) => [figure, panel.split(" ").map(Number)])
        .filter(([, [, , , , start, end]]) => Math.abs(end - start - lasts) < 0.15),
    );
  };
  const follow = (button) => {
    if (button.getAttribute("aria-pressed") !== "true") return;
    const now = button.querySelector("audio").currentTime;
    panels(button).forEach(([figure, [left, top, right, bottom, start, end]], number) => {
      const name = `playhead-${number}`;
      let line = figure.querySelector(`.${name}`);
      if (!line) {
        line = figure.appendChild(document.createElementNS(SVG, "line"));
        line.setAttribute("class", `playhead ${name}`);
        line.setAttribute("y1", top);
        line.setAttribute("y2", bottom);
      }
      const at = left + ((right - left) * (now - Math.min(start, 0))) / (end - start);
      line.setAttribute("x1", at);
      line.setAttribute("x2", at);
    });
    requestAnimationFrame(() => follow(button));
  };
  for (const button of document.querySelectorAll(".sound")) {
    const heard = button.querySelector("audio");
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => press(button));
    heard.addEventListener("ended", () => stop(button));
    heard.addEventListener("timeupdate", () => {
      button.style.setProperty("--played", heard.duration ? heard.currentTime / heard.duration : 0);
    });
  }
  const loop = () => {
    const on = page.dataset.loop !== "on";
    page.dataset.loop = on ? "on" : "";
    document.querySelectorAll("audio").forEach((heard) => (heard.loop = on));
    document.querySelectorAll(".loop").forEach((button) => button.setAttribute("aria-pressed", on));
  };
  document.querySelectorAll(".loop").forEach((button) => button.addEventListener("click", loop));

  // Drawing on the slide, kept until it is wiped.
  let line = null;
  const sheet = () => {
    const slide = Reveal.getCurrentSlide();
    let found = slide.querySelector(":scope > .drawing");
    if (!found) {
      found = slide.appendChild(document.createElementNS(SVG, "svg"));
      found.setAttribute("class", "drawing");
      found.setAttribute("viewBox", "0 0 1280 720");
      found.setAttribute("data-prevent-swipe", "");
      const place = (event) => {
        const box = found.getBoundingClientRect();
        const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
        return `${(1280 * x).toFixed(1)} ${(720 * y).toFixed(1)}`;
      };
      found.addEventListener("pointerdown", (event) => {
        line = found.appendChild(document.createElementNS(SVG, "path"));
        line.setAttribute("d", `M${place(event)}`);
        found.setPointerCapture(event.pointerId);
      });
      found.addEventListener("pointermove", (event) => {
        if (line) line.setAttribute("d", `${line.getAttribute("d")}L${place(event)}`);
      });
      found.addEventListener("pointerup", () => (line = null));
    }
    return found;
  };
  const draw = () => {
    if ("drawing" in page.dataset) delete page.dataset.drawing;
    else page.dataset.drawing = "";
    sheet();
  };
  const wipe = () => sheet().replaceChildren();

  // Printed as it is, by Ctrl+P: each slide fills a page.
  if (!asked.has("print-pdf")) {
    window.addEventListener("beforeprint", () => page.classList.add("print-pdf", "plain-print"));
    window.addEventListener("afterprint", () => page.classList.remove("print-pdf", "plain-print"));
  }

  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0.02,
    center: false,
    display: "flex",
    hash: true,
    slideNumber: "c/t",
    controlsTutorial: false,
    transition: "none",
    backgroundTransition: "none",
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    scrollActivationWidth: null,
    plugins: [RevealNotes],
  }).then(() => {
    const keys = [
      ["D", "Light or dark", turn],
      ["L", "Sounds in a loop", loop],
      ["W", "Write on the slide", draw],
      ["X", "Wipe it clean", wipe],
    ];
    for (let digit = 1; digit <= 9; digit += 1)
      keys.push([String(digit), `Sound ${digit}`, () => sounds()[digit - 1] && press(sounds()[digit - 1])]);
    // The speaker view shows copies of the deck: what is pressed there happens in the room.
    const copy = asked.has("receiver");
    const room = copy && window.parent.opener;
    const acts = {};
    for (const [key, description, act] of keys) {
      acts[key] = act;
      const binding = { keyCode: key.charCodeAt(0), key, description };
      Reveal.addKeyBinding(binding, () => (room ? room.postMessage({ sepedu: key }, "*") : act()));
    }
    window.addEventListener("message", (event) => {
      if (!copy && event.data && Object.hasOwn(acts, event.data.sepedu)) acts[event.data.sepedu]();
    });
    const silence = () => {
      pressed().forEach(stop);
      document.querySelectorAll("audio.sepedu-clip").forEach((heard) => heard.pause());
    };
    Reveal.on("slidechanged", silence);
    Reveal.on("slidechanged", () => delete page.dataset.drawing);
    Reveal.on("paused", silence);
    page.dataset.ready = "true";
  });

  // Pages of A4 with three slides each, and beside each what to say.
  function layOutNotes() {
    const slides = [...document.querySelectorAll(".slides > section")];
    document.querySelector(".reveal").remove();
    page.classList.add("print-pdf"); // reveal.js's own sheet for paper would undo the slides
    page.dataset.theme = "light";
    for (let first = 0; first < slides.length; first += 3) {
      const sheet = document.body.appendChild(document.createElement("div"));
      sheet.className = "handed";
      for (const slide of slides.slice(first, first + 3)) {
        const pair = sheet.appendChild(document.createElement("div"));
        pair.className = "pair";
        pair.innerHTML =
          '<div class="small-slide"><div class="reveal"><div class="slides"></div></div></div><div class="said"></div>';
        const notes = slide.querySelector("aside.notes");
        pair.querySelector(".said").append(...notes.childNodes);
        notes.remove();
        pair.querySelector(".slides").append(slide);
      }
    }
    page.dataset.ready = "true";
  }
};
