// Takes the films of a page over from their plain pictures, once the viewing library is there.

import { ACTIONS, PRESETS } from "./bar.js";
import { register } from "./keys.js";
import { loadLibrary } from "./library.js";
import { POINTER } from "./tools.js";
import { View } from "./view.js";

const STEP = 60; // pixels an arrow key moves a film
const ZOOM = 1.25;
const ARROWS = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

const views = new Map();
let engine = null;
let last = null; // the view that was used last

// Starts the viewer for a film; `plain` is what shows it until then. Resolves to whether it runs.
export async function start(element, plain) {
  const library = await loadLibrary(element.dataset.library);
  engine ??= new library.RenderingEngine("films");
  const view = new View(element, library, engine, plain);
  await view.start();
  plain.stop();
  views.set(element, view);
  last ??= element;
  for (const name of ["pointerdown", "focusin"]) {
    element.addEventListener(name, () => {
      last = element;
    });
  }
  startKeys();
}

const isVisible = (element) => element.isConnected && element.offsetParent !== null;

// The film that keys are for: the one used last, if it is on the page still, else the first that is.
function current() {
  if (last && !isVisible(last)) last = null;
  if (!last) last = [...views.keys()].find(isVisible) || null;
  return views.get(last) || null;
}

document.addEventListener("carina:show-film", (event) => {
  const shown = [...views.keys()].find((element) => element.dataset.viewer === event.detail?.scan);
  if (shown) last = shown;
});

document.addEventListener("carina:show-prior", (event) => {
  if (current()?.showPrior(event.detail?.scan)) event.preventDefault();
});

// htmx put another element in a film's place.
document.body.addEventListener("htmx:oobAfterSwap", () => {
  for (const [element, view] of views) {
    if (element.isConnected) continue;
    view.stop();
    views.delete(element);
  }
});

// ------------------------------------------------------------------------------------------------ keys

let keysStarted = false;

function startKeys() {
  if (keysStarted) return;
  keysStarted = true;
  const film = (key, label, act, more = {}) => {
    const run = () => {
      const view = current();
      return view ? act(view) : false;
    };
    register({ key, group: "Film", label, run, ...more });
  };
  for (const { key, label, tool } of POINTER) film(key, label, (view) => void view.tools.take(tool));
  for (const { key, label, run } of ACTIONS) film(key, label, run);
  for (const preset of PRESETS) {
    film(preset.key, `Window: ${preset.name.toLowerCase()}`, (view) => void view.preset(preset));
  }
  moreKeys(film);
}

function moreKeys(film) {
  film("h", "Heatmap; held down: only meanwhile", (view) => (view.heat ? void view.heat.press() : false), {
    release: () => current()?.heat?.release(),
  });
  film("o", "Link or unlink the prior film", (view) => (view.prior ? void view.prior.toggleLink() : false));
  film(" ", "Held down: drag moves the film", (view) => void view.tools.lend("Pan"), {
    release: () => current()?.tools.giveBack(),
  });
  film("+", "Zoom in", (view) => view.stage.zoomBy(ZOOM), { repeat: true });
  film("-", "Zoom out", (view) => view.stage.zoomBy(1 / ZOOM), { repeat: true });
  for (const [key, [right, down]] of Object.entries(ARROWS)) {
    film(key, "Move the film", (view) => (onFilm(view) ? view.stage.panBy(right, down) : false), { repeat: true });
  }
  film("Escape", "Back to brightness and contrast", (view) =>
    resting(view) ? false : void view.tools.take("WindowLevel"),
  );
}

const resting = (view) => view.tools.current === "WindowLevel";

// Arrow keys scroll the page unless the film has the focus or is zoomed.
function onFilm(view) {
  return view.element.contains(document.activeElement) || view.stage.viewport.getZoom() > 1.01;
}
