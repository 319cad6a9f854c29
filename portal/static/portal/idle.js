// Warns before a session ends for lack of activity, and lets one stay. Typing and clicking count; what pages ask
// by themselves does not. Without this file the session ends just the same, at the next page.

let warnSeconds = 120;
const LOOK_AGAIN_SECONDS = 15; // while the warning stands: another tab may have gone on

const panel = document.getElementById("idle");
const words = panel.querySelector("p");
const token = panel.querySelector("[name=csrfmiddlewaretoken]");

let lastActive = Date.now();
let told = 0; // until when the server was told of activity
let ends = 0; // when the session ends, by this machine's clock
let timer = 0;

// The session's state from the server, or null while it cannot be reached.
async function ask(method) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (method === "POST") {
    const ago = Math.floor((Date.now() - lastActive) / 1000);
    options.body = new URLSearchParams({ ago, csrfmiddlewaretoken: token.value });
    told = lastActive;
  }
  try {
    const answer = await fetch(panel.dataset.address, options);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function inWords(seconds) {
  if (seconds > 90) return `${Math.ceil(seconds / 60)} minutes`;
  return `${Math.max(1, Math.ceil(seconds))} seconds`;
}

function leave() {
  document.dispatchEvent(new CustomEvent("carina:leaving")); // whoever keeps drafts writes them now
  const back = window.location.pathname + window.location.search;
  window.location.assign(`${panel.dataset.signIn}?next=${encodeURIComponent(back)}`);
}

// Signed out, and the server cannot be reached: nothing may be read here, and nothing typed is lost either.
function cover() {
  panel.classList.add("over");
  panel.hidden = false;
  words.textContent = "Your session has ended, and the portal cannot be reached just now. What you typed is kept.";
}

function show() {
  const left = (ends - Date.now()) / 1000;
  panel.classList.remove("over");
  panel.hidden = left > warnSeconds;
  if (!panel.hidden)
    words.textContent = `Nothing happened here for a while. You will be signed out in ${inWords(left)}.`;
}

async function look() {
  window.clearTimeout(timer);
  const state = await ask(lastActive > told ? "POST" : "GET");
  if (state && (state.seconds <= 0 || state.person !== panel.dataset.person)) return leave();
  if (state) {
    ends = Date.now() + state.seconds * 1000;
    warnSeconds = Math.min(120, state.of / 3);
  }
  const left = (ends - Date.now()) / 1000;
  if (left > 0) show();
  else cover();
  const wait = left > warnSeconds ? left - warnSeconds : Math.min(Math.max(left, 1), LOOK_AGAIN_SECONDS);
  timer = window.setTimeout(look, wait * 1000);
}

function act() {
  lastActive = Date.now();
  if (!panel.hidden && !panel.classList.contains("over")) look();
}

for (const name of ["keydown", "pointerdown", "wheel"]) {
  document.addEventListener(name, act, { passive: true, capture: true });
}
panel.querySelector("button").addEventListener("click", look);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look(); // timers stand still while a laptop sleeps
});
window.setInterval(() => {
  if (!panel.hidden && !panel.classList.contains("over")) show();
}, 1000);
told = lastActive; // the page itself was an activity
look();
