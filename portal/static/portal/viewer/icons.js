// The signs on the viewer's buttons, drawn as lines in a square of 24.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  window: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  pan: "M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3",
  magnify: "M10 4a6 6 0 1 0 0 12a6 6 0 1 0 0-12M14.5 14.5L21 21",
  length: "M4 20L20 4M2.5 18.5l3 3M18.5 2.5l3 3M8 13l2 2M11 10l2 2M14 7l2 2",
  angle: "M4 20L18 5M4 20h17M12 20a8 8 0 0 0-2.500-5.800",
  ratio: "M3 17h18M3 14v6M21 14v6M8 8h8M8 5v6M16 5v6",
  arrow: "M20 20L5 5M5 5h7M5 5v7",
  ellipse: "M12 6c5 0 9 2.700 9 6s-4 6-9 6s-9-2.700-9-6s4-6 9-6z",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  rotate: "M19 8a8 8 0 1 0 1 6M20 3v5h-5",
  flip: "M12 3v18M9 6L3 18h6zM15 6l6 12h-6z",
  invert: "M4 4h16v16H4zM4 20L20 4M8 20l12-12M13 20l7-7",
  reset: "M5 8a8 8 0 1 1-1 6M4 3v5h5M12 8v4l3 2",
  full: "M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5M8 8h8v8H8z",
  heat: "M12 3c1 4 5 5 5 10a5 5 0 0 1-10 0c0-2 1-3 2-4c0 2 1 3 2 3c1-3-1-5 1-9z",
  marks: "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6",
  remove: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  prior: "M3 5h8v14H3zM13 5h8v14h-8z",
  keys: "M9 9a3 3 0 1 1 4 2.800c-1 .4-1 1.200-1 2.200M12 18v.5",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
