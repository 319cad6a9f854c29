// A film while it comes: says that it is not whole yet, and keeps the line for it and for what the reader does next.

const SLOW = 30; // bytes a millisecond: on a slower line the station, a megabyte, would take more than half a minute
const TELLING_BYTES = 4000; // of less nobody can say how fast it came

// Waits for the picture, then calls `start`, which fetches the station: at once, or on a slow line on request.
export async function come(element, plain, start) {
  await whole(element, plain);
  plain.pace = pace();
  if (plain.pace > SLOW || (await isHere(element.dataset.library))) await start();
  else await new Promise((done, failed) => offer(element, () => start().then(done, failed)));
}

// Resolves once a picture is there, or a better one in its place.
export function arrived(picture) {
  return new Promise((done, failed) => {
    const look = () => {
      if (!picture.complete) return;
      if (picture.naturalWidth) done();
      else failed(new Error("The picture did not come."));
    };
    for (const name of ["load", "error"]) picture.addEventListener(name, look, { once: true });
    window.setTimeout(look); // an address that has just changed takes a moment to count
  });
}

// How fast what the page fetched came, in bytes a millisecond of those in which something came; endless where all was
// here already. Of one file alone it says little: after a lost packet the rest of it may come at one stroke.
function pace() {
  if (navigator.connection?.saveData) return 0;
  const fetched = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  const telling = fetched.filter((one) => one.transferSize > TELLING_BYTES);
  let [bytes, busy, until] = [0, 0, 0];
  for (const one of telling.sort((first, second) => first.responseStart - second.responseStart)) {
    bytes += one.transferSize;
    busy += Math.max(0, one.responseEnd - Math.max(one.responseStart, until));
    until = Math.max(until, one.responseEnd);
  }
  return bytes ? bytes / Math.max(1, busy) : Number.POSITIVE_INFINITY;
}

async function isHere(address) {
  try {
    return (await fetch(address, { cache: "only-if-cached", mode: "same-origin" })).ok;
  } catch {
    return false;
  }
}

function make(tag, className, textContent) {
  return Object.assign(document.createElement(tag), { className, textContent });
}

function makeButton(className, text, act) {
  const button = Object.assign(make("button", className, text), { type: "button" });
  button.addEventListener("click", act);
  return button;
}

function say(element, text, className) {
  const note = make("p", `stage-note ${className}`, text);
  note.setAttribute("role", "status");
  element.querySelector(".stage").append(note);
  return note;
}

// Waits until the picture is there, however often the line breaks.
async function whole(element, plain) {
  const note = say(element, "Coarse so far: the film itself is still coming.", "coming");
  try {
    await arrived(plain.picture);
  } catch {
    note.remove();
    await askedAgain(element);
    plain.picture.src = plain.picture.getAttribute("src"); // fetched anew, though it is the same
    await whole(element, plain);
  } finally {
    note.remove();
  }
}

function askedAgain(element) {
  return new Promise((done) => {
    const failed = say(element, "The line broke: the film did not come whole. ", "");
    const act = () => {
      failed.remove();
      done();
    };
    failed.append(makeButton("btn btn-outline-light btn-sm", "Fetch it again", act));
  });
}

function offer(element, start) {
  const words = make("span", "slow-line", "Slow line. Plus and minus zoom, arrows move, I inverts. ");
  const ask = makeButton("btn btn-link btn-sm p-0", "Fetch viewing tools", () => {
    words.textContent = "The viewing tools are coming: you can read meanwhile.";
    start().finally(() => words.remove());
  });
  words.append(ask, " (1 MB, once)");
  element.querySelector(".film-facts").append(words);
}
