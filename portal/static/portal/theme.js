// Chooses light or dark before the page is painted: the person's choice, else dark where a film is shown,
// else what the system says. The only script that is no module: a module waits until the page is parsed, and the
// page would flash in the wrong colours meanwhile.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  }

  function apply() {
    const byItself = root.dataset.pageTheme || (system.matches ? "dark" : "light");
    const theme = choice() === "auto" ? byItself : choice();
    root.setAttribute("data-bs-theme", theme);
    root.classList.toggle("dark-mode", theme === "dark"); // what the documentation of the API goes by
  }

  function choose(theme) {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // a private window keeps nothing
    }
    apply();
  }

  root.classList.add("js"); // what only scripts make true, such as keys, is shown with it
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    for (const field of document.querySelectorAll(".theme-switch")) {
      field.hidden = false;
      for (const input of field.querySelectorAll("input")) {
        input.checked = input.value === choice();
        input.addEventListener("change", () => choose(input.value));
      }
    }
  });
})();
