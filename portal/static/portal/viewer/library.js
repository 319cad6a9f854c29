// Fetches the viewing library (Cornerstone3D), once, when the first film asks for it, and sets it up.

import { ratioTool } from "./ratio.js";

const CONTEXTS = 2; // of WebGL: a film and a prior beside it

let loading = null;

export function loadLibrary(address) {
  loading ??= import(address).then(prepared);
  return loading;
}

// The library styles its labels by attribute, which our Content-Security-Policy forbids; by property it may.
function allowStyles() {
  const plain = SVGElement.prototype.setAttribute;
  SVGElement.prototype.setAttribute = function setAttribute(name, value) {
    if (name === "style") this.style.cssText = value;
    else plain.call(this, name, value);
  };
}

function prepared(library) {
  allowStyles();
  library.initCore({ rendering: { webGlContextCount: CONTEXTS } });
  library.Settings.getRuntimeSettings().set("useCursors", false); // pictures made of blobs; ours are in viewer.css
  library.initTools();
  const tools = [
    library.WindowLevelTool,
    library.PanTool,
    library.ZoomTool,
    library.MagnifyTool,
    library.LengthTool,
    library.AngleTool,
    library.ArrowAnnotateTool,
    library.EllipticalROITool,
    ratioTool(library),
  ];
  for (const tool of tools) library.addTool(tool);
  library.metaData.addProvider((type) => (type === "generalSeriesModule" ? { modality: "DX" } : undefined));
  const { style } = library.annotation.config;
  const usual = style.getDefaultToolStyles();
  style.setDefaultToolStyles({ ...usual, global: { ...usual.global, ...MARKS } });
  return library;
}

const MARKS = {
  color: "rgb(94, 234, 212)",
  colorHighlighted: "rgb(253, 224, 71)",
  colorSelected: "rgb(253, 224, 71)",
  lineWidth: "1.5",
  shadow: true,
  textBoxFontFamily: "system-ui, sans-serif",
  textBoxFontSize: "14px",
  textBoxColor: "rgb(94, 234, 212)",
  textBoxColorHighlighted: "rgb(253, 224, 71)",
  textBoxColorSelected: "rgb(253, 224, 71)",
  textBoxLinkLineColor: "rgb(94, 234, 212)",
  textBoxLinkLineDash: "2,3",
};
