// One chosen film: its row in the list, and what became of it.

import { make, makeButton } from "./elements.js";

const MEGABYTE = 1024 * 1024;
const OUTCOMES = {
  received: "✓ received, being checked",
  duplicate: "✓ already here",
  refused: "! not taken",
  other_patient: "✕ another patient’s film",
  held: "! waits for a person",
  conflict: "! not taken",
  skipped: "✓ passed over",
  failed: "! not sent",
};

// "8 received, 3 not taken": without the marks, which stand at each film.
export function summaryOf(films) {
  const counts = {};
  for (const { outcome } of films) counts[outcome] = (counts[outcome] || 0) + 1;
  return Object.keys(counts)
    .map((outcome) => `${counts[outcome]} ${OUTCOMES[outcome].slice(2)}`)
    .join(" · ");
}

function size(bytes) {
  if (bytes < MEGABYTE) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

export class Film {
  constructor(file, remove) {
    Object.assign(this, { file, good: false, tries: 0 });
    this.row = make("li", "file-waiting");
    this.state = make("span", "file-state small", size(file.size));
    this.bar = make("progress");
    Object.assign(this.bar, { max: 1, value: 0, hidden: true });
    this.bar.setAttribute("aria-label", `Sent of ${file.name}`);
    this.text = make("span", "file-text");
    this.remove = makeButton("btn btn-link btn-sm p-0", "Remove", remove);
    this.pause = Object.assign(
      makeButton("btn btn-link btn-sm p-0", "Pause", () => this.pauses()),
      { hidden: true },
    );
    const end = make("span");
    end.append(this.state, " ", this.pause, this.remove);
    this.picture = Object.assign(make("canvas", "file-picture"), { width: 1, height: 1 });
    this.picture.setAttribute("aria-hidden", "true"); // its name stands beside it
    this.row.append(this.picture, make("span", "file-name", file.name), end, this.bar, this.text);
  }

  is(state) {
    return this.row.className === `file-${state}`;
  }

  starts() {
    this.row.className = "file-sending";
    this.remove.hidden = true;
    this.bar.hidden = false;
    this.text.textContent = "";
  }

  // How much is there, and how fast the rest goes or why it does not.
  goes({ sent, words }) {
    this.pause.hidden = false;
    if (sent !== undefined) this.bar.value = sent / (this.file.size || 1);
    const percent = `${Math.floor(100 * this.bar.value)} %`;
    this.state.textContent = words ? `${percent}, ${words}` : percent;
  }

  pauses() {
    const stops = !this.line.paused;
    this.pause.textContent = stops ? "Go on" : "Pause";
    if (stops) this.line.pause();
    else this.line.resume();
  }

  isChecked() {
    this.pause.hidden = true;
    this.bar.value = 1;
    this.state.textContent = "checking";
  }

  ends(outcome, state, text) {
    Object.assign(this, { outcome }).row.className = `file-${outcome}`;
    this.state.textContent = state;
    this.bar.hidden = this.pause.hidden = true;
    this.text.textContent = text;
  }

  // `said`: a line for each file in it.
  wasTaken(said) {
    this.line.forget();
    if (said.length === 1) this.wasAnswered(said[0]);
    else this.heldSeveral(said);
  }

  wasAnswered({ outcome, text, url }) {
    this.good = outcome === "received";
    this.ends(outcome, OUTCOMES[outcome], this.good ? "" : text);
    if (url) this.text.append(" ", Object.assign(make("a", "", "Open that film’s study"), { href: url }));
  }

  // A ZIP: the line of each file in it that was not simply taken.
  heldSeveral(all) {
    const taken = all.filter(({ outcome }) => outcome === "received");
    const others = all.filter((said) => !taken.includes(said));
    this.good = !others.some(({ outcome }) => !["duplicate", "skipped"].includes(outcome));
    this.ends(this.good ? "received" : "refused", `${taken.length} of ${all.length} received`, "");
    const lines = make("ul", "mb-0");
    for (const { name, text } of others) lines.append(make("li", "", `${name}: ${text}`));
    this.text.append(lines);
  }

  failed(text, again) {
    this.ends("failed", OUTCOMES.failed, `${text} `);
    this.text.append(makeButton("btn btn-outline-primary btn-sm", "Try again", again));
    this.remove.hidden = !this.line; // what came of it can be discarded
  }
}
