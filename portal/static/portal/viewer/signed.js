// The marks of signed reviews, drawn over the film as a picture that nobody can move: a layer for each doctor, and
// the zones that somebody graded.

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 0.02; // of the film's width: an arrow's head
const COLOURS = ["var(--mark-1)", "var(--mark-2)", "var(--mark-3)"];

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const line = ([x1, y1], [x2, y2]) => shape("line", { x1, y1, x2, y2 });

function arrow([tail, head], size) {
  const way = Math.atan2(tail[1] - head[1], tail[0] - head[0]);
  const barb = (turn) => [head[0] + size * Math.cos(way + turn), head[1] + size * Math.sin(way + turn)];
  return [line(tail, head), line(head, barb(0.45)), line(head, barb(-0.45))];
}

function ellipse([first, second]) {
  const middle = [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2];
  const radii = [Math.abs(first[0] - second[0]) / 2, Math.abs(first[1] - second[1]) / 2];
  return [shape("ellipse", { cx: middle[0], cy: middle[1], rx: radii[0], ry: radii[1] })];
}

function shapesOf(mark, [width, height]) {
  const points = mark.points.map(([x, y]) => [x * width, y * height]);
  if (mark.kind === "arrow") return arrow(points, HEAD * width);
  if (mark.kind === "ellipse") return ellipse(points);
  if (mark.kind === "ratio") return [line(points[0], points[1]), line(points[2], points[3])];
  return points.slice(1).map((point, place) => line(points[place], point));
}

// What a mark says, beside it.
export function wordsOf(mark) {
  const figure = mark.value === undefined ? "" : `${mark.value} ${mark.unit || ""}`.trim();
  return [mark.kind === "ratio" ? `Cardiothoracic ratio ${figure}` : figure, mark.text].filter(Boolean).join(" ");
}

// Signed marks on the page: [{doctor, at, marks: [...]}], newest first.
function signedMarks() {
  const block = document.getElementById("signed-marks");
  return block ? JSON.parse(block.textContent) : [];
}

export class SignedMarks {
  constructor(stage) {
    this.stage = stage;
    this.layer = null;
  }

  // Draws them; whether there are any.
  start() {
    const scan = this.stage.film.scan;
    const layers = signedMarks().map(({ doctor, marks }) => [doctor, marks.filter((mark) => mark.scan === scan)]);
    const drawn = layers.filter(([, marks]) => marks.length > 0);
    if (drawn.length === 0) return false;
    const [width, height] = this.stage.film.size;
    this.layer = shape("svg", { class: "over-stage signed-marks", width, height, viewBox: `0 0 ${width} ${height}` });
    for (const [place, [doctor, marks]] of drawn.entries()) this.layer.append(this.group(doctor, marks, place));
    this.stage.box.parentElement.append(this.layer);
    this.stage.watch(() => this.place());
    return true;
  }

  group(doctor, marks, place) {
    const group = shape("g", {});
    group.style.stroke = group.style.fill = COLOURS[place % COLOURS.length];
    const title = shape("title", {});
    title.textContent = `Marked by ${doctor}`;
    group.append(title);
    for (const mark of marks) {
      group.append(...shapesOf(mark, this.stage.film.size));
      const [x, y] = mark.points[0];
      const words = shape("text", { x: x * this.stage.film.size[0], y: y * this.stage.film.size[1] });
      words.textContent = [wordsOf(mark), doctor].filter(Boolean).join(" · ");
      group.append(words);
    }
    return group;
  }

  show(wanted) {
    if (this.layer) this.layer.style.display = wanted ? "" : "none";
  }

  place() {
    this.layer.style.transform = this.stage.matrix();
    this.layer.style.fontSize = `${13 / this.stage.scale()}px`; // thirteen on the screen at any zoom
  }
}
