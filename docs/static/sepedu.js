// What is live loads when it is asked for: its pictures and sounds weigh some megabytes.
document.addEventListener("click", async (event) => {
  const place = event.target.closest(".sepedu-live[data-packed] > button")?.parentElement;
  if (!place) return;
  const { packed } = place.dataset;
  place.removeAttribute("data-packed");
  try {
    const { body } = await fetch(packed);
    const text = new Response(body.pipeThrough(new DecompressionStream("gzip"))).text();
    const script = Object.assign(document.createElement("script"), { textContent: await text });
    place.replaceChildren(script);
  } catch (error) {
    console.warn(error);
    place.replaceChildren("This piece could not be loaded. It needs a web server, any that serves files.");
  }
});

// A folded cell says "Show code cell source": its label hides that from a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  for (const summary of document.querySelectorAll("summary[aria-label]")) {
    summary.removeAttribute("aria-label");
  }
});

// Paper is light.
const root = document.documentElement;
let theme;
addEventListener("beforeprint", () => {
  theme = root.dataset.theme;
  root.dataset.theme = "light";
});
addEventListener("afterprint", () => (root.dataset.theme = theme));
