// A film as a reader works on it: stage, tools, marks, heatmap, prior film, and the bar of buttons.

import { Bar, heatButton, helpButton } from "./bar.js";
import { arrived } from "./coming.js";
import { filmOf } from "./film.js";
import { Heat } from "./heat.js";
import { showKeys } from "./keys.js";
import { Marks } from "./marks.js";
import { Prior, priorFilms } from "./prior.js";
import { SignedMarks } from "./signed.js";
import { Stage } from "./stage.js";
import { Tools } from "./tools.js";

const SLOW = 100; // bytes a millisecond: on a slower line every pixel travels only when a reader zooms in

export class View {
  constructor(element, library, engine, plain) {
    Object.assign(this, { element, library, engine, plain });
    this.prior = null;
  }

  async start() {
    const { element } = this;
    const box = Object.assign(document.createElement("div"), { className: "stage-box" });
    element.querySelector(".stage").append(box);
    this.stage = new Stage({ library: this.library, engine: this.engine, box, film: filmOf(element) });
    await this.stage.start(this.plain.picture);
    this.tools = new Tools(this.stage);
    this.tools.start();
    this.marks = new Marks(this.stage);
    this.marks.start();
    this.signed = new SignedMarks(this.stage);
    this.signed.start();
    this.startHeat();
    this.helpButton = helpButton();
    this.helpButton.addEventListener("click", showKeys);
    const status = Object.assign(document.createElement("p"), { className: "stage-status num" });
    element.querySelector(".stage").append(status);
    this.bar = new Bar(this);
    this.bar.start(element.querySelector(".film-tools"), status);
    this.stage.watch(() => this.stage.wantsMore && this.fetchFull());
    if (this.isFast) whenIdle(() => this.fetchFull());
    element.dataset.live = "yes";
  }

  stop() {
    this.closePrior();
    this.tools.stop();
    this.stage.stop();
  }

  startHeat() {
    const picture = this.element.querySelector(".heat");
    if (!picture) return;
    this.heatButton = heatButton();
    const panel = this.element.querySelector(".heat-panel");
    this.heat = new Heat({ stage: this.stage, picture, panel, button: this.heatButton });
    this.heat.start();
  }

  has(need) {
    return need !== "prior" || priorFilms().length > 0;
  }

  // Whether the page came quickly enough that every pixel may follow unasked.
  get isFast() {
    return this.plain.pace > SLOW;
  }

  // More pixels: on a slow line first the page's larger picture, which often is enough.
  async fetchFull() {
    if (this.refused || this.sharpening) return;
    try {
      if (!this.isFast && !this.isSharp) await this.sharpen();
      if (!this.isFast && !this.stage.wantsMore) return;
      await this.stage.fetchFull();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.refused = true; // asked for once; the picture on the page stays
      this.say(`${error.message} You see the smaller picture.`);
    }
  }

  async sharpen() {
    this.sharpening = true;
    try {
      this.plain.sharpen();
      await arrived(this.plain.picture);
      await this.stage.swap(this.stage.small(this.plain.picture));
      this.isSharp = true;
    } finally {
      this.sharpening = false;
    }
  }

  say(words) {
    const note = Object.assign(document.createElement("p"), { className: "stage-note", textContent: words });
    note.setAttribute("role", "status");
    this.element.querySelector(".stage").append(note);
    setTimeout(() => note.remove(), 8000);
  }

  preset({ share }) {
    if (share) this.stage.showShare(share);
    else this.stage.showEveryLevel();
  }

  reset() {
    this.stage.reset();
    this.tools.take("WindowLevel");
    this.heat?.show(false);
  }

  showMarks() {
    const wanted = !this.marks.shown;
    this.marks.show(wanted);
    this.signed.show(wanted);
    this.stage.tell();
  }

  togglePrior() {
    if (this.prior) this.closePrior();
    else if (priorFilms().length > 0) this.showPrior(priorFilms()[0].dataset.viewer);
    else return false;
    return true;
  }

  // Whether the film is one that the page names.
  showPrior(scan) {
    const source = priorFilms().find((known) => known.dataset.viewer === scan);
    if (!source) return false;
    this.closePrior();
    this.prior = new Prior(this);
    this.prior.open(source).catch(() => {
      this.closePrior();
      this.say("The prior film could not be fetched. Try again, or open its study.");
    });
    this.stage.tell();
    return true;
  }

  closePrior() {
    this.prior?.close();
    this.prior = null;
    this.stage.tell();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.element.requestFullscreen?.();
  }
}

// Safari knows no idle time: a moment later is as good.
function whenIdle(work) {
  if (window.requestIdleCallback) requestIdleCallback(work);
  else setTimeout(work, 200);
}
