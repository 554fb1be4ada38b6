/* Passkeys: asks the browser for a key and sends its answer with a plain form.
   Without it, or in a browser that knows none, the form stays hidden and the page says
   that a code of the app does the same. */
(() => {
  "use strict";
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) =>
      letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) =>
    (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function make(asked) {
    const made = await navigator.credentials.create({ publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: known(asked.excludeCredentials),
    } });
    return answer(made, {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    });
  }

  async function use(asked) {
    const used = await navigator.credentials.get({ publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: known(asked.allowCredentials),
    } });
    return answer(used, {
      clientDataJSON: text(used.response.clientDataJSON),
      authenticatorData: text(used.response.authenticatorData),
      signature: text(used.response.signature),
    });
  }

  const answer = (key, response) => JSON.stringify({
    id: key.id, rawId: text(key.rawId), type: key.type, response,
    clientExtensionResults: {},
  });

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    for (const other of document.querySelectorAll("[data-no-passkey]")) {
      other.hidden = true;
    }
    const ask = form.dataset.passkey === "make" ? make : use;
    const said = form.querySelector("[role=status]");
    form.querySelector("button").addEventListener("click", async () => {
      said.textContent = "";
      try {
        form.elements.answer.value =
          await ask(JSON.parse(form.dataset.options).publicKey);
      } catch {
        // Refused, timed out or the wrong key: the words say what else there is.
        said.textContent = form.dataset.failed;
        return;
      }
      form.requestSubmit();
    });
  }
})();
