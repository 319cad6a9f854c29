// Sends a film by pieces, then tells a form's address which film came; both go on where the line broke.

import { Line } from "./line.js";
import { dataOf, isBroken, post, whyNotSent } from "./sending.js";

const TRIES = 3;
const PAUSE_MS = 1500; // before another try, longer each time

// `done`: is called with what became of the film, a line for each file in it, or with null and the reason in words.
export function sendFilm(film, form, { address, done }) {
  film.starts();
  film.line ||= new Line(film.file, form, (told) => film.goes(told));
  const refused = (why) => {
    film.tries = 0; // of another press
    done(null, why);
  };
  const answered = (code, answer) => {
    if (code === 200 && answer?.films?.length) return done(answer.films);
    if (!isBroken(code) || film.tries >= TRIES - 1) return refused(whyNotSent(code, answer));
    film.tries += 1;
    film.state.textContent = "waiting for the line";
    window.setTimeout(send, PAUSE_MS * film.tries);
  };
  const handIn = (identifier) => {
    const data = dataOf(form);
    data.append("uploads", identifier);
    film.isChecked();
    post(address, data, answered);
  };
  // From its pieces on: while the line is broken, they wait for it.
  const send = () => film.line.start(handIn, refused);
  send();
}
