// The list of many films: files go up one by one, by pieces, while others are dropped or rows are typed; they and Send
// go on where the line broke. Without this file the form does the same with its buttons.

import { filesOf } from "./batch/dropped.js";
import { Rows } from "./batch/rows.js";
import { Standing } from "./batch/standing.js";
import { Film } from "./upload/film.js";
import { sendFilm } from "./upload/handing.js";
import { dataOf, isBroken, post } from "./upload/sending.js";
import { showThumbnail } from "./upload/thumbnails.js";

const AGAIN_MS = 3000;
const TRIES = 10;
const byName = new Intl.Collator(undefined, { numeric: true });

class ManyFilms {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-files]");
    this.area = form.querySelector("[data-drop]");
    this.status = form.querySelector("[data-progress-text]");
    this.button = form.querySelector("[data-send-button]");
    this.rows = new Rows(form, (text) => this.say(text));
    this.standing = new Standing(this.list, (films) => this.again(films));
    this.films = []; // those that wait for their turn
    this.failed = [];
    this.current = null;
  }

  start() {
    this.form.querySelector("[data-drop-hint]").hidden = false;
    this.form.querySelector("[data-add-button]").hidden = true; // choosing adds
    this.form.querySelector("[data-keep-button]").hidden = true; // typing keeps
    this.area.classList.add("ready");
    for (const input of this.form.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        this.take([...input.files]);
        input.value = "";
      });
    }
    for (const name of ["dragover", "dragenter"]) {
      document.addEventListener(name, (event) => {
        event.preventDefault();
        this.area.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => this.area.classList.toggle("over", !!event.relatedTarget));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.area.classList.remove("over");
      if (event.dataTransfer) filesOf(event.dataTransfer).then((files) => this.take(files));
    });
    this.form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("beforeunload", (event) => this.current && event.preventDefault());
  }

  say(text) {
    this.status.textContent = text;
  }

  take(files) {
    // A folder gives its files in no order.
    for (const file of [...files].sort((one, other) => byName.compare(one.name, other.name))) {
      const film = new Film(file, () => this.leaveOut(film));
      this.list.append(film.row);
      this.films.push(film);
      showThumbnail(film);
    }
    this.next();
  }

  // One that waits for its turn, or that failed.
  leaveOut(film) {
    this.films = this.films.filter((one) => one !== film);
    this.isSettled(film);
    film.row.remove();
    film.line?.discard();
  }

  // One at a time: what the list took makes room for the next, however many they are.
  next() {
    if (this.current || !this.films.length) return;
    const film = this.films.shift();
    this.current = film;
    sendFilm(film, this.form, {
      address: this.form.dataset.add,
      done: (lines, why) => {
        this.current = null;
        if (lines) this.added(film, lines);
        else this.wasNotSent(film, why);
        this.next();
        if (!this.current) this.idle?.();
      },
    });
  }

  wasNotSent(film, why) {
    film.failed(why, () => this.again([film]));
    this.failed.push(film);
    this.standing.wereNotSent(this.failed);
  }

  isSettled(film) {
    this.failed = this.failed.filter((one) => one !== film);
    this.standing.wereNotSent(this.failed);
  }

  again(films) {
    for (const film of films) {
      this.isSettled(film);
      this.films.push(film);
      film.row.className = "file-waiting";
      film.text.textContent = "";
    }
    this.next();
  }

  // A file that has become a row needs no line of its own any more; what else became of it stays to be read. Where its
  // pieces went stays remembered: dropped again with its folder, it is not sent again.
  added(film, lines) {
    // Also that of a file whose answer was lost the first time, so that it came twice.
    const others = lines.filter(({ row, address }) => !row || !this.rows.add(row, address));
    for (const line of others) if (line.known) this.standing.wasThere(line.name);
    const told = others.filter((line) => !line.known);
    if (!told.length) return film.row.remove();
    const text = told.map((line) => (lines.length > 1 ? `${line.name}: ${line.text}` : line.text)).join(" ");
    film.ends("duplicate", "not added again", text);
  }

  submit(event) {
    if (event.submitter !== this.button) return;
    event.preventDefault();
    if (this.button.disabled) return;
    this.button.disabled = true;
    if (this.current) {
      this.say("Sending begins once the films above are up.");
      this.idle = () => {
        this.idle = null;
        this.sendRows();
      };
      return;
    }
    this.sendRows();
  }

  sendRows() {
    this.say("Keeping what you typed");
    const again = () => {
      this.button.disabled = false;
    };
    this.rows.flush(() => this.send(0), again);
  }

  send(tries) {
    this.say(tries ? "The line is broken. Trying again; nothing is sent twice." : "Sending");
    post(this.form.dataset.send, dataOf(this.form), (code, answer) => {
      if (code === 200 && answer) {
        if (answer.left && answer.films) return this.send(0);
        return window.location.assign(this.form.action);
      }
      if (isBroken(code) && tries < TRIES) return window.setTimeout(() => this.send(tries + 1), AGAIN_MS);
      this.button.disabled = false;
      this.say(answer?.text || "Not sent: the line is broken, or you are signed out. The list is kept. Try again.");
    });
  }
}

for (const form of document.querySelectorAll("form[data-batch]")) new ManyFilms(form).start();
