// What the pointer does on a film: the library's tools, which of them the left button has, and gestures.

import { CARDIOTHORACIC } from "./ratio.js";
import { measured } from "./marks.js";

const WHEEL = 0.0015;

// key, name in the library, what people call it; `marks` leave something on the film
export const POINTER = [
  { key: "w", tool: "WindowLevel", label: "Brightness and contrast", icon: "window" },
  { key: "d", tool: "Pan", label: "Move the film", icon: "pan" },
  { key: "g", tool: "Magnify", label: "Magnifier", icon: "magnify" },
  { key: "l", tool: "Length", label: "Measure a length", icon: "length", marks: true },
  { key: "a", tool: "Angle", label: "Measure an angle", icon: "angle", marks: true },
  { key: "c", tool: CARDIOTHORACIC, label: "Cardiothoracic ratio: heart, then thorax", icon: "ratio", marks: true },
  { key: "k", tool: "ArrowAnnotate", label: "Arrow", icon: "arrow", marks: true },
  { key: "e", tool: "EllipticalROI", label: "Ellipse", icon: "ellipse", marks: true },
];

function linesOf(film) {
  const mean = (data) => Object.values(data.cachedStats)[0]?.mean;
  return {
    Length: {
      getTextLines({ handles }) {
        const { value, unit } = measured(film, handles.points[0], handles.points[1]);
        return [`${value} ${unit}${film.spacing && film.atDetector ? " at the detector" : ""}`];
      },
    },
    EllipticalROI: {
      getTextLines: (data) => (Number.isFinite(mean(data)) ? [`mean ${Math.round(mean(data))}`] : []),
    },
    ArrowAnnotate: {
      getTextCallback: (done) => done(" "), // words are asked for only afterwards, by a double click
      changeTextCallback: (mark, _event, done) => askForWords(mark.label || mark.text || "", done),
    },
    Magnify: { magnifySize: 3, magnifyWidth: 260, magnifyHeight: 260 },
    Zoom: { pinchToZoom: true, pan: true },
  };
}

// Asks for a mark's words in a small dialog of the page.
function askForWords(words, done) {
  const dialog = document.createElement("dialog");
  dialog.className = "mark-words";
  const form = Object.assign(document.createElement("form"), { method: "dialog" });
  const label = Object.assign(document.createElement("label"), { textContent: "Words beside the arrow" });
  const field = Object.assign(document.createElement("input"), {
    className: "form-control",
    maxLength: 120,
    value: words.trim(),
  });
  const button = Object.assign(document.createElement("button"), {
    className: "btn btn-primary",
    textContent: "Write",
  });
  label.append(field);
  form.append(label, button);
  dialog.append(form);
  document.body.append(dialog);
  form.addEventListener("submit", () => done(field.value.trim() || " "));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

export class Tools {
  constructor(stage) {
    this.stage = stage;
    this.library = stage.library;
    this.current = "WindowLevel";
    this.before = null;
  }

  start() {
    const { stage, library } = this;
    this.group = library.ToolGroupManager.createToolGroup(`tools-${stage.id}`);
    const settings = linesOf(stage.film);
    for (const { tool } of POINTER) this.group.addTool(tool, settings[tool]);
    this.group.addTool("Zoom", settings.Zoom);
    this.group.addViewport(stage.id, stage.engine.id);
    this.take("WindowLevel");
    stage.box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.box.addEventListener("dblclick", () => this.current === "WindowLevel" && stage.fit());
    stage.box.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  stop() {
    this.library.ToolGroupManager.destroyToolGroup(`tools-${this.stage.id}`);
  }

  // Gives the left button, and one finger, a tool.
  take(tool) {
    const { MouseBindings } = this.library.ToolEnums;
    const { group } = this;
    for (const known of POINTER) group.setToolPassive(known.tool, { removeAllBindings: true });
    const always = { Pan: [{ mouseButton: MouseBindings.Auxiliary }], Zoom: [{ numTouchPoints: 2 }] };
    always[tool] = [...(always[tool] || []), { mouseButton: MouseBindings.Primary }, { numTouchPoints: 1 }];
    for (const [name, bindings] of Object.entries(always)) group.setToolActive(name, { bindings });
    this.current = tool;
    this.stage.box.dataset.tool = tool;
    this.stage.tell();
  }

  // Until `giveBack`, for a key that is held down.
  lend(tool) {
    if (this.before) return;
    this.before = this.current;
    this.take(tool);
  }

  giveBack() {
    if (this.before) this.take(this.before);
    this.before = null;
  }

  wheel(event) {
    event.preventDefault();
    const box = this.stage.box.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const factor = Math.exp(-event.deltaY * lines * WHEEL);
    this.stage.zoomBy(factor, [event.clientX - box.left, event.clientY - box.top]);
  }
}
