// The network's heatmap over the film: off when the page opens; shown with its legend while a key is held, or until
// it is switched off again.

const HELD_MS = 350; // a key pressed longer than that shows the map only meanwhile

export class Heat {
  // box: the element over the film; picture: the map's <img>; panel: the legend with its slider
  constructor({ stage, picture, panel, button }) {
    Object.assign(this, { stage, picture, panel, button });
    this.slider = panel.querySelector("[data-opacity]");
    this.since = 0;
  }

  start() {
    this.stage.box.parentElement.append(this.picture);
    this.picture.classList.add("over-stage");
    this.slider.addEventListener("input", () => this.draw());
    this.button?.addEventListener("click", () => this.toggle());
    this.stage.watch(() => this.place());
    this.show(false);
  }

  get shown() {
    return !this.picture.hidden;
  }

  show(wanted) {
    this.picture.hidden = this.panel.hidden = !wanted;
    this.button?.setAttribute("aria-pressed", String(wanted));
    if (!wanted) return;
    if (this.slider.value === "0") this.slider.value = this.slider.defaultValue;
    this.draw();
    this.place();
  }

  toggle() {
    this.show(!this.shown);
  }

  press() {
    this.since = this.shown ? 0 : Date.now();
    this.toggle();
  }

  release() {
    if (this.since && Date.now() - this.since > HELD_MS) this.show(false);
  }

  draw() {
    this.picture.style.opacity = String(this.slider.value / 100);
    this.panel.querySelector("output").textContent = `${this.slider.value} %`;
  }

  place() {
    if (!this.shown) return;
    const [width, height] = this.stage.film.size;
    Object.assign(this.picture.style, { width: `${width}px`, height: `${height}px`, transform: this.stage.matrix() });
  }
}
