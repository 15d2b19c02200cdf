// MathJax's settings, which it reads when it starts.
window.MathJax = {
  options: { enableMenu: false },
  svg: { fontCache: "local" },
  startup: {
    // Typeset while every slide still has a size; then start the deck.
    pageReady: () => MathJax.startup.defaultPageReady().then(() => window.startDeck()),
  },
};
