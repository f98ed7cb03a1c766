"""Whether a GeoJSON file (RFC 7946) can be the land under the map, and what is kept of it; pure.

What somebody uploads is read feature by feature and written anew: only shapes, names and kinds that we know stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from cloud.errors import CloudError
from device_profiles.search import folded

MOST_FEATURES, MOST_POINTS, MOST_FAULTS = 3_000, 200_000, 20
MOST_NAME = 80
WEST, EAST, SOUTH, NORTH = 100.0, 120.0, 4.0, 26.0  # Vietnam with its islands, and some room
NATIONAL = 5.0  # degrees: what reaches so far is a view of the nation, and shows its islands
DIGITS = 5  # behind the comma: about a metre
KINDS: Final = ("outline", "commune", "road", "river", "stream", "lake", "town", "island")
NAMES: Final = ("name", "name:vi", "ten", "ten_xa", "tenxa", "NAME_3", "NAME_2", "NAME")
BY_SHAPE: Final[Mapping[str, str]] = {
    "Point": "town", "MultiPoint": "town", "LineString": "river", "MultiLineString": "river", "Polygon": "commune",
    "MultiPolygon": "commune",
}  # fmt: skip
DEPTH: Final[Mapping[str, int]] = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3,
}  # fmt: skip
# No map of a Vietnamese authority says these; folded words.
FOREIGN: Final = ("paracel", "paracels", "spratly", "spratlys", "xisha", "nansha", "sansha")
# Middle of the archipelagos: 15°45'-17°15' N, 111°-113° E, and 6°30'-12° N, 111°30'-117°20' E.
ISLANDS: Final = (
    ("Quần đảo Hoàng Sa (Việt Nam)", "hoang sa", (112.0, 16.5)),
    ("Quần đảo Trường Sa (Việt Nam)", "truong sa", (114.4, 9.25)),
)
Json = dict[str, Any]


class LandError(CloudError):
    """The file cannot be the land; one line for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(slots=True)
class _Count:
    points: int = 0
    west: float = EAST
    east: float = WEST
    south: float = NORTH
    north: float = SOUTH


def checked(document: object) -> Json:
    """The land as it is kept: a FeatureCollection with `bbox`; LandError with every fault, twenty at most."""
    features = _features(document)
    kept: list[Json] = []
    faults: list[str] = []
    count = _Count()
    for number, feature in enumerate(features):
        try:
            kept.append(_feature(feature, count))
        except LandError as error:
            faults.append(f"features.{number}: {error}")
        if len(faults) == MOST_FAULTS or count.points > MOST_POINTS:
            break
    if count.points > MOST_POINTS:
        faults.append(f"more than {MOST_POINTS} points: simplify the shapes, the map shows a hundred metres at best")
    if faults:
        raise LandError(faults)
    box = [count.west, count.south, count.east, count.north]
    if max(box[2] - box[0], box[3] - box[1]) >= NATIONAL:
        kept.extend(_missing_islands(kept))
    return {"type": "FeatureCollection", "bbox": box, "features": kept}


def _features(document: object) -> list[object]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise LandError(["the file is no FeatureCollection"])
    if "crs" in document and not any(known in str(document["crs"]) for known in ("CRS84", "4326")):
        raise LandError(["crs: only WGS 84 is taken; convert it from VN-2000 first"])
    features = document.get("features")
    if not isinstance(features, list) or not 0 < len(features) <= MOST_FEATURES:
        raise LandError([f"features: from 1 to {MOST_FEATURES} are taken"])
    return features


def _feature(feature: object, count: _Count) -> Json:
    if not isinstance(feature, dict) or not isinstance(shape := feature.get("geometry"), dict):
        raise LandError(["is no Feature with a geometry"])
    kind = shape.get("type")
    if not isinstance(kind, str) or kind not in DEPTH:
        raise LandError([f"geometry: {kind!r} is not taken; only {', '.join(DEPTH)}"])
    told = feature.get("properties")
    properties = _properties(told if isinstance(told, dict) else {}, kind)
    coordinates = _nested(shape.get("coordinates"), DEPTH[kind], count)
    _check_shape(kind, coordinates)
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def _properties(told: Mapping[str, object], shape: str) -> dict[str, str]:
    name = next((str(told[key]).strip() for key in NAMES if isinstance(told.get(key), str)), "")[:MOST_NAME]
    if any(word in FOREIGN for word in folded(name).split()):
        raise LandError([f"{name!r}: the archipelagos are called Hoàng Sa and Trường Sa"])
    kind = told.get("kind") or BY_SHAPE[shape]
    if kind not in KINDS:
        raise LandError([f"kind: {kind!r} is none of {', '.join(KINDS)}"])
    area = told.get("area")
    return {"kind": str(kind), "name": name, "area": area[:64] if isinstance(area, str) else ""}


def _nested(value: object, depth: int, count: _Count) -> list[Any]:
    if not isinstance(value, list):
        raise LandError(["coordinates: are not nested as their type says"])
    if depth:
        return [_nested(each, depth - 1, count) for each in value]
    if len(value) not in (2, 3) or not all(_is_number(each) for each in value):
        raise LandError(["coordinates: a position is [longitude, latitude]"])
    lon, lat = round(float(value[0]), DIGITS), round(float(value[1]), DIGITS)
    if not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
        hint = "; they are turned round" if WEST <= lat <= EAST and SOUTH <= lon <= NORTH else ""
        hint = "; are they metres of VN-2000? convert them to WGS 84" if abs(lon) > 360 else hint
        raise LandError([f"coordinates: [{lon}, {lat}] is not in Vietnam{hint}"])
    count.points += 1
    count.west, count.east = min(count.west, lon), max(count.east, lon)
    count.south, count.north = min(count.south, lat), max(count.north, lat)
    return [lon, lat]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _check_shape(kind: str, coordinates: list[Any]) -> None:
    """Lines have two positions, rings four, and rings are closed."""
    lines = {"LineString": [coordinates], "MultiLineString": coordinates}.get(kind, [])
    if any(len(line) < 2 for line in lines):
        raise LandError(["coordinates: a line has at least two positions"])
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    if any(not polygon for polygon in polygons):
        raise LandError(["coordinates: a polygon has at least one ring"])
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise LandError(["coordinates: a ring has at least four positions, and its last is its first"])


def _missing_islands(kept: Sequence[Json]) -> Iterator[Json]:
    """Whatever shows the nation shows Hoàng Sa and Trường Sa."""
    said = " | ".join(folded(each["properties"]["name"]) for each in kept)
    for name, word, (lon, lat) in ISLANDS:
        if word not in said:
            properties = {"kind": "island", "name": name, "area": ""}
            yield {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            }
