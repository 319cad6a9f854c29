// DICOM films of New study: they go one by one and by pieces, on where the line broke, and each is filed as it arrives.
// Without this file the form sends everything at once.

import { make } from "./upload/elements.js";
import { Film, summaryOf } from "./upload/film.js";
import { sendFilm } from "./upload/handing.js";

class DicomFilms {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-files]");
    this.studies = form.querySelector("[data-studies]");
    this.status = form.querySelector("[data-progress-text]");
    this.button = form.querySelector("button[type=submit]");
    this.films = [];
    this.current = null;
  }

  start() {
    for (const input of this.form.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        this.take([...input.files]);
        input.value = "";
      });
    }
    this.form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("beforeunload", (event) => this.current && event.preventDefault());
  }

  take(files) {
    for (const file of files) {
      const film = new Film(file, () => this.leaveOut(film));
      this.list.append(film.row);
      this.films.push(film);
    }
  }

  leaveOut(film) {
    this.films = this.films.filter((one) => one !== film);
    film.row.remove();
    film.line?.discard();
    if (film.is("failed")) this.next();
  }

  submit(event) {
    if (!this.films.length) return; // the server says what is missing
    event.preventDefault();
    this.next();
  }

  next() {
    if (this.current) return;
    const film = this.films.find((one) => one.is("waiting"));
    this.button.disabled = !!film;
    if (!film) {
      this.status.textContent = summaryOf(this.films);
      return;
    }
    this.current = film;
    this.status.textContent = `Sending film ${this.films.indexOf(film) + 1} of ${this.films.length}`;
    sendFilm(film, this.form, {
      address: this.form.action,
      done: (said, why) => {
        this.current = null;
        if (said) this.filed(film, said);
        else film.failed(why, () => this.again(film));
        this.next();
      },
    });
  }

  again(film) {
    film.row.className = "file-waiting";
    this.next();
  }

  // A film names its patient itself: whoever sent it compares the name.
  filed(film, said) {
    film.wasTaken(said);
    for (const { study } of said) {
      const panel = make("div");
      panel.innerHTML = study; // drawn by the portal, names escaped
      const address = panel.querySelector("a")?.getAttribute("href");
      const isShown = [...this.studies.querySelectorAll("a")].some((link) => link.getAttribute("href") === address);
      if (address && !isShown) this.studies.append(...panel.children);
    }
  }
}

for (const form of document.querySelectorAll("form[data-dicom]")) new DicomFilms(form).start();
