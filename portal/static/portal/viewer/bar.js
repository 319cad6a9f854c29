// The viewer's buttons and the line that says window, size and pixels.

import { icon } from "./icons.js";
import { POINTER } from "./tools.js";

// Shares of the film's own window, dark end first; none: every level the film has.
export const PRESETS = [
  { key: "5", name: "As it came", share: [0, 1] },
  { key: "6", name: "Lungs", share: [-0.05, 0.65] },
  { key: "7", name: "Bone", share: [0.4, 1.1] },
  { key: "8", name: "Soft tissue", share: [0.25, 0.9] },
  { key: "v", name: "Full range", share: null },
];

export const ACTIONS = [
  { key: "0", icon: "fit", label: "Fit the film to its place", run: (view) => view.stage.fit() },
  {
    key: "9",
    text: "1:1",
    label: "1:1, one pixel of the film on one of the screen",
    run: (view) => view.stage.showOneToOne(),
  },
  { key: "r", icon: "rotate", label: "Rotate by a quarter", run: (view) => view.stage.rotate() },
  { key: "f", icon: "flip", label: "Flip left and right", run: (view) => view.stage.flip() },
  {
    key: "i",
    icon: "invert",
    label: "Invert",
    run: (view) => view.stage.invert(),
    pressed: (view) => view.stage.inverted,
  },
  { key: "x", icon: "reset", label: "Back to how it opened", run: (view) => view.reset() },
  {
    key: "m",
    icon: "marks",
    label: "Hide or show marks",
    run: (view) => view.showMarks(),
    pressed: (view) => view.marks.shown,
  },
  {
    key: "Delete",
    icon: "remove",
    label: "Remove the chosen or the newest mark",
    run: (view) => view.marks.removeOne(),
  },
  {
    key: "p",
    icon: "prior",
    label: "Prior film beside",
    run: (view) => view.togglePrior(),
    pressed: (view) => Boolean(view.prior),
    needs: "prior",
  },
  { key: "F", icon: "full", label: "Full screen", run: (view) => view.fullScreen() },
];

function button({ key, label, icon: sign, text }) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "tool" });
  made.title = `${label} (${key})`;
  made.setAttribute("aria-label", label);
  made.setAttribute("aria-keyshortcuts", key);
  made.append(sign ? icon(sign) : text);
  return made;
}

function group(name, ...buttons) {
  const made = Object.assign(document.createElement("div"), { className: "tool-group" });
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  made.append(...buttons);
  return made;
}

export class Bar {
  constructor(view) {
    this.view = view;
    this.refreshers = [];
  }

  start(place, status) {
    this.status = status;
    const pointers = POINTER.map((tool) => this.pointer(tool));
    const actions = ACTIONS.filter(({ needs }) => this.view.has(needs)).map((action) => this.action(action));
    const heat = this.view.heatButton ? [this.view.heatButton] : [];
    place.replaceChildren(group("Left button", ...pointers), group("Film", ...heat, ...actions), this.presets());
    place.append(this.view.helpButton);
    place.hidden = false;
    this.view.stage.watch(() => this.refresh());
  }

  pointer({ tool, ...words }) {
    const made = button(words);
    made.addEventListener("click", () => this.view.tools.take(tool));
    this.refreshers.push(() => made.setAttribute("aria-pressed", String(this.view.tools.current === tool)));
    return made;
  }

  action({ run, pressed, ...words }) {
    const made = button(words);
    made.addEventListener("click", () => run(this.view));
    if (pressed) this.refreshers.push(() => made.setAttribute("aria-pressed", String(pressed(this.view))));
    return made;
  }

  presets() {
    const choice = Object.assign(document.createElement("select"), { className: "tool presets" });
    choice.setAttribute("aria-label", "Window presets");
    choice.append(new Option("Window", ""), ...PRESETS.map(({ name }) => new Option(name, name)));
    choice.addEventListener("change", () => {
      const preset = PRESETS.find(({ name }) => name === choice.value);
      if (preset) this.view.preset(preset);
      choice.value = "";
      choice.blur(); // keys are the film's again
    });
    return choice;
  }

  refresh() {
    for (const refresh of this.refreshers) refresh();
    const { stage } = this.view;
    const { lower, upper } = stage.window();
    const fine = upper - lower < 10 ? 2 : 0;
    const pixels = stage.isFull ? "full pixels" : stage.fetching ? "fetching full pixels …" : "small picture";
    const size = Math.round(stage.scale() * devicePixelRatio * 100);
    const middle = ((lower + upper) / 2).toFixed(fine);
    this.status.textContent = `W ${(upper - lower).toFixed(fine)} · L ${middle} · ${size} % · ${pixels}`;
  }
}

// The button for a heatmap, which `heat.js` presses.
export function heatButton() {
  return button({ key: "h", icon: "heat", label: "Heatmap of the network" });
}

export function helpButton() {
  return button({ key: "?", icon: "keys", label: "All keys" });
}
