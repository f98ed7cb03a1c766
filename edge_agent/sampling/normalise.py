"""Raw sample to reading: the pinned type and the range, nothing corrected in silence."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping

from device_profiles.schema import Limits, Point, PointType
from edge_agent.connector import EdgeError, Sample, Scalar
from edge_agent.sampling.reading import Reading, bad, uncertain

LARGEST_INT = 2**53  # beyond it a JSON reader may round, see wire/proof.py
LONGEST_STRING = 256


class _UnfitError(EdgeError, ValueError):
    """The raw value cannot be a value of this point; the text is the reason."""


def normalise(sample: Sample, point: Point, *, observed_at: int) -> Reading:
    """The reading in a sample: bad when the type does not fit, the number is none, or the range is left."""
    if sample.fault or sample.value is None:
        return bad(point.key, sample.fault or "missing", observed_at)
    try:
        value = _FIT[point.type](sample.value, point)
    except _UnfitError as error:
        return bad(point.key, str(error), observed_at)
    if not _in_range(value, point.limits):
        return bad(point.key, "range", observed_at)
    return Reading(point.key, value, observed_at, uncertain(sample.doubt) if sample.doubt else "")


def _in_range(value: Scalar, limits: Limits) -> bool:
    if isinstance(value, bool | str):
        return True
    return (limits.minimum is None or value >= limits.minimum) and (limits.maximum is None or value <= limits.maximum)


def _as_float(raw: Scalar, _point: Point) -> Scalar:
    if isinstance(raw, bool | str):
        raise _UnfitError("type")
    try:
        value = float(raw)
    except OverflowError:
        raise _UnfitError("range") from None
    if not math.isfinite(value):
        raise _UnfitError("not_a_number")
    return value


def _as_int(raw: Scalar, point: Point) -> Scalar:
    value = raw if isinstance(raw, int) and not isinstance(raw, bool) else _as_float(raw, point)
    if value != int(value):
        raise _UnfitError("type")
    if abs(value) > LARGEST_INT:
        raise _UnfitError("range")
    return int(value)


def _as_bool(raw: Scalar, _point: Point) -> Scalar:
    if isinstance(raw, str) or raw not in (0, 1):
        raise _UnfitError("type")
    return bool(raw)


def _as_choice(raw: Scalar, point: Point) -> Scalar:
    number = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else _as_int(raw, point)
    if str(number) not in point.choices:
        raise _UnfitError("range")
    return number


def _as_text(raw: Scalar, _point: Point) -> Scalar:
    if not isinstance(raw, str):
        raise _UnfitError("type")
    text = unicodedata.normalize("NFC", raw)  # one spelling of Vietnamese letters, whatever the device sends
    if len(text) > LONGEST_STRING or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise _UnfitError("type")
    return text


_FIT: Mapping[PointType, Callable[[Scalar, Point], Scalar]] = {
    PointType.FLOAT: _as_float,
    PointType.INT: _as_int,
    PointType.BOOL: _as_bool,
    PointType.ENUM: _as_choice,
    PointType.STRING: _as_text,
}
