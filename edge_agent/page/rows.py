"""Live values beside what they should be: one row per point, judged as the commissioning record will be; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from device_profiles.schema import DeviceProfile, Limits, Point
from device_profiles.wire.messages import Scalar
from device_profiles.wire.verdicts import point_verdict
from edge_agent.commissioning.steps import Model, Seen
from edge_agent.page import present
from edge_agent.page.signs import Document, number_in, text_in
from edge_agent.page.words import Language, said

Mark = Literal["good", "watch", "wrong", "none"]
OLD_AFTER_PERIODS: Final = 3.0
OLD_AT_LEAST_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One point as the screen shows it."""

    key: str
    name: str
    value: str
    unit: str
    expected: str
    mark: Mark
    why: str
    age_s: float | None
    waiting: bool


def seen_of(point: Document) -> Seen:
    """What the agent says of a point."""
    value = point.get("value")
    quality = text_in(point, "quality")
    cell: Scalar | None = value if isinstance(value, bool | int | float | str) else None
    return Seen(cell, "" if quality == "good" else quality, int(number_in(point, "observed_at") or 0))


def rows_of(
    model: Model, points: Mapping[str, Document], *, now: int, period_s: float, language: Language
) -> Sequence[Row]:
    """Every point of a device, in the order of its profile."""
    old_s = max(OLD_AT_LEAST_S, OLD_AFTER_PERIODS * period_s)
    measured = [point for point in model.profile.points if point.source.protocol != "derived"]
    return [_row(point, model, points.get(point.key), now=now, old_s=old_s, language=language) for point in measured]


def counts_of(rows: Sequence[Row]) -> Mapping[Mark, int]:
    """How many rows have which mark."""
    return {mark: sum(row.mark == mark for row in rows) for mark in ("good", "watch", "wrong", "none")}


def model_of(profile: DeviceProfile, hash_: str, device: Document) -> Model:
    """The profile with the limits that this device overrides."""
    overrides = device.get("limits")
    if not isinstance(overrides, Mapping):
        return Model(profile, hash_)
    limits = {}
    for point in profile.points:
        given = overrides.get(point.key)
        if isinstance(given, Mapping):
            limits[point.key] = point.limits.model_copy(update={k: v for k, v in given.items() if v is not None})
    return Model(profile, hash_, limits)


def limits_for(point: Point, model: Model) -> Limits:
    """What this point is judged by."""
    return (model.limits or {}).get(point.key, point.limits)


def _row(point: Point, model: Model, newest: Document | None, *, now: int, old_s: float, language: Language) -> Row:
    limits = limits_for(point, model)
    seen = seen_of(newest or {})
    age_s = (now - seen.observed_at) / 1000 if seen.observed_at else None
    old = age_s is not None and age_s > old_s
    waiting = seen.value is None and not seen.quality
    return Row(
        key=point.key,
        name=said(point.name, language),
        value=present.value(point, seen.value, language),
        unit=present.unit(point.unit) if seen.value is not None else "",
        expected=present.expected(point, limits, language),
        mark="none" if waiting else _mark(point, seen, limits, old=old),
        why=present.reason(seen.quality, language) if seen.quality else "",
        age_s=age_s,
        waiting=waiting,
    )


def _mark(point: Point, seen: Seen, limits: Limits, *, old: bool) -> Mark:
    choices = {number: text.en for number, text in point.choices.items()}
    verdict = point_verdict(seen.value, seen.quality, low=limits.minimum, high=limits.maximum, choices=choices)
    if verdict == "fail":
        return "wrong"
    if seen.quality or old:
        return "watch"
    return "good" if verdict == "pass" else "none"
