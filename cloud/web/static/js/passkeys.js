// Passkeys: asks the device through the browser, and says in plain words why it did not answer.
import { attempt, Refused, send } from "./api.js";
import { done } from "./forms.js";

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const described = (list = []) => list.map((each) => ({ ...each, id: bytesOf(each.id) }));

// What a browser's refusal means to a person; each has a sentence of its own.
const MEANS = {
  NotAllowedError: "passkey_cancelled", // also: waited too long, or no device has one
  AbortError: "passkey_cancelled",
  InvalidStateError: "passkey_known",
  SecurityError: "passkey_address",
  NotSupportedError: "passkey_device",
  ConstraintError: "passkey_device",
};

export const create = (options) =>
  ask("create", { ...options, user: { ...options.user, id: bytesOf(options.user.id) }, excludeCredentials: described(options.excludeCredentials) });
export const get = (options) => ask("get", { ...options, allowCredentials: described(options.allowCredentials) });

async function ask(how, options) {
  if (!window.isSecureContext) throw new Refused("passkey_https");
  if (!window.PublicKeyCredential || !navigator.credentials) throw new Refused("passkey_browser");
  let made;
  try {
    made = await navigator.credentials[how]({ publicKey: { ...options, challenge: bytesOf(options.challenge) } });
  } catch (error) {
    throw new Refused(MEANS[error.name] ?? "failed");
  }
  return written(made);
}

// As the browsers' own toJSON() writes it, which older ones do not have.
function written({ id, rawId, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const said = parts.filter((each) => response[each]).map((each) => [each, textOf(response[each])]);
  return { id, rawId: textOf(rawId), type, response: Object.fromEntries(said), clientExtensionResults: {} };
}

export function startPasskeys() {
  const form = document.querySelector("#add-passkey form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation(); // it takes two questions to the centre: forms.js asks one
    attempt(form, async () => {
      const { name, password } = form.elements;
      const { options } = await send("POST", "/passkeys/question", { password: password.value });
      const credential = await create(options);
      done(form, await send("POST", "/passkeys", { name: name.value.trim(), credential }));
    });
  });
}
