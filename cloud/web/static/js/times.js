// Times that people choose, always of Vietnam, wherever the browser stands.
const DAY_MS = 86400e3;
const VIETNAM_MS = 7 * 3600e3; // no summer time since 1975

// What an <input type=datetime-local> holds, as ms since 1970 UTC.
export function timeOf(text) {
  return Date.parse(`${text}${text.length === 16 ? ":00" : ""}+07:00`);
}

// The same backwards, to the minute.
export function localTime(at) {
  return new Date(at + VIETNAM_MS).toISOString().slice(0, 16);
}

// "3600" from now in seconds, "07:00" the next time that the clock shows it, "own" a time of one's own.
export function untilOf(choice, own, now) {
  if (choice === "own") return timeOf(own);
  if (!choice.includes(":")) return Math.round(now) + Number(choice) * 1e3;
  const [hours, minutes] = choice.split(":").map(Number);
  const today = Math.floor((now + VIETNAM_MS) / DAY_MS) * DAY_MS - VIETNAM_MS + (hours * 60 + minutes) * 60e3;
  return today > now ? today : today + DAY_MS;
}
