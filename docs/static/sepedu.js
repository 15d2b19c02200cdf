// A live widget loads when it is asked for: its pictures and sounds weigh some megabytes.
document.addEventListener("click", (event) => {
  const place = event.target.closest(".sepedu-live[data-script] > button")?.parentElement;
  if (!place) return;
  const script = document.createElement("script");
  script.src = place.dataset.script;
  place.removeAttribute("data-script");
  place.replaceChildren(script);
});
