"""JSON documents of devices as samples: dotted paths, numbers that are none, and the device's own time. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias, cast

from device_profiles.schema import DeviceProfile, Point, PointType
from device_profiles.sources.http_json import JsonSource
from edge_agent.connector import EdgeError, Sample, Scalar

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)  # no "12,5", no "0x1F", no "1_000"
WHOLE = re.compile(r"[+-]?\d{1,40}", re.ASCII)
SCALED_DIGITS = 12  # 231 x 0.1 is 23.1, whatever binary fractions say
LATEST_MS = 2**53


class DocumentError(EdgeError):
    """What the device sent is no JSON document, or its time is no time."""


class MissingError(EdgeError):
    """The document has nothing at this path."""


def parse(body: bytes) -> Json:
    """The document in these bytes; DocumentError when it is none, however deep or odd it is."""
    try:
        return cast(Json, json.loads(body))
    except RecursionError as error:
        raise DocumentError("is nested too deeply") from error
    except ValueError as error:
        raise DocumentError(f"is not JSON: {error}") from error


def value_at(document: Json, path: str) -> Json:
    """What stands at a dotted path, list positions as numbers; MissingError when there is nothing."""
    found = document
    for step in path.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise MissingError(f"nothing at {path}")
    return found


def samples(device: str, profile: DeviceProfile, document: Json, *, observed_at: int | None) -> list[Sample]:
    """Every point of the profile; those that the document does not hold have the fault `missing`."""
    return [_sample(device, point, source, document, observed_at) for point, source in _json_points(profile)]


def known_points(profile: DeviceProfile, document: Json) -> frozenset[str]:
    """The points that the document says anything about."""
    return frozenset(point.key for point, source in _json_points(profile) if _holds(document, source.path))


def device_time(document: Json, path: str) -> int | None:
    """The device's own time in ms; None when it gives none, DocumentError when what it gives is not a time."""
    try:
        raw = value_at(document, path)
    except MissingError:
        return None
    return None if raw is None else _milliseconds(raw)


def _holds(document: Json, path: str) -> bool:
    try:
        value_at(document, path)
    except MissingError:
        return False
    return True


def _json_points(profile: DeviceProfile) -> Iterator[tuple[Point, JsonSource]]:
    for point in profile.points:
        if isinstance(point.source, JsonSource):
            yield point, point.source


def _sample(device: str, point: Point, source: JsonSource, document: Json, observed_at: int | None) -> Sample:
    value, fault = _value(point, source, document)
    return Sample(device, point.key, value, observed_at, fault)


def _value(point: Point, source: JsonSource, document: Json) -> tuple[Scalar | None, str]:
    """The engineering value, or why there is none."""
    try:
        raw = value_at(document, source.path)
    except MissingError:
        return None, "missing"
    if raw is None:
        return None, "missing"
    if isinstance(raw, dict | list):
        return None, "type"
    if isinstance(raw, bool) or point.type is PointType.STRING:
        return raw, ""
    number = number_in(raw) if isinstance(raw, str) else raw
    if number is None or (isinstance(number, float) and not math.isfinite(number)):
        return None, "not_a_number"
    return _scaled(number, source)


def number_in(text: str) -> int | float | None:
    """Some devices give numbers as texts; a comma, a unit or nothing at all is no number."""
    text = text.strip()
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else None


def _scaled(number: float, source: JsonSource) -> tuple[Scalar | None, str]:
    if source.scale == 1.0 and source.offset == 0.0:
        return number, ""
    try:
        value = float(f"{number * source.scale + source.offset:.{SCALED_DIGITS}g}")
    except OverflowError:  # an integer beyond any float
        return None, "not_a_number"
    return (value, "") if math.isfinite(value) else (None, "not_a_number")


def _milliseconds(raw: Json) -> int:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw < LATEST_MS:  # NaN compares false
        return int(raw)
    if isinstance(raw, str):
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError as error:
            raise DocumentError(f"time {raw[:40]!r} is neither milliseconds nor ISO 8601") from error
        if moment.tzinfo is not None:
            return round(moment.timestamp() * 1000)
        raise DocumentError(f"time {raw[:40]!r} does not say its time zone")
    raise DocumentError("time is neither milliseconds nor ISO 8601")
