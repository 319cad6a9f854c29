// The film viewer: heatmap opacity, zoom, move, invert; by mouse, touch and keyboard. Styles are set through
// the CSSOM, which the Content-Security-Policy allows. `n` opens the next study.
(function () {
  "use strict";
  var STEPS = [1, 1.5, 2, 3, 4, 6];

  function setUp(viewer) {
    if (viewer.dataset.ready) { return; }
    viewer.dataset.ready = "yes";
    var stage = viewer.querySelector(".stage"), layers = viewer.querySelector(".layers");
    var heat = viewer.querySelector(".heat"), slider = viewer.querySelector("[data-opacity]");
    var invert = viewer.querySelector("[data-invert]");
    var step = 0, x = 0, y = 0, drag = null, lastShown = 35;
    viewer.querySelector(".tools").hidden = false;

    function showHeat() {
      var value = Number(slider.value);
      if (value > 0) { lastShown = value; }
      heat.hidden = value === 0;
      heat.style.opacity = String(value / 100);
      slider.parentElement.querySelector("output").textContent = value === 0 ? "off" : value + " %";
    }

    function place() {
      var scale = STEPS[step];
      var limitX = Math.max(0, (layers.offsetWidth * scale - stage.clientWidth) / 2);
      var limitY = Math.max(0, (layers.offsetHeight * scale - stage.clientHeight) / 2);
      x = Math.max(-limitX, Math.min(limitX, x));
      y = Math.max(-limitY, Math.min(limitY, y));
      layers.style.transform = "translate(" + x + "px, " + y + "px) scale(" + scale + ")";
      stage.classList.toggle("zoomed", scale > 1);
    }

    // Zoom so that the point under the finger stays where it is.
    function zoom(to, event) {
      to = Math.max(0, Math.min(STEPS.length - 1, to));
      if (to === step) { return; }
      var ratio = STEPS[to] / STEPS[step], box = stage.getBoundingClientRect();
      var px = event ? event.clientX - box.left - box.width / 2 : 0;
      var py = event ? event.clientY - box.top - box.height / 2 : 0;
      x = px - (px - x) * ratio;
      y = py - (py - y) * ratio;
      step = to;
      place();
    }

    function toggleInvert() {
      var on = viewer.classList.toggle("inverted");
      invert.setAttribute("aria-pressed", String(on));
    }

    if (slider) { slider.addEventListener("input", showHeat); showHeat(); }
    invert.addEventListener("click", toggleInvert);
    viewer.querySelectorAll("[data-zoom]").forEach(function (button) {
      button.addEventListener("click", function () {
        zoom({ in: step + 1, out: step - 1, fit: 0 }[button.dataset.zoom]);
      });
    });

    stage.addEventListener("pointerdown", function (event) {
      if (event.button !== 0) { return; }
      drag = { x: event.clientX - x, y: event.clientY - y, moved: false, startX: event.clientX, startY: event.clientY };
      if (step > 0) { stage.setPointerCapture(event.pointerId); }
    });
    stage.addEventListener("pointermove", function (event) {
      if (!drag) { return; }
      if (Math.abs(event.clientX - drag.startX) + Math.abs(event.clientY - drag.startY) > 5) { drag.moved = true; }
      if (step === 0 || !drag.moved) { return; }
      x = event.clientX - drag.x;
      y = event.clientY - drag.y;
      stage.classList.add("dragging");
      place();
    });
    stage.addEventListener("pointerup", function (event) {
      if (drag && !drag.moved) { zoom(step === 0 ? 2 : 0, event); }
      drag = null;
      stage.classList.remove("dragging");
    });
    stage.addEventListener("pointercancel", function () { drag = null; stage.classList.remove("dragging"); });
    stage.addEventListener("wheel", function (event) {
      if (!event.ctrlKey && step === 0 && event.deltaY > 0) { return; } // the page scrolls on
      if (!event.ctrlKey && !stage.matches(":focus, .zoomed")) { return; }
      event.preventDefault();
      zoom(step + (event.deltaY < 0 ? 1 : -1), event);
    }, { passive: false });
    stage.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey) { return; }
      var moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      if (event.key === "+" || event.key === "=") { zoom(step + 1); }
      else if (event.key === "-") { zoom(step - 1); }
      else if (event.key === "0" || event.key === "Escape") { zoom(0); }
      else if (event.key === "i") { toggleInvert(); }
      else if (event.key === "h" && slider) { slider.value = slider.value === "0" ? lastShown : 0; showHeat(); }
      else if (moves[event.key] && step > 0) { x += moves[event.key][0]; y += moves[event.key][1]; place(); }
      else { return; }
      event.preventDefault();
    });
    window.addEventListener("resize", place);
  }

  function setUpAll() { document.querySelectorAll("[data-viewer]").forEach(setUp); }

  setUpAll();
  // A film whose result has just arrived.
  document.body.addEventListener("htmx:oobAfterSwap", setUpAll);
  document.body.addEventListener("htmx:afterSettle", setUpAll);

  document.addEventListener("keydown", function (event) {
    if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.target.closest("input, select, textarea")) { return; }
    var next = document.getElementById("next-study");
    if (next) { next.click(); }
  });
})();
