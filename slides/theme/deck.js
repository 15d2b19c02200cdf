// Start reveal.js; light and dark; sounds that go on at the same moment when switched.
window.startDeck = () => {
  const page = document.documentElement;
  const remember = (value) => {
    try {
      if (value) localStorage.setItem("sepedu-theme", value);
      return localStorage.getItem("sepedu-theme");
    } catch {
      return value; // a browser may keep nothing for files
    }
  };
  const wanted = new URLSearchParams(location.search).get("theme") || remember();
  page.dataset.theme = wanted === "dark" ? "dark" : "light";
  const turn = () => {
    page.dataset.theme = page.dataset.theme === "dark" ? "light" : "dark";
    remember(page.dataset.theme);
  };

  const sounds = () => [...Reveal.getCurrentSlide().querySelectorAll(".sound")];
  const stop = (button) => {
    button.querySelector("audio").pause();
    button.setAttribute("aria-pressed", "false");
  };
  const press = (button) => {
    const heard = button.querySelector("audio");
    const others = [...document.querySelectorAll(".sound[aria-pressed=true]")];
    const playing = others.find((other) => other !== button);
    if (others.includes(button)) return stop(button);
    if (playing) heard.currentTime = Math.min(playing.querySelector("audio").currentTime, heard.duration || 0);
    else heard.currentTime = 0;
    others.forEach(stop);
    button.setAttribute("aria-pressed", "true");
    heard.play().catch(() => stop(button));
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
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Light or dark" }, turn);
    for (let digit = 1; digit <= 9; digit += 1) {
      const binding = { keyCode: 48 + digit, key: String(digit), description: `Sound ${digit}` };
      Reveal.addKeyBinding(binding, () => sounds()[digit - 1] && press(sounds()[digit - 1]));
    }
    Reveal.on("slidechanged", () => document.querySelectorAll(".sound[aria-pressed=true]").forEach(stop));
    page.dataset.ready = "true";
  });
};
