// What the film viewer uses of Cornerstone3D, as one module: script/setup bundles it into build/front-end.

export {
  cache,
  Enums,
  eventTarget,
  getEnabledElement,
  imageLoader,
  init as initCore,
  metaData,
  RenderingEngine,
  Settings,
  setUseCPURendering,
  utilities,
} from "@cornerstonejs/core";
export {
  AngleTool,
  CobbAngleTool,
  addTool,
  annotation,
  ArrowAnnotateTool,
  cursors,
  drawing,
  EllipticalROITool,
  Enums as ToolEnums,
  init as initTools,
  LengthTool,
  MagnifyTool,
  PanTool,
  ToolGroupManager,
  utilities as toolUtilities,
  WindowLevelTool,
  ZoomTool,
} from "@cornerstonejs/tools";
