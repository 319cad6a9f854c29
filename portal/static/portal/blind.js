// Blind reads by keyboard: 1 to 4 press the button of that number. A key counts only once the film has been on
// the screen for a moment, so that one pressed twice says nothing about the next film.

const SETTLE_MS = 700;

const form = document.querySelector("[data-blind]");
const film = document.querySelector(".picture");
let ready = false;

function settle() {
  setTimeout(() => {
    ready = true;
  }, SETTLE_MS);
}

if (film.complete) settle();
else film.addEventListener("load", settle, { once: true });

document.addEventListener("keydown", (event) => {
  if (!ready || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  form.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});

// One word for each film, however often it is pressed.
form.addEventListener("submit", () => {
  ready = false;
  setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
});
