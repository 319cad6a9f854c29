// The form with which a doctor signs a study works without this file. It adds: which films were opened, a click on
// the lung, the sums of the zones, a phrase without a round trip, the seconds that are left to undo, and what to do
// when a result arrives while the form is open.

const ZONES = ["A", "B", "C", "D", "E", "F"];
const form = document.getElementById("sign-form");

// A film counts as opened once half of its picture was on the screen.
function watchFilms() {
  const hidden = (name, value) =>
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  const seen = new Set();
  const note = (film) => {
    if (seen.has(film)) return;
    seen.add(film);
    hidden("seen", film);
  };
  const filmOf = (element) => element.closest("[id^='scan-']")?.id.slice("scan-".length);
  const look = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) note(filmOf(entry.target));
    },
    { threshold: 0.5 },
  );
  const observe = () => {
    for (const section of document.querySelectorAll("[id^='scan-']")) {
      look.observe(section.querySelector(".stage, .trouble-film, img") || section.firstElementChild || section);
    }
  };
  hidden("initial-watched", "1");
  observe();
  for (const name of ["htmx:oobAfterSwap", "htmx:afterSettle"]) document.body.addEventListener(name, observe);
  document.addEventListener("film:seen", (event) => note(event.detail));
}

const gradeOf = (zone) => form.querySelector(`[name=zone_${zone}]:checked`)?.value || "";

function sumUp() {
  const grades = ZONES.map(gradeOf)
    .filter((grade) => grade !== "")
    .map(Number);
  const out = document.getElementById("zone-sums");
  if (grades.length < ZONES.length) {
    out.value = `${grades.length} of 6 graded: Brixia 0–18 and six-zone 0–6 follow when all six are`;
    return;
  }
  const sum = grades.reduce((all, one) => all + one, 0);
  out.value = `Brixia ${sum} of 18, six-zone ${grades.filter((grade) => grade > 0).length} of 6`;
}

function gradeByClick(event) {
  const zone = event.target.dataset.zone;
  if (!zone) return;
  const next = gradeOf(zone) === "" ? "1" : String((Number(gradeOf(zone)) + 1) % 4);
  const radio = form.querySelector(`[name=zone_${zone}][value="${next}"]`);
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

function insertPhrase(event) {
  if (event.target.name !== "add_phrase") return;
  event.preventDefault();
  const select = document.getElementById("id_sign_phrase");
  const text = select.selectedOptions[0]?.dataset.text;
  if (!text) return;
  const note = document.getElementById("id_sign_note");
  note.value = [note.value.trimEnd(), text].filter(Boolean).join("\n");
  note.dispatchEvent(new Event("input", { bubbles: true }));
  select.value = "";
  note.focus();
}

// A choice was made about what the page showed then: once that is another result, it is made again.
function askAgain(event) {
  if (event.target.id !== "sign-films") return;
  const shown =
    event.target.textContent + [...event.target.querySelectorAll("input")].map((one) => one.value).join(" ");
  if (shown === form.dataset.shown) return;
  form.dataset.shown = shown;
  const chosen = form.querySelector("[name=finding]:checked");
  const own = [...form.querySelectorAll("select[name^=film-][name$=-finding]")].filter((select) => select.value);
  if (!chosen && own.length === 0) return;
  if (chosen) chosen.checked = false;
  for (const select of own) select.value = "";
  const words = Object.assign(document.createElement("p"), { className: "alert alert-warning small" });
  words.setAttribute("role", "alert");
  words.textContent = "A result has arrived since you chose. Read it, then choose the finding again.";
  form.prepend(words);
}

function start() {
  watchFilms();
  sumUp();
  const films = document.getElementById("sign-films");
  form.dataset.shown = films.textContent + [...films.querySelectorAll("input")].map((one) => one.value).join(" ");
  form.addEventListener("change", sumUp);
  form.addEventListener("draft:restored", sumUp);
  form.addEventListener("click", gradeByClick);
  form.addEventListener("click", insertPhrase);
  document.body.addEventListener("htmx:oobAfterSwap", askAgain);
}

// Until the time is over the button says how long; then the server is asked, which knows.
function countDown(undo) {
  const end = Date.now() + Number(undo.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    undo.querySelector(".undo-seconds").textContent = `(${Math.max(0, left)} s)`;
    if (left > 0) return;
    clearInterval(timer);
    const toast = undo.closest(".toast-signed");
    if (toast) toast.remove();
    else window.location.reload();
  };
  const timer = setInterval(tick, 250);
}

if (form) start();
for (const undo of document.querySelectorAll("form.undo")) countDown(undo);
