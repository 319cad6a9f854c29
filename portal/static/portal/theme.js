// Chooses light or dark before the page is painted: the person's choice, else dark where a film is shown,
// else what the system says.
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try { return localStorage.getItem("theme") || "auto"; } catch (error) { return "auto"; }
  }

  function apply() {
    var chosen = choice();
    if (chosen === "auto") { chosen = root.dataset.pageTheme || (system.matches ? "dark" : "light"); }
    root.setAttribute("data-bs-theme", chosen);
  }

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".theme-switch").forEach(function (field) {
      field.hidden = false;
      field.querySelectorAll("input").forEach(function (input) {
        input.checked = input.value === choice();
        input.addEventListener("change", function () {
          try { localStorage.setItem("theme", input.value); } catch (error) { /* private window: this page only */ }
          apply();
        });
      });
    });
  });
})();
