// Posts a form, and says in words why something was not sent.

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a page, such as that of a proxy
  }
}

// The token of this moment: a sign-in in another tab has changed the one that the page was drawn with.
export function token(form) {
  const pair = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
  return pair ? pair.slice("csrftoken=".length) : form.elements.csrfmiddlewaretoken.value;
}

// What every request of a form says: who opened it, and for which clinic.
export function dataOf(form) {
  const data = new FormData();
  data.append("csrfmiddlewaretoken", token(form));
  for (const name of ["form_of", "opened_in"]) {
    if (form.elements[name]) data.append(name, form.elements[name].value);
  }
  return data;
}

// Posts a form and calls `done` with the status, 0 where the line broke, and with the answer, null where it is no
// JSON. `progress` is told each part that has gone: fetch would not tell.
export function post(address, data, done, progress) {
  const request = new XMLHttpRequest();
  request.open("POST", address);
  request.setRequestHeader("Accept", "application/json");
  if (progress) request.upload.addEventListener("progress", progress);
  request.addEventListener("load", () => done(request.status, parsed(request.responseText)));
  for (const name of ["error", "timeout"]) request.addEventListener(name, () => done(0, null));
  request.send(data);
}

export const isBroken = (code) => code === 0 || code >= 500;

export function whyNotSent(code, answer) {
  if (code === 0) return "The connection broke.";
  if (answer?.text) return answer.text;
  if (isBroken(code)) return "The portal could not take this file just now.";
  if (code === 413) return "This file is too large for the portal.";
  return "You may not add films here. Load the page again.";
}

export function whyNotEntered(code, answer) {
  if (answer?.text) return answer.text;
  const kept = "What you typed is still here:";
  if (code === 0) return `The connection broke. ${kept} press Send again. Nothing is entered twice.`;
  return `The portal could not enter this study (${code}). ${kept} press Send again in a while.`;
}
