// The explorer's frame takes the colors of the page around it, also when a reader changes them.
addEventListener("DOMContentLoaded", () => {
  const frame = document.querySelector("iframe.explorer");
  if (!frame) return;
  const root = document.documentElement;
  const tell = () =>
    frame.contentWindow.postMessage({ smoothdiff: { theme: root.dataset.theme } }, "*");
  frame.addEventListener("load", tell);
  new MutationObserver(tell).observe(root, { attributeFilter: ["data-theme"] });
});
