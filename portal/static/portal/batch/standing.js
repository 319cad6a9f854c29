// What stands above the list when not every file became a row: how many were there already, and one press that sends
// again all that were not sent.

import { make, makeButton } from "../upload/elements.js";

export class Standing {
  // `again`: sends the films that it is called with.
  constructor(list, again) {
    this.failed = [];
    this.known = make("details", "small mb-2");
    this.summary = make("summary");
    this.names = make("ul", "mb-0");
    this.known.append(this.summary, this.names);
    this.button = makeButton("btn btn-primary btn-sm mb-2", "", () => again(this.failed.splice(0)));
    for (const element of [this.button, this.known]) {
      element.hidden = true;
      list.before(element);
    }
  }

  wasThere(name) {
    this.names.append(make("li", "", name));
    const count = this.names.children.length;
    this.summary.textContent = `${count} ${count > 1 ? "files were" : "file was"} in the list already. None was added twice.`;
    this.known.hidden = false;
  }

  // The films that were not sent and are still wanted.
  wereNotSent(films) {
    this.failed = films;
    this.button.textContent = `Try all ${films.length} again`;
    this.button.hidden = films.length < 2;
  }
}
