// Every key of the page, in one place: parts of the page register theirs, `?` shows them all. A key counts anywhere
// but in a text field, and not together with Ctrl, Alt or the system's key, which belong to the browser.

const TEXT = "textarea, select, [contenteditable=true], input";
const NO_TEXT = ["radio", "checkbox", "button", "submit", "reset", "range", "file", "image"];
const PRESSED = "a[href], button, summary, input, label, [role=button]";
const NATIVE = ["Enter", " "]; // press what has the focus
const SLIDES = /^(Arrow|Home$|End$|Page)/; // move the slider that has the focus

const entries = [];
const held = new Map();

// Registers a key. key: as KeyboardEvent.key says it ("n", "N", "Enter", "ArrowUp"). group, label: how `?` tells it.
// run(event), release(event): what it does; a `run` that returns false has done nothing. repeat: also while held
// down. Returns a function that takes the key back. Of two with the same key, the one that came later is asked first.
export function register({ key, group, label, run, release = null, repeat = false, shown = key }) {
  const entry = { key, group, label, run, release, repeat, shown };
  entries.unshift(entry);
  return () => {
    const place = entries.indexOf(entry);
    if (place >= 0) entries.splice(place, 1);
  };
}

// What is registered, for those who show it.
export function list() {
  return [...entries].reverse();
}

// Whether a key pressed there is text.
export function isTyping(target) {
  const field = target instanceof Element ? target.closest(TEXT) : null;
  return Boolean(field) && !NO_TEXT.includes(field.type);
}

function belongsElsewhere(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return true;
  if (event.target instanceof Element && event.target.matches("[type=range]") && SLIDES.test(event.key)) return true;
  return NATIVE.includes(event.key) && event.target instanceof Element && Boolean(event.target.closest(PRESSED));
}

// On the way down: the viewing library keeps what reaches its element to itself.
document.addEventListener("keydown", press, true);

function press(event) {
  if (event.defaultPrevented || belongsElsewhere(event)) return;
  for (const entry of entries.filter((known) => known.key === event.key)) {
    if (event.repeat && !entry.repeat) {
      event.preventDefault(); // a held space would scroll the page
      return;
    }
    if (entry.run(event) === false) continue;
    if (entry.release) held.set(event.key, entry);
    event.preventDefault();
    return;
  }
}

function letGo(key, event) {
  const entry = held.get(key);
  held.delete(key);
  if (entry) entry.release(event);
}

document.addEventListener("keyup", (event) => letGo(event.key, event), true);
window.addEventListener("blur", (event) => {
  for (const key of [...held.keys()]) letGo(key, event);
});

// ------------------------------------------------------------------------------------------------ the dialog

const NAMES = { " ": "Space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };
let dialog = null;

function make(tag, text = "", className = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className });
}

function sectionOf(group) {
  const section = make("section");
  const rows = make("dl");
  for (const entry of list().filter((known) => known.group === group)) {
    const name = make("dt");
    name.append(make("kbd", NAMES[entry.shown] || entry.shown));
    rows.append(name, make("dd", entry.label));
  }
  section.append(make("h3", group), rows);
  return section;
}

export function showKeys() {
  if (!dialog) {
    dialog = make("dialog", "", "all-keys");
    dialog.setAttribute("aria-labelledby", "all-keys-title");
    document.body.append(dialog);
  }
  const head = make("header");
  const title = Object.assign(make("h2", "Keys"), { id: "all-keys-title" });
  const close = Object.assign(make("button", "Close", "btn btn-outline-secondary"), { type: "button" });
  close.addEventListener("click", () => dialog.close());
  head.append(title, close);
  const groups = [...new Set(list().map((entry) => entry.group))];
  const body = make("div", "", "all-keys-groups");
  body.append(...groups.map(sectionOf));
  dialog.replaceChildren(head, body);
  dialog.showModal();
}

register({ key: "?", group: "Page", label: "Show every key", run: showKeys });
