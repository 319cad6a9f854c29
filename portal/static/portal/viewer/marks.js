// A reader's own marks and measurements: between the library's annotations and the form's field `annotations`, a list
// of {scan, kind, points, text, value, unit} with points as shares of the film's width and height.

import { frameOf } from "./film.js";
import { CARDIOTHORACIC, ratioOf } from "./ratio.js";

const FIELDS = "input[name=annotations]";
const MOST = 60;
const FINE = 100_000;

const KINDS = {
  Length: "length",
  Angle: "angle",
  [CARDIOTHORACIC]: "ratio",
  ArrowAnnotate: "arrow",
  EllipticalROI: "ellipse",
};
const TOOLS = Object.fromEntries(Object.entries(KINDS).map(([tool, kind]) => [kind, tool]));

const round = (value, digits) => Number(value.toFixed(digits));

// The length between two points of the film, in millimetres where the film says how large its pixels are.
export function measured(film, from, to) {
  const [across, down] = film.spacing || [1, 1];
  const value = Math.hypot((to[0] - from[0]) * across, (to[1] - from[1]) * down);
  return { value: round(value, film.spacing ? 1 : 0), unit: film.spacing ? "mm" : "px" };
}

function angleOf(points) {
  const [first, corner, last] = points;
  const way = (point) => Math.atan2(point[1] - corner[1], point[0] - corner[0]);
  const turn = Math.abs(way(first) - way(last)) * (180 / Math.PI);
  return { value: round(turn > 180 ? 360 - turn : turn, 1), unit: "°" };
}

// The box around an ellipse's four ends.
function boxOf(points) {
  const [across, down] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [
    [Math.min(...across), Math.min(...down)],
    [Math.max(...across), Math.max(...down)],
  ];
}

// As the library keeps an ellipse: bottom, top, left, right.
function endsOf([[left, top], [right, bottom]]) {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return [
    [x, bottom],
    [x, top],
    [left, y],
    [right, y],
  ];
}

function figuresOf(film, kind, points) {
  if (kind === "length") return measured(film, points[0], points[1]);
  if (kind === "angle") return angleOf(points);
  if (kind === "ratio") return { value: round(ratioOf(points), 2), unit: "" };
  return {};
}

const COMPLETE = { length: 2, angle: 3, ratio: 4, arrow: 2, ellipse: 4 };

function isWhole(kind, points) {
  if (points.length < COMPLETE[kind]) return false;
  return kind !== "ratio" || ratioOf(points) !== null;
}

export class Marks {
  constructor(stage) {
    this.stage = stage;
    this.library = stage.library;
    this.shown = true;
  }

  start() {
    const { Events } = this.library.ToolEnums;
    const changed = ({ detail }) => {
      const mark = detail.annotation;
      if (mark?.metadata.FrameOfReferenceUID === frameOf(this.stage.film)) this.save();
    };
    for (const name of [Events.ANNOTATION_COMPLETED, Events.ANNOTATION_MODIFIED, Events.ANNOTATION_REMOVED]) {
      this.library.eventTarget.addEventListener(name, changed);
    }
    this.restore();
    document.addEventListener("reset", (event) => {
      if (event.target.querySelector?.(FIELDS)) setTimeout(() => this.restore());
    });
  }

  all() {
    const manager = this.library.annotation.state.getAnnotationManager();
    const own = frameOf(this.stage.film);
    return manager.getAllAnnotations().filter((mark) => mark.metadata.FrameOfReferenceUID === own);
  }

  // ------------------------------------------------------------------------------------------- out

  told(mark) {
    const { film } = this.stage;
    const kind = KINDS[mark.metadata.toolName];
    const ends = mark.data.handles.points.map((point) => [point[0], point[1]]);
    if (!kind || !isWhole(kind, ends)) return null;
    const points = this.pointsOf(kind, ends);
    const share = ([x, y]) => [x / film.size[0], y / film.size[1]].map((part) => Math.round(part * FINE) / FINE);
    const text = (mark.data.label || "").trim().slice(0, 120);
    const inside = points.map(share).map((point) => point.map((part) => Math.min(1, Math.max(0, part))));
    return { scan: film.scan, kind, points: inside, ...(text ? { text } : {}), ...figuresOf(film, kind, ends) };
  }

  pointsOf(kind, ends) {
    if (kind === "ellipse") return boxOf(ends);
    return kind === "arrow" ? [ends[1], ends[0]] : ends; // the library's arrow begins at its head
  }

  save() {
    if (this.restoring) return;
    const own = this.all()
      .map((mark) => this.told(mark))
      .filter(Boolean);
    for (const field of document.querySelectorAll(FIELDS)) {
      const others = read(field).filter((mark) => mark.scan !== this.stage.film.scan);
      const marks = [...others, ...own].slice(0, MOST);
      const value = marks.length > 0 ? JSON.stringify(marks) : "";
      if (value === field.value) continue;
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.stage.tell();
  }

  // ------------------------------------------------------------------------------------------- in

  restore() {
    const field = document.querySelector(FIELDS);
    if (!field) return;
    this.restoring = true;
    for (const mark of this.all()) this.library.annotation.state.removeAnnotation(mark.annotationUID);
    for (const mark of read(field)) {
      if (mark.scan === this.stage.film.scan && TOOLS[mark.kind]) this.draw(mark);
    }
    this.restoring = false;
    this.library.toolUtilities.triggerAnnotationRenderForViewportIds([this.stage.id]);
  }

  draw({ kind, points, text }) {
    const { stage } = this;
    let ends = points.map(([x, y]) => [x * stage.film.size[0], y * stage.film.size[1]]);
    if (kind === "ellipse") ends = endsOf(ends);
    if (kind === "arrow") ends.reverse();
    const { viewPlaneNormal, viewUp } = stage.viewport.getCamera();
    const handles = { points: ends.map(([x, y]) => [x, y, 0]), activeHandleIndex: null, textBox: emptyBox() };
    const mark = {
      annotationUID: crypto.randomUUID?.() || `mark-${Math.random()}`,
      highlighted: false,
      invalidated: true,
      isLocked: false,
      isVisible: true,
      metadata: {
        toolName: TOOLS[kind],
        viewPlaneNormal: [...viewPlaneNormal],
        viewUp: [...viewUp],
        FrameOfReferenceUID: frameOf(stage.film),
        referencedImageId: stage.image.imageId,
      },
      data: { label: text || "", handles, cachedStats: {} },
    };
    this.library.annotation.state.addAnnotation(mark, stage.box);
  }

  // ------------------------------------------------------------------------------------------- changes

  // Removes the mark that is chosen, else the newest; whether there was one.
  removeOne() {
    const marks = this.all();
    const chosen = new Set(this.library.annotation.selection.getAnnotationsSelected());
    const mark = marks.find(({ annotationUID }) => chosen.has(annotationUID)) || marks.at(-1);
    if (!mark) return false;
    this.library.annotation.state.removeAnnotation(mark.annotationUID);
    this.stage.viewport.render();
    this.save();
    return true;
  }

  show(wanted) {
    this.shown = wanted;
    const { setAnnotationVisibility } = this.library.annotation.visibility;
    for (const mark of this.all()) setAnnotationVisibility(mark.annotationUID, wanted);
    this.stage.viewport.render();
  }
}

const emptyBox = () => ({
  hasMoved: false,
  worldPosition: [0, 0, 0],
  worldBoundingBox: {
    topLeft: [0, 0, 0],
    topRight: [0, 0, 0],
    bottomLeft: [0, 0, 0],
    bottomRight: [0, 0, 0],
  },
});

function read(field) {
  try {
    const marks = JSON.parse(field.value || "[]");
    return Array.isArray(marks) ? marks : [];
  } catch {
    return []; // not ours; the server says so
  }
}
