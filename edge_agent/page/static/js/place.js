// Where the technician stands: from the phone where the browser allows it, else typed, or out of a photo.
import { placeIn } from "./exif.js";
import { t } from "./words.js";

const OPTIONS = { enableHighAccuracy: true, timeout: 30000, maximumAge: 10000 };

export function place() {
  const button = document.getElementById("place-take");
  if (!button) return;
  const allowed = window.isSecureContext && "geolocation" in navigator;
  button.hidden = !allowed;
  document.getElementById("place-insecure").hidden = allowed;
  button.addEventListener("click", take);
  document.getElementById("place-photo").addEventListener("change", (event) => fromPhoto(event.target));
}

function take() {
  say(t("place_taking"));
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      fill(coords.latitude, coords.longitude, coords.accuracy);
      say(t("place_taken", { n: Math.round(coords.accuracy) }));
    },
    () => say(t("place_refused")),
    OPTIONS,
  );
}

async function fromPhoto(input) {
  const file = input.files[0];
  if (!file) return;
  const found = placeIn(await file.arrayBuffer());
  if (found) fill(found.lat, found.lon, found.accuracy);
  say(t(found ? "place_photo_taken" : "place_photo_none"));
  input.value = "";
}

function fill(lat, lon, accuracy) {
  document.getElementById("lat").value = lat.toFixed(6);
  document.getElementById("lon").value = lon.toFixed(6);
  document.getElementById("accuracy").value = accuracy.toFixed(0);
}

function say(text) {
  document.getElementById("place-state").textContent = text;
}
