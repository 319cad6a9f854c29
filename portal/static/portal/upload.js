// Sends films one by one, each with its own progress, outcome and another try. The study is entered first, so
// that nothing typed is lost on a bad line. Without this file the form sends everything at once.
(function () {
  "use strict";
  var TRIES = 3;

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text) { node.textContent = text; }
    return node;
  }

  function size(bytes) {
    return bytes < 1048576 ? Math.max(1, Math.round(bytes / 1024)) + " kB" : (bytes / 1048576).toFixed(1) + " MB";
  }

  function setUp(form) {
    var input = form.querySelector("input[type=file]"), list = form.querySelector("[data-files]");
    var drop = form.querySelector("[data-drop]"), button = form.querySelector("button:not([type=button])");
    var status = form.querySelector("[data-progress-text]"), notice = form.querySelector("[data-form-error]");
    var films = [], addresses = form.dataset.upload === "films" ? { films: form.action, study: window.location.pathname } : null;

    form.querySelector("[data-drop-hint]").hidden = false;
    drop.classList.add("ready");

    function say(text) { if (status) { status.textContent = text; } }

    function add(file) {
      var row = make("li", "file-waiting");
      var film = { file: file, row: row, done: false, tries: 0 };
      film.state = make("span", "file-state small", size(file.size));
      film.bar = make("progress");
      film.bar.max = 1;
      film.bar.value = 0;
      film.bar.hidden = true;
      film.bar.setAttribute("aria-label", "Sent of " + file.name);
      film.text = make("span", "file-text");
      film.remove = make("button", "btn btn-link btn-sm p-0", "Remove");
      film.remove.type = "button";
      film.remove.addEventListener("click", function () {
        films.splice(films.indexOf(film), 1);
        row.remove();
      });
      var end = make("span");
      end.append(film.state, " ", film.remove);
      row.append(make("span", "file-name", file.name), end, film.bar, film.text);
      list.append(row);
      films.push(film);
    }

    function take(chosen) {
      Array.prototype.forEach.call(chosen, add);
      input.value = ""; // our own list holds them; choosing again adds
    }

    input.addEventListener("change", function () { take(input.files); });
    ["dragover", "dragenter"].forEach(function (name) {
      document.addEventListener(name, function (event) { event.preventDefault(); drop.classList.add("over"); });
    });
    document.addEventListener("dragleave", function (event) {
      if (!event.relatedTarget) { drop.classList.remove("over"); }
    });
    document.addEventListener("drop", function (event) {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer) { take(event.dataTransfer.files); }
    });

    function post(address, data, progress, done) {
      var request = new XMLHttpRequest();
      request.open("POST", address);
      request.setRequestHeader("Accept", "application/json");
      if (progress) { request.upload.addEventListener("progress", progress); }
      request.addEventListener("load", function () {
        var answer = null;
        try { answer = JSON.parse(request.responseText); } catch (error) { answer = null; }
        done(request.status, answer);
      });
      request.addEventListener("error", function () { done(0, null); });
      request.addEventListener("timeout", function () { done(0, null); });
      request.send(data);
    }

    function end(film, outcome, state, text, url) {
      film.row.className = "file-" + outcome;
      film.state.textContent = state;
      film.bar.hidden = true;
      film.text.textContent = text;
      if (url) {
        var link = make("a", "", "Open that film’s study");
        link.href = url;
        film.text.append(" ", link);
      }
    }

    function failed(film, text) {
      end(film, "failed", "not sent", text + " ");
      var again = make("button", "btn btn-outline-primary btn-sm", "Try again");
      again.type = "button";
      again.addEventListener("click", function () { film.tries = 0; send(film, finish); });
      film.text.append(again);
    }

    function send(film, next) {
      var data = new FormData();
      data.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
      data.append("films", film.file, film.file.name);
      film.row.className = "file-sending";
      film.remove.hidden = true;
      film.bar.hidden = false;
      film.text.textContent = "";
      post(addresses.films, data, function (event) {
        if (!event.lengthComputable) { return; }
        film.bar.value = event.loaded / event.total;
        film.state.textContent = event.loaded < event.total ? Math.floor(100 * event.loaded / event.total) + " %" : "checking";
      }, function (code, answer) {
        var said = answer && answer.films && answer.films[0];
        if (code === 200 && said) {
          var words = { received: "✓ received", duplicate: "✓ already here", refused: "! not taken", other_patient: "✕ another patient’s film" };
          film.done = true;
          film.good = said.outcome === "received";
          end(film, said.outcome, words[said.outcome], said.outcome === "received" ? "" : said.text, said.url);
        } else if (code === 0 || code >= 500) {
          film.tries += 1;
          if (film.tries < TRIES) {
            film.state.textContent = "waiting for the line";
            window.setTimeout(function () { send(film, next); }, 1500 * film.tries);
            return;
          }
          failed(film, code === 0 ? "The connection broke." : "The portal could not take this file just now.");
        } else {
          failed(film, answer && answer.text ? answer.text : code === 413 ? "This file is too large for the portal." : "You may have been signed out, or may not add films here. Load the page again.");
        }
        next();
      });
    }

    function sendAll() {
      var waiting = films.filter(function (film) { return !film.done && film.row.className === "file-waiting"; });
      if (!waiting.length) { finish(); return; }
      say("Sending film " + (films.length - waiting.length + 1) + " of " + films.length);
      send(waiting[0], sendAll);
    }

    function finish() {
      if (films.some(function (film) { return film.row.className === "file-sending"; })) { return; }
      if (films.every(function (film) { return film.good; })) { window.location.assign(addresses.study); return; }
      say("");
      var open = form.querySelector(".open-study") || make("a", "btn btn-primary open-study", "Open the study");
      open.href = addresses.study;
      button.hidden = true;
      button.after(open);
      if (addresses.study === window.location.pathname) {
        open.addEventListener("click", function (event) { event.preventDefault(); window.location.reload(); });
        open.textContent = "Done";
      }
    }

    function showErrors(errors) {
      notice.hidden = false;
      notice.textContent = "Nothing was entered yet: please look at the marked fields.";
      var first = null;
      Object.keys(errors).forEach(function (name) {
        var field = form.elements[name], text = errors[name].join(" ");
        if (!field || field.type === "hidden") { notice.textContent = text; return; }
        field.classList.add("is-invalid");
        var words = make("div", "invalid-feedback d-block", text);
        words.id = "error-" + name;
        words.dataset.error = "";
        field.setAttribute("aria-describedby", words.id);
        field.after(words);
        first = first || field;
      });
      (first || notice).focus();
    }

    function clearErrors() {
      notice.hidden = true;
      form.querySelectorAll("[data-error], .invalid-feedback").forEach(function (node) { node.remove(); });
      form.querySelectorAll(".is-invalid").forEach(function (node) { node.classList.remove("is-invalid"); });
    }

    function enterStudy() {
      var data = new FormData(form);
      data.delete("films");
      clearErrors();
      post(form.action || window.location.href, data, null, function (code, answer) {
        if (code === 201 && answer) {
          addresses = answer;
          if (answer.filed) {
            var whose = make("p", "alert alert-" + answer.level, answer.filed);
            whose.setAttribute("role", "status");
            list.before(whose);
          }
          form.querySelectorAll("fieldset input, fieldset select").forEach(function (field) {
            if (field !== input) { field.disabled = true; } // entered: what follows are its films
          });
          sendAll();
          return;
        }
        button.disabled = false;
        say("");
        if (code === 422 && answer) { showErrors(answer.errors); return; }
        notice.hidden = false;
        notice.textContent = answer && answer.text ? answer.text : code === 0
          ? "The connection broke. What you typed is still here: press Send again. Nothing is entered twice."
          : "The portal could not enter this study (" + code + "). What you typed is still here: load the page again in another tab, sign in, then press Send.";
      });
    }

    form.addEventListener("submit", function (event) {
      if (form.dataset.upload === "films" && !films.length) { return; } // the server says what is missing
      event.preventDefault();
      button.disabled = true;
      say("Entering the study");
      if (addresses) { sendAll(); } else { enterStudy(); }
    });
  }

  document.querySelectorAll("form[data-upload]").forEach(setUp);
})();
