// The rows of the list: what is typed is kept by the portal as it is typed, and it says whose a number is.

import { dataOf, isBroken, post } from "../upload/sending.js";

const QUIET_MS = 500; // after the last key
const AGAIN_MS = 4000; // while the line is broken

// A page that is loaded again may be drawn before the portal has the last keys. They wait here, under a name of
// drafts.js, which deletes it when somebody signs out or somebody else signs in.
const SHELF = `draft:${document.body.dataset.user}:batch`;

// The browser may forbid storage; then the last half second is lost.
function shelf(act) {
  try {
    return act(window.sessionStorage);
  } catch {
    return null;
  }
}

class Row {
  constructor(list, element) {
    Object.assign(this, { list, element, typed: 0, kept: 0, timer: 0, isSending: false });
    this.number = element.querySelector('input[name$="-number"]'); // none where the film was not taken
    element.addEventListener("input", ({ target }) => {
      if (target === this.number) this.namesNobody();
      this.change(QUIET_MS);
    });
    element.addEventListener("change", () => this.change(0));
    element.querySelector("[data-remove]")?.addEventListener("click", (event) => this.remove(event));
    const picture = element.querySelector("img");
    picture?.addEventListener("error", () => picture.remove());
  }

  get isKept() {
    return this.kept === this.typed;
  }

  // A name beside a number that is being typed would be somebody else's.
  namesNobody() {
    this.element.querySelector("[data-whose]").textContent = "";
  }

  change(pause) {
    this.typed += 1;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.keep(), pause);
    this.list.said();
  }

  get fields() {
    return [...this.element.querySelectorAll("input, select")];
  }

  putBack(known) {
    const found = this.fields.filter(({ name }) => name in known);
    for (const field of found) {
      if (field.type === "checkbox") field.checked = known[field.name];
      else field.value = known[field.name];
    }
    if (found.includes(this.number)) this.namesNobody();
    if (found.length) this.change(0);
  }

  data() {
    const data = dataOf(this.list.form);
    for (const field of this.fields) {
      if (field.type !== "checkbox" || field.checked) data.append(field.name, field.value);
    }
    return data;
  }

  keep() {
    if (this.isSending || this.isKept || !this.element.isConnected) return;
    const typed = this.typed;
    const number = this.number?.value;
    this.isSending = true;
    post(this.element.dataset.row, this.data(), (code, answer) => {
      this.isSending = false;
      if (code === 200 && answer) {
        this.kept = typed;
        if (this.number?.value === number) this.tell(answer);
        this.list.said();
      } else {
        this.list.notKept(code, answer);
      }
      if (!this.isKept && (isBroken(code) || code === 200)) {
        this.timer = window.setTimeout(() => this.keep(), code === 200 ? 0 : AGAIN_MS);
      }
    });
  }

  tell({ whose, is_open: isOpen, is_asked: isAsked, told }) {
    this.element.querySelector("[data-whose]").innerHTML = whose; // drawn by the portal, names escaped
    if (isOpen) this.element.querySelector("[data-person]").open = true;
    if (!isAsked) this.element.querySelector("[data-alike]")?.remove(); // that was about another number
    if (!told) this.element.querySelector("[data-told]")?.remove();
  }

  // While the page goes away, nothing but this is still sent.
  keepAtLast() {
    if (this.isKept) return;
    fetch(this.element.dataset.row, {
      method: "POST",
      body: this.data(),
      keepalive: true,
      headers: { Accept: "application/json" },
    }).catch(() => {});
  }

  remove(event) {
    event.preventDefault();
    post(event.currentTarget.formAction, dataOf(this.list.form), (code, answer) => {
      if (code === 200 && answer) return this.list.drop(this);
      this.list.say(answer?.text || "It was not taken out: the line is broken, or the film is being sent. Try again.");
    });
  }
}

export class Rows {
  constructor(form, say) {
    Object.assign(this, {
      form,
      say,
      body: form.querySelector("[data-rows]"),
      frame: form.querySelector("[data-list]"),
    });
    this.rows = [...this.body.children].map((element) => new Row(this, element));
    window.addEventListener("pagehide", () => {
      if (!this.signsOut) this.putAside();
      this.atLast();
    });
    document.addEventListener("submit", ({ target }) => {
      this.signsOut = target.getAttribute("action")?.endsWith("/logout/"); // nothing stays behind then
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.atLast());
    window.addEventListener("online", () => this.keepAll());
    const aside = shelf((place) => JSON.parse(place.getItem(SHELF) || "null"));
    if (aside) for (const row of this.rows) row.putBack(aside.fields);
  }

  // False where the page shows this row already.
  add(html, address) {
    if (this.rows.some(({ element }) => element.dataset.row === address)) return false;
    const body = document.createElement("tbody");
    body.innerHTML = html; // drawn by the portal, names escaped
    const element = body.firstElementChild;
    this.body.append(element);
    this.rows.push(new Row(this, element));
    this.frame.hidden = false;
    return true;
  }

  drop(row) {
    this.rows.splice(this.rows.indexOf(row), 1);
    row.element.remove();
    this.frame.hidden = !this.rows.length;
    this.say("Taken out of the list.");
  }

  get areKept() {
    return this.rows.every((row) => row.isKept);
  }

  keepAll() {
    for (const row of this.rows) row.keep();
  }

  atLast() {
    for (const row of this.rows) row.keepAtLast();
  }

  putAside() {
    const fields = {};
    for (const row of this.rows.filter(({ isKept }) => !isKept)) {
      for (const field of row.fields) fields[field.name] = field.type === "checkbox" ? field.checked : field.value;
    }
    if (!Object.keys(fields).length) return;
    shelf((place) => place.setItem(SHELF, JSON.stringify({ at: Date.now(), about: "", fields })));
  }

  said() {
    this.say(this.areKept ? "What you typed is kept." : "Keeping what you type");
    if (this.areKept) shelf((place) => place.removeItem(SHELF));
    this.whenKept?.();
  }

  notKept(code, answer) {
    if (isBroken(code)) return this.say("The line is broken. What you type is kept once it is back.");
    this.say(answer?.text || "You are signed out. Sign in in another tab; the list is still there.");
    this.whenKept = null;
    this.whenNot?.();
  }

  // Calls `then` once everything that was typed is kept, or `otherwise` if the portal does not take it.
  flush(then, otherwise) {
    this.whenNot = otherwise;
    this.whenKept = () => {
      if (!this.areKept) return;
      this.whenKept = null;
      this.whenNot = null;
      then();
    };
    this.keepAll();
    this.whenKept();
  }
}
