// Sends one file to the list. Everything else asks this function alone, so that another way of sending, such as one
// that goes on where the line broke, can take its place.

import { isBroken, post, whyNotSent } from "../upload/sending.js";
import { dataOf } from "./form.js";

const TRIES = 6;
const PAUSE_MS = 1500; // before another try, longer each time

// Calls `progress` with the event of each part, `waits` while the line is broken, and at the end `done` with the
// portal's lines about the file, or with null and the reason in words.
export function sendFile(form, file, { progress, waits, done }) {
  let tries = 0;
  const attempt = () => {
    const data = dataOf(form);
    data.append("films", file, file.name);
    const answered = (code, answer) => {
      if (code === 200 && answer?.films) return done(answer.films);
      tries += 1;
      if (!isBroken(code) || tries >= TRIES) return done(null, answer?.films?.[0]?.text || whyNotSent(code, answer));
      waits();
      window.setTimeout(attempt, PAUSE_MS * tries);
    };
    post(form.dataset.add, data, answered, progress);
  };
  attempt();
}
