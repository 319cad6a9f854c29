// The worklist by keyboard: j/k or arrows move, Enter opens (the link has the focus), n next to review, / search.
(function () {
  "use strict";
  var links = Array.prototype.slice.call(document.querySelectorAll(".worklist .row-link"));

  function move(step) {
    if (!links.length) { return; }
    var at = links.indexOf(document.activeElement);
    var to = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
    links[to].focus();
    links[to].closest("tr").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) { return; }
    var next = document.getElementById("next-study");
    if (event.key === "j" || event.key === "ArrowDown") { move(1); }
    else if (event.key === "k" || event.key === "ArrowUp") { move(-1); }
    else if (event.key === "n" && next) { next.click(); }
    else if (event.key === "/") { document.getElementById("id_q").focus(); }
    else { return; }
    event.preventDefault();
  });

  // A click anywhere in a row opens it; the link inside stays the real one.
  document.querySelectorAll(".worklist tbody tr").forEach(function (row) {
    row.addEventListener("click", function (event) {
      if (event.target.closest("a") || String(window.getSelection())) { return; }
      row.querySelector(".row-link").click();
    });
  });
})();
