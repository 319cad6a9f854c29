// Small pictures of the chosen films, so that a wrong one is seen before it is sent. One is decoded at a time and in
// the background, straight to its small size, and nothing of the file is kept: forty films do not stop a phone.

const SIDE = 48; // as the style sheet shows it
const LARGEST = 32 * 1024 * 1024; // a larger file would cost a phone its memory
const FEWEST_LEVELS = 64; // a film of 12 bits in a file of 16 comes out nearly black: it is brightened
const MIDDLE = 0.25; // of each side, cut off: frames and letters stand there

let line = Promise.resolve();

// Draws the film's picture into its row, after those that were chosen before it.
export function showThumbnail(film) {
  const { file, picture } = film;
  if (!window.createImageBitmap || file.size > LARGEST) return;
  line = line.then(() => picture.isConnected && draw(file, picture)).catch(() => {}); // no picture: told when sent
}

async function draw(file, picture) {
  const pixels = Math.min(2, window.devicePixelRatio || 1) * SIDE;
  const bitmap = await window.createImageBitmap(file, { resizeHeight: pixels, resizeQuality: "medium" });
  try {
    picture.height = pixels;
    picture.width = Math.min(bitmap.width, pixels * 2);
    const canvas = picture.getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    brighten(canvas, picture);
    picture.classList.add("drawn");
  } finally {
    bitmap.close();
  }
  await new Promise((next) => window.setTimeout(next)); // what was tapped meanwhile comes first
}

function brighten(canvas, { width, height }) {
  const [left, top] = [width, height].map((side) => Math.floor(side * MIDDLE));
  const middle = canvas.getImageData(left, top, Math.max(1, width - 2 * left), Math.max(1, height - 2 * top)).data;
  const most = middle.reduce((found, level, place) => (place % 4 === 3 ? found : Math.max(found, level)), 0);
  if (!most || most >= FEWEST_LEVELS) return;
  const shown = canvas.getImageData(0, 0, width, height);
  for (let place = 0; place < shown.data.length; place += 1) {
    if (place % 4 !== 3) shown.data[place] = (shown.data[place] * 255) / most; // clamped by the array
  }
  canvas.putImageData(shown, 0, 0);
}
