// Adds a passkey and signs in with one. The pages work without it, except for passkeys themselves.
// A button with data-passkey="create" or "get" names its two addresses and carries the proof of its page.
"use strict";

const asBytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
};
const asText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function send(address, content) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error([found.message, found.advice].filter(Boolean).join(" "));
  return found;
}

function prepare(options) {
  const ids = (list) => (list || []).map((each) => ({ ...each, id: asBytes(each.id) }));
  const made = { ...options, challenge: asBytes(options.challenge) };
  if (options.user) made.user = { ...options.user, id: asBytes(options.user.id) };
  if (options.excludeCredentials) made.excludeCredentials = ids(options.excludeCredentials);
  if (options.allowCredentials) made.allowCredentials = ids(options.allowCredentials);
  return made;
}

function describe(credential) {
  const given = credential.response;
  const response = { clientDataJSON: asText(given.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = asText(given[name]);
  }
  return { id: credential.id, rawId: asText(credential.rawId), type: credential.type, response };
}

async function run(button) {
  const { passkey, options, finish, proof, name } = button.dataset;
  const field = name ? document.getElementById(name) : null;
  const publicKey = prepare(await send(options, { proof }));
  const credential = await navigator.credentials[passkey]({ publicKey });
  const done = await send(finish, { proof, credential: describe(credential), name: field ? field.value : "" });
  window.location.assign(done.location);
}

function explain(error) {
  if (error.name === "NotAllowedError") return "Nothing was done: it was cancelled, or there is no passkey for this site here.";
  if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
  return error.message || "This browser could not use a passkey.";
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  const place = document.getElementById(button.dataset.says);
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    place.hidden = true;
    try {
      await run(button);
    } catch (error) {
      place.textContent = explain(error);
      place.hidden = false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
