// Starts what the page at hand needs. Every form works without any of this, except photos and the signature.
import { claims } from "./claim.js";
import { forms } from "./forms.js";
import { pad } from "./pad.js";
import { parts } from "./parts.js";
import { photos } from "./photo.js";
import { place } from "./place.js";

claims();
forms();
parts();
photos();
place();
pad();

// Only encrypted pages (and this machine itself) may keep a shell on the phone; elsewhere a bookmark does.
if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/worker.js");
