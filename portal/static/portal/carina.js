// Small comforts on every page: the menu closes when you leave it. Pages work without this file.
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });

  // Whoever was signed out meanwhile gets the sign-in page as a page, not inside this one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var answered = event.detail.xhr && event.detail.xhr.responseURL;
    if (!answered || new URL(answered).pathname === event.detail.pathInfo.requestPath.split("?")[0]) { return; }
    event.detail.shouldSwap = false;
    window.location.reload();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
})();
