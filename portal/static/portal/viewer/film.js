// A film's pixels: first the small picture that the page shows anyway, then every pixel at its full depth. Both
// lie in one frame of coordinates, the film's own pixels as it is shown, from its upper left corner.

const COMPONENTS = 4;
const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };
const AXIAL = [1, 0, 0, 0, 1, 0];

// What the page says of a film, from the attributes of its element.
export function filmOf(element) {
  const { viewer, full, width, height, spacing, turned, detector } = element.dataset;
  const sides = [Number(width), Number(height)];
  const [down, across] = (spacing || "").split(" ").map(Number);
  return {
    scan: viewer,
    full: full || "",
    longest: Math.max(...sides),
    // [across, down] in millimetres a pixel; none where the film does not say
    spacing: across > 0 && down > 0 ? (turned ? [down, across] : [across, down]) : null,
    atDetector: detector === "yes",
  };
}

// The image of the picture in an <img>; its grey levels stand for the film's default window.
export function smallImage(library, film, picture) {
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const coloured = context.getImageData(0, 0, width, height).data;
  const levels = new Uint8Array(width * height);
  for (let place = 0; place < levels.length; place += 1) levels[place] = coloured[place * COMPONENTS];
  const scale = film.longest / Math.max(width, height);
  film.size = [width * scale, height * scale];
  const facts = { low: 0, high: 255, inverted: false, least: 0, most: 255, bits: 8, full: false };
  return added(library, film, `carina-small:${film.scan}:${width}`, levels, [width, height], scale, facts);
}

// Every pixel of the film, fetched and unpacked. Rejects with words for the page.
export async function fullImage(library, film, signal) {
  const response = await fetch(film.full, { signal, priority: "low", credentials: "same-origin" });
  if (!response.ok || !response.headers.has("X-Film")) throw new Error(await said(response));
  const facts = JSON.parse(response.headers.get("X-Film"));
  const values = unpacked(new Uint8Array(await response.arrayBuffer()), facts);
  film.size = [facts.width, facts.height];
  const image = added(library, film, `carina-full:${film.scan}`, values, film.size, 1, { ...facts, full: true });
  image.facts.least = image.minPixelValue;
  image.facts.most = image.maxPixelValue;
  return image;
}

async function said(response) {
  const plain = (response.headers.get("Content-Type") || "").startsWith("text/plain");
  return plain ? response.text() : "The full film could not be fetched.";
}

function added(library, film, imageId, scalarData, dimensions, scale, facts) {
  const image = library.imageLoader.createAndCacheLocalImage(imageId, {
    scalarData,
    dimensions,
    spacing: [scale, scale],
    origin: [scale / 2, scale / 2, 0],
    direction: AXIAL,
    frameOfReferenceUID: frameOf(film),
  });
  image.facts = facts;
  // before the library draws: from a window of no width it makes a negative
  image.windowWidth = facts.high - facts.low;
  image.windowCenter = (facts.high + facts.low) / 2;
  return image;
}

export const frameOf = (film) => `carina:${film.scan}`;

// The values as they were before `imaging/frame.py` packed them: each row holds differences from its neighbour on
// the left, and of two bytes all the upper ones come first.
function unpacked(bytes, { type, width, height }) {
  const Values = TYPES[type];
  if (type === "float32") return new Values(bytes.buffer);
  const values = new Values(width * height);
  const lower = type === "uint8" ? 0 : values.length;
  for (let row = 0; row < height; row += 1) {
    let value = 0;
    for (let place = row * width; place < (row + 1) * width; place += 1) {
      value += lower ? (bytes[place] << 8) | bytes[lower + place] : bytes[place];
      values[place] = value; // kept to its bits by the array
    }
  }
  return values;
}
