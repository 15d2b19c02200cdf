// Sounds load when they come near the view, of pages and decks. They are kept as blobs, since within
// a file from a server that cannot send parts of files a browser does not seek.
const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    target.querySelectorAll("audio[preload=none]").forEach(load);
  }
}, { rootMargin: "100%" });

async function load(audio) {
  try {
    const answer = await fetch(audio.src);
    if (!answer.ok) throw new Error(`${audio.src}: ${answer.status}`);
    const blob = await answer.blob();
    if (!audio.paused) {
      await new Promise((go) => audio.addEventListener("pause", go, { once: true }));
    }
    audio.src = URL.createObjectURL(blob);
  } catch {} // a page opened as a file may not fetch, and can seek
  audio.preload = "auto";
}

document.addEventListener("DOMContentLoaded", () => {
  for (const audio of document.querySelectorAll("audio[preload=none]")) {
    near.observe(audio.closest(".sepedu-player, .sounds") ?? audio.parentElement);
  }
});
