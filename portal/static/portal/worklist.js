// The worklist by keyboard, new rows as they arrive, and the preview of the row that has the focus.
// Pages work without this file.

const list = document.getElementById("list");
const body = list?.tBodies[0];
const fresh = document.getElementById("fresh");
const preview = document.getElementById("preview");
const bulk = document.getElementById("together");
const PAUSE_MS = 200; // the focus rests on a row before its preview is fetched

const links = () => [...document.querySelectorAll("#list .row-link")];

function move(step) {
  const all = links();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement?.closest("tr")?.querySelector(".row-link"));
  const to = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
  all[to].focus();
  all[to].closest("tr").scrollIntoView({ block: "nearest" });
}

function select() {
  const box = document.activeElement?.closest("#list tr")?.querySelector("input[type=checkbox]");
  if (box) box.click();
}

const actions = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  x: select,
  n: () => document.getElementById("next-study")?.click(),
  "/": () => document.getElementById("id_q").focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || !actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
});

// A click anywhere in a row opens it; the link inside stays the real one.
body?.addEventListener("click", (event) => {
  if (event.target.closest("a, input") || String(window.getSelection())) return;
  event.target.closest("tr")?.querySelector(".row-link").click();
});

// ---- the selected
function countSelected() {
  const number = document.querySelectorAll("#list input[name=study]:checked").length;
  bulk.querySelector("[data-selected]").textContent = number ? `${number} selected:` : "With the selected:";
  bulk.classList.toggle("some", number > 0);
}
if (bulk) {
  body.addEventListener("change", countSelected);
  countSelected();
}

// ---- the preview, where there is room for it
let waiting = 0;
body?.addEventListener("focusin", (event) => {
  const link = event.target.closest("tr")?.querySelector("[data-preview]");
  window.clearTimeout(waiting);
  if (!link || !preview.offsetParent || preview.dataset.of === link.dataset.preview) return;
  waiting = window.setTimeout(() => {
    preview.dataset.of = link.dataset.preview;
    window.htmx?.ajax("GET", link.dataset.preview, { target: preview, swap: "innerHTML" });
  }, PAUSE_MS);
});

// ---- rows that arrive. Nothing moves under the pointer or the focus: then a chip says that there are some.
let held = null;

const isInUse = () => body.matches(":hover") || body.contains(document.activeElement);
const newRows = (rows) => rows.filter((row) => !document.getElementById(row.id));

function show(rows) {
  const arrived = newRows(rows);
  for (const row of rows) {
    const before = document.getElementById(row.id);
    const wasSelected = before?.querySelector("input[name=study]")?.checked;
    if (wasSelected) row.querySelector("input[name=study]").checked = true;
  }
  for (const row of arrived) {
    const chip = document.createElement("span");
    chip.className = "chip chip-new";
    chip.textContent = "New";
    row.querySelector(".row-link").after(chip);
  }
  body.replaceChildren(...rows);
  held = null;
  fresh.hidden = true;
  countSelected();
}

// On a phone the tabs are wider than the screen.
function showOpenTab() {
  document.querySelector("#tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

// What a row says of readers may change in place: its height does not.
function update(rows) {
  for (const row of rows) {
    const now = row.querySelector("[data-live]");
    document
      .getElementById(row.id)
      ?.querySelector("[data-live]")
      ?.replaceChildren(...now.cloneNode(true).childNodes);
  }
}

function take() {
  const sent = document.querySelector("#news template[data-rows]");
  if (!sent || !body) return;
  const rows = [...sent.content.querySelectorAll("tr")];
  sent.remove();
  document.title = document.title.replace(/^(\(\d+\) )?Worklist/, () => {
    const number = Number(document.getElementById("news").dataset.toReview);
    return number ? `(${number}) Worklist` : "Worklist";
  });
  showOpenTab();
  if (!isInUse()) return show(rows);
  update(rows);
  held = rows;
  const number = newRows(rows).length;
  fresh.textContent = number ? `${number} new: show` : "Changed: show";
  fresh.hidden = false;
}

document.addEventListener("htmx:afterSettle", take);
showOpenTab();
fresh?.addEventListener("click", () => held && show(held));
body?.addEventListener("mouseleave", () => held && !isInUse() && show(held));
body?.addEventListener("focusout", () => window.setTimeout(() => held && !isInUse() && show(held)));
