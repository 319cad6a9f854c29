// The cardiothoracic ratio: one line across the heart, one across the thorax, and the one by the other.

export const CARDIOTHORACIC = "CardiothoracicRatio";
const NEARLY_PARALLEL = 1e-6; // degrees; the library writes nothing beside lines without an angle

const lengthOf = (from, to) => Math.hypot(to[0] - from[0], to[1] - from[1]);

// The ratio of two lines given by their four ends, whichever was drawn first; null while one has no length.
export function ratioOf(points) {
  if (points.length < 4) return null;
  const widths = [lengthOf(points[0], points[1]), lengthOf(points[2], points[3])];
  const thorax = Math.max(...widths);
  return Math.min(...widths) > 0 ? Math.min(...widths) / thorax : null;
}

// The tool, made over the library's for two lines.
export function ratioTool(library) {
  return class RatioTool extends library.CobbAngleTool {
    static toolName = CARDIOTHORACIC;

    constructor(...properties) {
      super(...properties);
      this.configuration.getTextLines = (data) => {
        const ratio = ratioOf(data.handles.points);
        return ratio === null ? [] : [`Cardiothoracic ratio ${ratio.toFixed(2)}`];
      };
    }

    _calculateCachedStats(mark, ...more) {
      const found = super._calculateCachedStats(mark, ...more);
      for (const figures of Object.values(mark.data.cachedStats)) figures.angle ||= NEARLY_PARALLEL;
      return found;
    }
  };
}
