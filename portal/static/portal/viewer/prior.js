// A film of an earlier study beside the current one, their zoom, place and window linked or not.

import { filmOf } from "./film.js";
import { Stage } from "./stage.js";
import { Tools } from "./tools.js";

const SMALL_STEP = 1e-3;

// The prior films that the page names, newest first.
export function priorFilms() {
  return [...document.querySelectorAll("[data-prior-film]")];
}

function decoded(address) {
  const picture = new Image();
  picture.src = address;
  return picture.decode().then(() => picture);
}

export class Prior {
  constructor(view) {
    this.view = view;
    this.linked = true;
    this.following = false;
  }

  async open(source) {
    this.build(source);
    const { stage } = this.view;
    const film = { ...filmOf(source), full: source.dataset.full };
    this.stage = new Stage({ library: stage.library, engine: stage.engine, box: this.box, film });
    await this.stage.start(await decoded(source.dataset.display));
    this.tools = new Tools(this.stage);
    this.tools.start();
    this.stage.watch(() => this.follow(this.stage, stage));
    this.unwatch = stage.watch(() => this.follow(stage, this.stage));
    this.stage.fetchFull().catch(() => {}); // the small picture stays, as for any film
  }

  build(source) {
    this.panel = Object.assign(document.createElement("section"), { className: "prior-panel" });
    this.panel.setAttribute("aria-label", `Prior film of ${source.dataset.taken}`);
    const head = Object.assign(document.createElement("header"), { className: "prior-head" });
    const choice = Object.assign(document.createElement("select"), { className: "tool" });
    choice.setAttribute("aria-label", "Prior film");
    for (const known of priorFilms()) {
      choice.append(new Option(known.dataset.label, known.dataset.viewer, false, known === source));
    }
    choice.addEventListener("change", () => this.view.showPrior(choice.value));
    const link = Object.assign(document.createElement("button"), { type: "button", className: "tool tool-word" });
    const say = () => {
      link.textContent = this.linked ? "Linked" : "Not linked";
      link.setAttribute("aria-pressed", String(this.linked));
    };
    this.toggleLink = () => {
      this.linked = !this.linked;
      say();
      if (this.linked) this.follow(this.view.stage, this.stage);
    };
    link.title = "Zoom, place and window together (o)";
    link.addEventListener("click", this.toggleLink);
    say();
    const close = Object.assign(document.createElement("button"), {
      type: "button",
      className: "tool",
      textContent: "×",
    });
    close.setAttribute("aria-label", "Close the prior film");
    close.addEventListener("click", () => this.view.closePrior());
    head.append(choice, link, close);
    this.box = Object.assign(document.createElement("div"), { className: "stage-box" });
    const frame = Object.assign(document.createElement("div"), { className: "prior-stage" });
    frame.append(this.box);
    this.panel.append(head, frame);
    this.view.element.querySelector(".stage").after(this.panel);
    this.view.element.classList.add("beside");
  }

  // Puts the one as the other is, each by its own size and window.
  follow(from, to) {
    if (!this.linked || this.following || !to?.viewport) return;
    this.following = true;
    try {
      const { zoom, pan } = from.viewport.getViewPresentation();
      const before = to.viewport.getViewPresentation();
      const near = (one, other) => Math.abs(one - other) < SMALL_STEP;
      if (!near(zoom, before.zoom) || !near(pan[0], before.pan[0]) || !near(pan[1], before.pan[1])) {
        to.viewport.setViewPresentation({ ...before, zoom, pan });
        to.viewport.render();
      }
      const [wanted, shown] = [from.windowShare(), to.windowShare()];
      to.inverted = from.inverted;
      if (!near(wanted[0], shown[0]) || !near(wanted[1], shown[1])) to.showShare(wanted);
    } finally {
      this.following = false;
    }
  }

  close() {
    this.unwatch?.();
    this.tools?.stop();
    if (this.stage?.viewport) this.stage.stop();
    this.panel.remove();
    this.view.element.classList.remove("beside");
  }
}
