// Small comforts on every page: the menu closes when you leave it. Pages work without this file.

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// What a form needs only once somebody turns to it comes then.
for (const form of document.querySelectorAll("form[data-script]")) {
  const fold = form.closest("details");
  const fetchScript = () => import(form.dataset.script);
  if (fold && !fold.open) fold.addEventListener("toggle", fetchScript, { once: true });
  else fetchScript();
}

// Whoever was signed out meanwhile gets the sign-in page as a page, not inside this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = event.detail.xhr?.responseURL;
  const asked = event.detail.pathInfo.requestPath.split("?")[0];
  if (!answered || new URL(answered).pathname === asked) return;
  event.detail.shouldSwap = false;
  window.location.reload();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A refused form leads to what is to be mended, unless the page says where to go.
if (!document.querySelector("[autofocus]")) {
  document.querySelector("main :is(.is-invalid, [aria-invalid=true]):is(input, select, textarea)")?.focus();
}
