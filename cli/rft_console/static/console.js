// What htmx leaves open: figures that were unfolded stay so when a part is replaced, and a console that is gone is named.
"use strict";

const SILENT = "The console does not answer: is rft console still running? Trying again.";
let unfolded = [];

function notice(text) {
  const place = document.getElementById("notice");
  if (place && place.textContent !== text) place.textContent = text;
}

document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("#live details")].map((each) => each.open);
});
document.addEventListener("htmx:afterSwap", () => {
  document.querySelectorAll("#live details").forEach((each, index) => { each.open = unfolded[index] ?? each.open; });
});
for (const lost of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(lost, () => notice(SILENT));
}
