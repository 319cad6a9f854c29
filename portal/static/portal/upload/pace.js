// How fast a file goes, and how long the rest of it takes, in words.

const WINDOW_MS = 15000; // what was sent in this time makes the speed
const FEWEST_MS = 2000; // before that nobody can say

export class Pace {
  constructor(size) {
    Object.assign(this, { size, marks: [] });
  }

  // So many bytes were there when it began, or went on. Whether it was not under way before.
  begins(sent, now = performance.now()) {
    const isNew = !this.marks.length;
    if (isNew) this.marks.push({ sent, now });
    return isNew;
  }

  // So many bytes of the file are there, now.
  reached(sent, now = performance.now()) {
    this.marks.push({ sent, now });
    while (this.marks.length > 2 && now - this.marks[1].now > WINDOW_MS) this.marks.shift();
  }

  // After a pause, what was sent before says nothing.
  paused() {
    this.marks = [];
  }

  get speed() {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || last.now - first.now < FEWEST_MS) return null;
    return (1000 * (last.sent - first.sent)) / (last.now - first.now);
  }

  // "8 kB/s, about 3 minutes left", or nothing yet.
  get words() {
    const { speed } = this;
    if (!speed) return "";
    return `${rate(speed)}, ${left((this.size - this.marks.at(-1).sent) / speed)}`;
  }
}

function rate(speed) {
  if (speed < 1024 * 1024) return `${Math.max(1, Math.round(speed / 1024))} kB/s`;
  return `${(speed / 1024 / 1024).toFixed(1)} MB/s`;
}

function left(seconds) {
  if (seconds < 10) return "a few seconds left";
  if (seconds < 55) return `about ${10 * Math.ceil(seconds / 10)} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return minutes > 1 ? `about ${minutes} minutes left` : "about a minute left";
  return `about ${Math.round(minutes / 60)} hours left`;
}
