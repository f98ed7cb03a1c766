// Reads where a photo was taken out of a JPEG's EXIF part (CIPA DC-008, GPS IFD): {lat, lon, accuracy} or null.
const APP1 = 0xffe1;
const START_OF_SCAN = 0xffda;
const GPS_IFD = 0x8825;
const LAT_REF = 1;
const LAT = 2;
const LON_REF = 3;
const LON = 4;
const ACCURACY = 31; // GPSHPositioningError, metres

export function placeIn(buffer) {
  try {
    const tiff = tiffIn(new DataView(buffer));
    return tiff && placeOf(tiff);
  } catch (error) {
    if (error instanceof RangeError) return null; // a length in it points beyond its end
    throw error;
  }
}

function tiffIn(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === START_OF_SCAN || marker < 0xff00) return null;
    if (marker === APP1 && view.getUint32(at + 4) === 0x45786966) return new Tiff(view, at + 10);
  }
  return null;
}

class Tiff {
  constructor(view, base) {
    this.view = view;
    this.base = base;
    this.little = view.getUint16(base) === 0x4949;
  }

  u16(at) {
    return this.view.getUint16(this.base + at, this.little);
  }

  u32(at) {
    return this.view.getUint32(this.base + at, this.little);
  }

  // tag -> where its entry's value field stands
  entries(at) {
    const found = new Map();
    const count = this.u16(at);
    for (let n = 0; n < count; n += 1) found.set(this.u16(at + 2 + 12 * n), at + 2 + 12 * n + 8);
    return found;
  }

  rational(at) {
    return this.u32(at) / this.u32(at + 4);
  }

  letter(at) {
    return String.fromCharCode(this.view.getUint8(this.base + at));
  }
}

function placeOf(tiff) {
  const gps = tiff.entries(tiff.u32(4)).get(GPS_IFD);
  if (gps === undefined) return null;
  const entries = tiff.entries(tiff.u32(gps));
  if (![LAT, LAT_REF, LON, LON_REF].every((tag) => entries.has(tag))) return null;
  const degrees = (tag) => {
    const at = tiff.u32(entries.get(tag));
    return tiff.rational(at) + tiff.rational(at + 8) / 60 + tiff.rational(at + 16) / 3600;
  };
  const lat = degrees(LAT) * (tiff.letter(entries.get(LAT_REF)) === "S" ? -1 : 1);
  const lon = degrees(LON) * (tiff.letter(entries.get(LON_REF)) === "W" ? -1 : 1);
  const accuracy = entries.has(ACCURACY) ? tiff.rational(tiff.u32(entries.get(ACCURACY))) : 0;
  const believable = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (lat !== 0 || lon !== 0);
  return believable ? { lat, lon, accuracy: Number.isFinite(accuracy) ? accuracy : 0 } : null;
}
