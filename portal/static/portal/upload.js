// Sends films one by one and by pieces, each with its own progress, outcome and another try. The study is entered
// first, so that nothing typed is lost on a bad line. Without this file the form sends everything at once.

import { make } from "./upload/elements.js";
import { Film, summaryOf } from "./upload/film.js";
import { sendFilm } from "./upload/handing.js";
import { loaded } from "./upload/line.js";
import { post, token, whyNotEntered } from "./upload/sending.js";
import { showThumbnail } from "./upload/thumbnails.js";

// The form: takes films, enters the study where there is none yet, and sends one film after the other.
class Upload {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input[type=file]");
    this.list = form.querySelector("[data-files]");
    this.drop = form.querySelector("[data-drop]");
    this.button = form.querySelector("button:not([type=button])");
    this.status = form.querySelector("[data-progress-text]");
    this.notice = form.querySelector("[data-form-error]");
    this.hasStudy = form.dataset.upload === "films";
    this.addresses = this.hasStudy ? { films: form.action, study: window.location.pathname } : null;
    this.films = [];
  }

  start() {
    this.form.querySelector("[data-drop-hint]").hidden = false;
    this.drop.classList.add("ready");
    this.input.addEventListener("change", () => this.take(this.input.files));
    for (const name of ["dragover", "dragenter"]) {
      document.addEventListener(name, (event) => {
        event.preventDefault();
        this.drop.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => this.drop.classList.toggle("over", !!event.relatedTarget));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.drop.classList.remove("over");
      if (event.dataTransfer) this.take(event.dataTransfer.files);
    });
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  take(files) {
    for (const file of files) {
      const film = new Film(file, () => this.leaveOut(film));
      this.list.append(film.row);
      this.films.push(film);
      showThumbnail(film);
    }
    if (this.films.length) loaded(this.form.dataset.tus).catch(() => {}); // asked for again when they are sent
    this.input.value = ""; // our own list holds them; choosing again adds
  }

  async leaveOut(film) {
    this.films.splice(this.films.indexOf(film), 1);
    film.row.remove();
    await film.line?.discard(); // with the last film the page is left, and a request of it ends unheard
    if (film.is("failed")) this.finish();
  }

  say(text) {
    if (this.status) this.status.textContent = text;
  }

  submit(event) {
    if (this.hasStudy && !this.films.length) return; // the server says what is missing
    event.preventDefault();
    this.button.disabled = true;
    this.say("Entering the study");
    if (this.addresses) this.sendAll();
    else this.enterStudy();
  }

  sendAll() {
    const waiting = this.films.filter((film) => film.is("waiting"));
    if (!waiting.length) return this.finish();
    this.say(`Sending film ${this.films.length - waiting.length + 1} of ${this.films.length}`);
    this.send(waiting[0], () => this.sendAll());
  }

  send(film, next) {
    sendFilm(film, this.form, {
      address: this.addresses.films,
      done: (said, why) => {
        if (said) film.wasTaken(said);
        else film.failed(why, () => this.send(film, () => this.finish()));
        next();
      },
    });
  }

  finish() {
    if (this.films.some((film) => film.is("sending"))) return;
    if (this.films.every((film) => film.good)) return window.location.assign(this.addresses.study);
    this.say(summaryOf(this.films));
    const isHere = this.addresses.study === window.location.pathname;
    this.open ||= make("a", "btn btn-primary open-study", isHere ? "Done" : "Open the study");
    this.open.href = this.addresses.study;
    this.button.hidden = true;
    this.button.after(this.open);
  }

  enterStudy() {
    const data = new FormData(this.form);
    data.delete("films");
    data.set("csrfmiddlewaretoken", token(this.form));
    data.append("films_chosen", this.films.length);
    this.clearErrors();
    post(this.form.action || window.location.href, data, (code, answer) => {
      if (code === 201 && answer) this.studyEntered(answer);
      else this.studyNotEntered(code, answer);
    });
  }

  studyEntered(answer) {
    this.addresses = answer;
    this.form.dispatchEvent(new CustomEvent("draft:taken"));
    if (answer.filed) {
      const whose = make("p", `alert alert-${answer.level}`, answer.filed);
      whose.setAttribute("role", "status");
      this.list.before(whose);
    }
    for (const field of this.form.querySelectorAll("fieldset input, fieldset select")) {
      if (field !== this.input) field.disabled = true; // entered: what follows are its films
    }
    this.sendAll();
  }

  studyNotEntered(code, answer) {
    this.button.disabled = false;
    this.say("");
    if (code === 422 && answer) return this.showErrors(answer.errors, answer.shown);
    Object.assign(this.notice, { hidden: false, textContent: whyNotEntered(code, answer) });
  }

  // `shown`: hidden fields that say to the server, next time, what was shown now.
  showErrors(errors, shown = {}) {
    for (const [name, value] of Object.entries(shown)) this.form.elements[name].value = value;
    const marked = "Nothing was entered yet: please look at the marked fields.";
    Object.assign(this.notice, { hidden: false, textContent: marked });
    let first = null;
    for (const [name, texts] of Object.entries(errors)) {
      const field = this.form.elements[name];
      const text = texts.join(" ");
      if (!field || field.type === "hidden") {
        this.notice.textContent = text;
        continue;
      }
      const words = make("div", "invalid-feedback d-block", text);
      words.id = `error-${name}`;
      words.dataset.error = "";
      field.classList.add("is-invalid");
      if (field.type === "checkbox") field.checked = false; // a tick answers what is shown, not what was
      field.setAttribute("aria-describedby", words.id);
      field.after(words);
      first = first || field;
    }
    (first || this.notice).focus();
  }

  clearErrors() {
    this.notice.hidden = true;
    for (const node of this.form.querySelectorAll("[data-error], .invalid-feedback")) node.remove();
    for (const node of this.form.querySelectorAll(".is-invalid")) node.classList.remove("is-invalid");
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) new Upload(form).start();
