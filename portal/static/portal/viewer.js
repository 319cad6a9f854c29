// The plain film viewer: zoom, move, invert; by mouse, touch and keyboard. Styles are set through the CSSOM, which the
// Content-Security-Policy allows. On the reading page it shows the film until the viewing station (viewer/station.js)
// is there, which is fetched once the picture is on screen, on a slow line when somebody asks; where that fails, it
// stays. `n` opens the next study.

const STEPS = [1, 1.5, 2, 3, 4, 6];
const ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
const CLICK_PIXELS = 5; // a pointer that moved less has clicked

const between = (low, value, high) => Math.max(low, Math.min(high, value));
const isShortcut = (event) => event.ctrlKey || event.metaKey || event.altKey;

class Viewer {
  constructor(element) {
    this.element = element;
    this.stage = element.querySelector(".stage");
    this.layers = element.querySelector(".layers");
    this.picture = element.querySelector(".picture");
    this.tools = element.querySelector(".tools");
    this.invert = element.querySelector("[data-invert]");
    this.step = 0;
    this.x = 0;
    this.y = 0;
    this.drag = null;
    this.ended = new AbortController();
  }

  start() {
    if (this.tools) this.tools.hidden = false;
    this.invert?.addEventListener("click", () => this.toggleInvert());
    for (const button of this.element.querySelectorAll("[data-zoom]")) {
      const steps = { in: 1, out: -1, fit: -STEPS.length };
      button.addEventListener("click", () => this.zoom(this.step + steps[button.dataset.zoom]));
    }
    const { signal } = this.ended;
    this.stage.addEventListener("pointerdown", (event) => this.grab(event), { signal });
    this.stage.addEventListener("pointermove", (event) => this.pull(event), { signal });
    this.stage.addEventListener("pointerup", (event) => this.release(event), { signal });
    this.stage.addEventListener("pointercancel", () => this.letGo(), { signal });
    this.stage.addEventListener("wheel", (event) => this.turn(event), { passive: false, signal });
    this.stage.addEventListener("keydown", (event) => this.press(event), { signal });
    window.addEventListener("resize", () => this.place(), { signal });
  }

  // The viewing station has taken over.
  stop() {
    this.ended.abort();
    this.step = 0; // it lies under the station now, as the picture's words for those who do not see it
    this.place();
    this.stage.classList.remove("dragging");
  }

  toggleInvert() {
    const on = this.element.classList.toggle("inverted");
    this.invert?.setAttribute("aria-pressed", String(on));
  }

  place() {
    const { layers, stage } = this;
    const scale = STEPS[this.step];
    const limitX = Math.max(0, (layers.offsetWidth * scale - stage.clientWidth) / 2);
    const limitY = Math.max(0, (layers.offsetHeight * scale - stage.clientHeight) / 2);
    this.x = between(-limitX, this.x, limitX);
    this.y = between(-limitY, this.y, limitY);
    layers.style.transform = `translate(${this.x}px, ${this.y}px) scale(${scale})`;
    stage.classList.toggle("zoomed", scale > 1);
  }

  // Zoom so that the point under the finger stays where it is.
  zoom(wanted, event) {
    const to = between(0, wanted, STEPS.length - 1);
    if (to === this.step) return;
    const ratio = STEPS[to] / STEPS[this.step];
    const box = this.stage.getBoundingClientRect();
    const px = event ? event.clientX - box.left - box.width / 2 : 0;
    const py = event ? event.clientY - box.top - box.height / 2 : 0;
    this.x = px - (px - this.x) * ratio;
    this.y = py - (py - this.y) * ratio;
    this.step = to;
    this.place();
    this.sharpen();
  }

  // Shows the larger picture, where the page has one besides the one for a screen.
  sharpen() {
    this.picture.parentElement.querySelector("source")?.remove();
  }

  grab(event) {
    if (event.button !== 0) return;
    const { clientX, clientY } = event;
    this.drag = { x: clientX - this.x, y: clientY - this.y, moved: false, startX: clientX, startY: clientY };
    if (this.step > 0) this.stage.setPointerCapture(event.pointerId);
  }

  pull(event) {
    if (!this.drag) return;
    const way = Math.abs(event.clientX - this.drag.startX) + Math.abs(event.clientY - this.drag.startY);
    if (way > CLICK_PIXELS) this.drag.moved = true;
    if (this.step === 0 || !this.drag.moved) return;
    this.x = event.clientX - this.drag.x;
    this.y = event.clientY - this.drag.y;
    this.stage.classList.add("dragging");
    this.place();
  }

  release(event) {
    if (this.drag && !this.drag.moved) this.zoom(this.step === 0 ? 2 : 0, event);
    this.letGo();
  }

  letGo() {
    this.drag = null;
    this.stage.classList.remove("dragging");
  }

  turn(event) {
    if (!event.ctrlKey && this.step === 0 && event.deltaY > 0) return; // the page scrolls on
    if (!event.ctrlKey && !this.stage.matches(":focus, .zoomed")) return;
    event.preventDefault();
    this.zoom(this.step + (event.deltaY < 0 ? 1 : -1), event);
  }

  press(event) {
    if (isShortcut(event)) return;
    const arrow = ARROWS[event.key];
    if (event.key === "+" || event.key === "=") this.zoom(this.step + 1);
    else if (event.key === "-") this.zoom(this.step - 1);
    else if (event.key === "0" || event.key === "Escape") this.zoom(0);
    else if (event.key === "i") this.toggleInvert();
    else if (arrow && this.step > 0) {
      this.x += arrow[0];
      this.y += arrow[1];
      this.place();
    } else return;
    event.preventDefault();
  }
}

function startAll() {
  for (const element of document.querySelectorAll(".viewer:not([data-ready])")) {
    element.dataset.ready = "yes";
    const plain = new Viewer(element);
    plain.start();
    if (element.dataset.station) comeToScreen(element, () => station(element, plain));
  }
}

// Runs once the element is on the page to see: films of a study lie behind each other.
function comeToScreen(element, act) {
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    act();
  });
  watch.observe(element);
}

// Fetches the viewing station, after the picture; on a slow line only when somebody asks for it.
async function station(element, plain) {
  plain.picture.loading = "eager";
  try {
    const { come } = await import(element.dataset.coming);
    await come(element, plain, async () => {
      const { start } = await import(element.dataset.station);
      await start(element, plain);
    });
  } catch (error) {
    console.info("The viewing tools cannot run here:", error);
    const note = Object.assign(document.createElement("p"), { className: "stage-note" });
    note.setAttribute("role", "status");
    note.textContent =
      "The viewing tools could not be started: this is the plain picture. Plus and minus zoom, arrows move, I inverts.";
    element.querySelector(".stage").append(note);
  }
}

startAll();
// A film whose result has just arrived.
document.body.addEventListener("htmx:oobAfterSwap", startAll);
document.body.addEventListener("htmx:afterSettle", startAll);

document.addEventListener("keydown", (event) => {
  if (
    event.defaultPrevented ||
    event.key !== "n" ||
    isShortcut(event) ||
    event.target.closest("input, select, textarea")
  )
    return;
  document.getElementById("next-study")?.click();
});
