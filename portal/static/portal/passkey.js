// Passkeys: hands the page's button, field and challenge to allauth's script, and says in words what went wrong.

const WORDS = {
  NotAllowedError: "Nothing was confirmed: it took too long, or the question was closed. Try again.",
  InvalidStateError: "This device is among your passkeys already.",
  SecurityError: "Passkeys work only on the portal’s own name with HTTPS. Use a code instead.",
};

const button = document.getElementById("passkey");
const notice = document.querySelector("[data-passkey-error]");

function say(text) {
  notice.textContent = text;
  notice.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // it is told on the page, not on the console
  const name = event.detail.exception?.name;
  say(WORDS[name] || "This browser could not use a passkey. Use a code instead.");
});

if (!window.PublicKeyCredential) {
  button.disabled = true;
  say("This browser knows no passkeys here. Use a code instead.");
} else {
  const { passkey, passkeyButton, passkeyField } = button.dataset;
  const ids = { [passkeyButton]: button.id, credential: passkeyField, data: "passkey-data" };
  window.allauth.webauthn.forms[passkey]({ ids });
}
