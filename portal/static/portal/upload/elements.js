// Elements that scripts make.

export function make(tag, className, text) {
  return Object.assign(document.createElement(tag), { className: className || "", textContent: text || "" });
}

export function makeButton(className, text, act) {
  const button = Object.assign(make("button", className, text), { type: "button" });
  button.addEventListener("click", act);
  return button;
}
