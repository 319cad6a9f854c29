// The reading page by keyboard: which film is on the stage, the finding, Sign, and the way on. The page works
// without this file: its films stand below each other, and everything is a link, a field or a button.

import { register, showKeys } from "./viewer/keys.js";

const room = document.querySelector("[data-room]");
const drawer = document.querySelector("[data-drawer]");
const FINDINGS = ["covid19", "pneumonia", "normal", "other"];
const NAMES = ["COVID-19", "Pneumonia", "Normal", "Other finding"];

// ------------------------------------------------------------------------------------------ one film on the stage

const films = () => [...room.querySelectorAll(".film[data-film]")];
let shown = room.querySelector(".film.shown")?.dataset.film || "";

function mark() {
  for (const part of room.querySelectorAll("[data-film]")) part.classList.toggle("shown", part.dataset.film === shown);
  for (const link of document.querySelectorAll("[data-show-film]")) {
    if (link.dataset.showFilm === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function show(scan) {
  if (!films().some((film) => film.dataset.film === scan)) return false;
  const changed = scan !== shown;
  shown = scan;
  mark();
  if (changed) document.dispatchEvent(new CustomEvent("carina:show-film", { detail: { scan } }));
  return true;
}

function step(by) {
  const all = films();
  const to = all.findIndex((film) => film.dataset.film === shown) + by;
  return to >= 0 && to < all.length && show(all[to].dataset.film);
}

// A link that names a film, in the strip or above it, shows it here instead of jumping.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#scan-']");
  if (link && show(link.hash.replace("#scan-", ""))) event.preventDefault();
  const prior = event.target.closest("a[data-show-prior]");
  if (!prior || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { showPrior: study, scan, picture, taken } = prior.dataset;
  const detail = { study, scan, picture, taken, url: prior.href };
  // Whoever shows it beside the current film says so; otherwise the link leads to it.
  const asked = new CustomEvent("carina:show-prior", { detail, cancelable: true });
  if (!document.dispatchEvent(asked)) event.preventDefault();
});

const named = () => window.location.hash.startsWith("#scan-") && show(window.location.hash.replace("#scan-", ""));
window.addEventListener("hashchange", named);
named();
for (const name of ["htmx:oobAfterSwap", "htmx:afterSettle"]) document.body.addEventListener(name, mark);

// ------------------------------------------------------------------------------------------ the finding

const form = () => document.getElementById("sign-form");

function choose(finding) {
  const radio = form()?.querySelector(`input[name=finding][value="${finding}"]`);
  if (!radio) return false;
  radio.click();
  radio.focus();
  return true;
}

function focusOn(selector) {
  const field = form()?.querySelector(selector);
  if (!field) return false;
  for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  field.scrollIntoView({ block: "nearest" });
  return field.focus();
}

function press(selector) {
  const found = document.querySelector(selector);
  if (!found) return false;
  return found.click();
}

// Without a finding there is nothing to sign: it is asked for, and the server would say so, too.
function sign() {
  const own = form();
  if (!own || own.offsetParent === null) return false;
  const chosen = own.querySelector("input[name=finding]:checked");
  if (chosen) own.querySelector(".sign button[name=next]").click();
  else own.querySelector("input[name=finding]").focus();
  return true;
}

for (const [place, finding] of FINDINGS.entries()) {
  const key = String(place + 1);
  register({ key, group: "Your finding", label: NAMES[place], run: () => choose(finding) });
}
register({ key: "N", group: "Your finding", label: "Write a note", run: () => focusOn("textarea[name=note]") });
register({ key: "z", group: "Your finding", label: "Grade the zones", run: () => focusOn("[name^=zone_]") });
register({ key: "Enter", group: "Your finding", label: "Sign, and go on", run: sign });
register({ key: "u", group: "Your finding", label: "Undo the signature", run: () => press("form.undo button") });
register({ key: "n", group: "Way", label: "Next to read", run: () => press("#next-study") });
register({ key: "b", group: "Way", label: "Back to the one before", run: () => window.history.back() });
register({ key: "]", group: "Way", label: "Next film of the study", run: () => step(1) });
register({ key: "[", group: "Way", label: "Film before it", run: () => step(-1) });

// ------------------------------------------------------------------------------------------ the drawer

const help = drawer.querySelector("[data-keys]");
help.hidden = false;
help.addEventListener("click", showKeys);

function shut(event) {
  if (!drawer.open || drawer.querySelector("[aria-invalid=true], .is-invalid")) return false;
  if (event && drawer.contains(event.target)) return false;
  drawer.open = false;
  return true;
}
document.addEventListener("click", shut);
register({
  key: "Escape",
  group: "Page",
  label: "Close what is open",
  run: () => shut() && drawer.querySelector("summary").focus(),
});
