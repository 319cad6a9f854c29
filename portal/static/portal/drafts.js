// Keeps what is typed into a form until it is taken, in this tab and for this person alone: after a session has
// ended, whoever signs in again finds it back; somebody else who signs in deletes it. A form opts in by its field
// `draft` (template tag `keeps`), which names it. Passwords, files and hidden fields are never kept, but for a hidden
// field that asks for it (data-draft-hidden). Where the form shows something else than it did (data-draft-about), only
// words come back: a choice was about what was shown.

const PREFIX = "draft:";
const HOURS_KEPT = 12;
const NEVER = ["hidden", "password", "file", "submit", "button", "reset"];
const CHOICES = ["radio", "checkbox", "select-one", "select-multiple"];

// On Django admin's pages the idle warning alone says who is there.
const person = document.body.dataset.user || document.getElementById("idle")?.dataset.person || "";
const keyOf = (name) => `${PREFIX}${person}:${name}`;

function cookie(name) {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// The browser may forbid storage; then forms work as they do without this file.
function stored(act) {
  try {
    return act(window.sessionStorage);
  } catch {
    return null;
  }
}

function drafts() {
  return stored((shelf) => Object.keys(shelf).filter((key) => key.startsWith(PREFIX))) || [];
}

function forget(keys) {
  for (const key of keys) stored((shelf) => shelf.removeItem(key));
}

function read(name) {
  return stored((shelf) => JSON.parse(shelf.getItem(keyOf(name)) || "null"));
}

function forgetWhatMayNotStay() {
  if (!person) return; // signed out: whose drafts may stay is known once somebody signs in
  forget(drafts().filter((key) => !key.startsWith(keyOf(""))));
  const old = Date.now() - HOURS_KEPT * 3600 * 1000;
  forget(drafts().filter((key) => (stored((shelf) => JSON.parse(shelf.getItem(key)).at) || 0) < old));
  const taken = cookie("draft_taken").replaceAll('"', "");
  if (!taken) return;
  forget([keyOf(taken)]);
  // biome-ignore lint/suspicious/noDocumentCookie: not every browser knows the Cookie Store API
  document.cookie = "draft_taken=; Max-Age=0; Path=/; SameSite=Strict";
}

const isKept = (field) =>
  field.name && (!NEVER.includes(field.type) || "draftHidden" in field.dataset) && !("noDraft" in field.dataset);

// Boxes to tick may share a name, each with a value of its own.
const nameOf = (field) =>
  field.type === "checkbox" && field.value !== "on" ? `${field.name}=${field.value}` : field.name;

function isChanged(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.type === "hidden") return field.value !== ""; // its default follows its value
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

class Draft {
  constructor(form) {
    this.form = form;
    this.name = form.elements.draft.value;
    this.about = form.dataset.draftAbout || "";
  }

  start() {
    this.form.dataset.draftReady = "yes";
    this.restore();
    for (const name of ["input", "change"]) this.form.addEventListener(name, () => this.save());
    this.form.addEventListener("draft:taken", () => forget([keyOf(this.name)]));
  }

  fields() {
    return [...this.form.elements].filter(isKept);
  }

  save() {
    const known = read(this.name)?.fields || {};
    const fields = {};
    for (const field of this.fields()) {
      if (!isChanged(field) && !(nameOf(field) in known)) continue;
      if (field.type === "radio" && !field.checked) continue;
      fields[nameOf(field)] = field.type === "checkbox" ? field.checked : field.value;
    }
    const draft = JSON.stringify({ at: Date.now(), about: this.about, fields });
    stored((shelf) => shelf.setItem(keyOf(this.name), draft));
  }

  restore() {
    const draft = read(this.name);
    if (!draft) return;
    let found = false;
    for (const field of this.fields()) {
      if (!(nameOf(field) in draft.fields)) continue;
      if (CHOICES.includes(field.type) && draft.about !== this.about) continue;
      found = this.put(field, draft.fields[nameOf(field)]) || found;
    }
    if (!found) return;
    this.say();
    this.form.dispatchEvent(new CustomEvent("draft:restored", { bubbles: true }));
  }

  put(field, value) {
    if (field.type === "radio" || field.type === "checkbox") {
      const wanted = field.type === "radio" ? field.value === value : value;
      if (field.checked === wanted || (field.type === "radio" && !wanted)) return false;
      field.checked = wanted;
      return true;
    }
    if (field.value === value) return false;
    field.value = value;
    return field.value === value;
  }

  say() {
    const note = document.createElement("p");
    note.className = "alert alert-info small";
    note.setAttribute("role", "status");
    note.textContent = "What you had typed here is back. Nothing of it was sent. ";
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Discard it" });
    button.className = "btn btn-link btn-sm p-0";
    button.addEventListener("click", () => {
      forget([keyOf(this.name)]);
      for (const field of this.fields()) if (field.type === "hidden") field.value = ""; // a reset leaves it
      this.form.reset();
      note.remove();
    });
    note.append(button);
    this.form.prepend(note);
    for (let box = this.form.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  }
}

function startAll() {
  if (!person) return;
  for (const form of document.forms) {
    if (form.elements.draft && form.elements.form_of?.value === person && !form.dataset.draftReady) {
      new Draft(form).start();
    }
  }
}

// A sign-in in another tab changes the token; the form's owner still stands in the form, and the portal compares.
document.addEventListener(
  "submit",
  (event) => {
    const { elements, action } = event.target;
    const token = cookie("csrftoken");
    if (elements.form_of && elements.csrfmiddlewaretoken && token) elements.csrfmiddlewaretoken.value = token;
    if (typeof action === "string" && new URL(action).pathname.endsWith("/accounts/logout/")) forget(drafts());
  },
  true,
);

forgetWhatMayNotStay();
startAll();
for (const name of ["htmx:oobAfterSwap", "htmx:afterSettle"]) document.body.addEventListener(name, startAll);
