// The worklist by keyboard: j/k or arrows move, Enter opens (the link has the focus), n next to review, / search.

const links = [...document.querySelectorAll(".worklist .row-link")];

function move(step) {
  if (!links.length) return;
  const last = links.length - 1;
  const at = links.indexOf(document.activeElement);
  const first = step > 0 ? 0 : last;
  const to = at < 0 ? first : Math.min(last, Math.max(0, at + step));
  links[to].focus();
  links[to].closest("tr").scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const next = document.getElementById("next-study");
  if (event.key === "j" || event.key === "ArrowDown") move(1);
  else if (event.key === "k" || event.key === "ArrowUp") move(-1);
  else if (event.key === "n" && next) next.click();
  else if (event.key === "/") document.getElementById("id_q").focus();
  else return;
  event.preventDefault();
});

// A click anywhere in a row opens it; the link inside stays the real one.
for (const row of document.querySelectorAll(".worklist tbody tr")) {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a, input") || String(window.getSelection())) return;
    row.querySelector(".row-link").click();
  });
}
