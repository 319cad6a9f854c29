// Sends one file by pieces (the protocol tus): it goes on by itself when the line comes back, and where it stopped when
// the same file is chosen again.

import { Pace } from "./pace.js";
import { fingerprint, remembered } from "./remembered.js";
import { token, whyNotSent } from "./sending.js";

const LEAST_PIECE = 64 * 1024;
const LARGEST_PIECE = 256 * 1024;
const PIECE_SECONDS = 8; // that a piece travels: a bar that stands still for longer looks broken
const PAUSES_MS = [0, 1000, 3000, 5000, 10000]; // then, while nothing answers, for as long as it takes:
const LONG_PAUSE_MS = 15000;
const TRY_AGAIN = [409, 423, 460]; // of what the server says no to
const TOO_LARGE = 413;
const UNREADABLE = "This file cannot be read any more. Remove it, and choose it again.";
const SIGNED_OUT = "You have been signed out. Sign in in another tab, then try again: it goes on where it stopped.";

let library = null;

// Fetches what sends films, once.
export function loaded(address) {
  library ??= import(address).catch((error) => {
    library = null; // the line broke: the next try asks again
    throw error;
  });
  return library;
}

export class Line {
  // `form`: has the token and the addresses. `tell`: is called with { sent, words } while the file goes.
  constructor(file, form, tell) {
    Object.assign(this, { file, form, tell, pace: new Pace(file.size), upload: null, paused: false });
    this.goOn = this.goOn.bind(this);
  }

  // Sends what is missing. `done`: is called with the file's identifier; `failed`: with the reason, in words.
  start(done, failed) {
    Object.assign(this, { done, failed, paused: false });
    loaded(this.form.dataset.tus).then(
      (tus) => this.begin(tus).catch(() => failed(UNREADABLE)),
      () => failed(whyNotSent(0, null)),
    );
  }

  pause() {
    this.paused = true;
    this.stopWaiting();
    this.pace.paused();
    this.upload?.abort();
    this.tell({ words: "paused" });
  }

  resume() {
    this.paused = false;
    this.goOn();
  }

  // Nothing of it is wanted any more, here or there.
  async discard() {
    this.stopWaiting();
    await this.upload?.abort(true).catch(() => {}); // what is left there goes when its time is over
  }

  // The portal took the file in: chosen again, it is sent anew.
  forget() {
    if (this.upload?._urlStorageKey) remembered.removeUpload(this.upload._urlStorageKey);
  }

  async begin(tus) {
    if (!this.upload) {
      this.upload = new tus.Upload(this.file, this.options());
      const [known] = await this.upload.findPreviousUploads();
      if (known) {
        this.upload.resumeFromPreviousUpload(known);
        noLongerWaits(known.uploadUrl);
      }
    }
    if (!this.paused) this.goOn();
  }

  options() {
    return {
      endpoint: this.form.dataset.pieces,
      metadata: { filename: this.file.name },
      chunkSize: LEAST_PIECE,
      retryDelays: PAUSES_MS,
      fingerprint,
      urlStorage: remembered,
      onBeforeRequest: (request) => {
        request.setHeader("Accept", "application/json");
        request.setHeader("X-CSRFToken", token(this.form));
      },
      onAfterResponse: (request, response) => checkAnswer(request.getMethod(), response),
      onShouldRetry: (error) => mayWork(error),
      // what waits in the browser and in the line would look as if it were sent: only whole pieces count
      onProgress: (sent) => this.begins(sent),
      onChunkComplete: (_, sent) => this.isSent(sent),
      onSuccess: () => this.done(this.upload.url.split("/").at(-2)),
      onError: (error) => this.broke(error),
    };
  }

  begins(sent) {
    if (!this.paused && this.pace.begins(sent)) this.tell({ sent, words: "" });
  }

  isSent(sent) {
    if (this.paused) return;
    this.pace.reached(sent);
    const wanted = (this.pace.speed || 0) * PIECE_SECONDS;
    this.upload.options.chunkSize = Math.round(Math.max(LEAST_PIECE, Math.min(wanted, LARGEST_PIECE)));
    this.tell({ sent, words: this.pace.words });
  }

  broke(error) {
    const status = error.originalResponse?.getStatus() || 0;
    this.pace.paused();
    if (!error.originalRequest) return this.failed(UNREADABLE);
    if (status && status < 400) return this.failed(SIGNED_OUT);
    if (status) {
      const why = whyNotSent(status, said(error)); // what is discarded has no answer any more
      if (status === TOO_LARGE) this.discard(); // the rest of it is wanted no more, and its place is another's
      return this.failed(why);
    }
    this.tell({ words: "waiting for the line" });
    window.addEventListener("online", this.goOn);
    this.waiting = window.setTimeout(this.goOn, LONG_PAUSE_MS);
  }

  goOn() {
    this.stopWaiting();
    this.upload.start();
  }

  stopWaiting() {
    window.removeEventListener("online", this.goOn);
    window.clearTimeout(this.waiting);
  }
}

// The page lists what waits for its rest: a file that goes on is in the list of those being sent instead.
function noLongerWaits(address) {
  const found = [...document.querySelectorAll("[data-on-its-way]")].find(({ dataset }) =>
    address.endsWith(dataset.onItsWay),
  );
  const list = found?.closest("section");
  found?.remove();
  if (list && !list.querySelector("[data-on-its-way]")) list.remove();
}

// tus-js-client begins a file anew where the portal cannot say how much of it is there, as while it restarts.
function checkAnswer(method, response) {
  if (method === "HEAD" && response.getStatus() >= 500) throw new Error("The portal does not answer just now.");
}

// Whether the same request may work in a while: not where the server says that it is at fault.
function mayWork(error) {
  const status = error.originalResponse?.getStatus() || 0;
  return !status || status >= 500 || TRY_AGAIN.includes(status);
}

function said(error) {
  try {
    return JSON.parse(error.originalResponse.getBody());
  } catch {
    return null; // no answer of ours
  }
}
