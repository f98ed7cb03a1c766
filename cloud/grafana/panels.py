"""Panels with their queries, in the InfluxQL that every generation of InfluxDB understands; pure.

Portable means: SELECT mean, min, max, sum, count, last ... GROUP BY time and tags with fill(none), and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from device_profiles.schema import DeviceProfile, Point, PointType, Text

Kind = Literal["timeseries", "state-timeline"]
POINTS_A_PANEL = 4
NUMBERS = (PointType.INT, PointType.FLOAT)
STATES = (PointType.BOOL, PointType.ENUM)
WHERE = 'WHERE $timeFilter AND "site" =~ /^$site$/ AND "device" =~ /^$device$/'
BY_DEVICE = '"site", "device"'
YES_NO = {"0": Text(vi="Không", en="No"), "1": Text(vi="Có", en="Yes")}
# What one reading adds to the one before it: a window holds their sum, where all else has a mean.
SUMMED = frozenset({("rain_gauge_tipping", "rain_mm")})


@dataclass(frozen=True, slots=True)
class _Words:
    mean: str
    least: str
    greatest: str
    total: str


ROLLED_WORDS = {
    "vi": _Words("trung bình", "nhỏ nhất", "lớn nhất", "tổng"),
    "en": _Words("mean", "least", "greatest", "sum"),
}


@dataclass(frozen=True, slots=True)
class Query:
    """One InfluxQL statement; the alias may name tags: $tag_device."""

    text: str
    alias: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `choices` names the numbers of a state; `band` is where values should stay."""

    title: Text
    kind: Kind
    queries: tuple[Query, ...]
    unit: str = "1"
    choices: dict[str, Text] = field(default_factory=dict)
    band: tuple[float, float] | None = None
    wide: bool = False


def live_panels(profile: DeviceProfile, lang: str) -> Iterator[Panel]:
    """The readings themselves: one panel for the points of one unit, one for each state."""
    for points in _together(point for point in profile.points if point.type in NUMBERS):
        queries = tuple(_live(profile, point, lang) for point in points)
        yield Panel(_title(profile, points), "timeseries", queries, points[0].unit)
    for point in profile.points:
        if point.type in STATES:
            choices = point.choices or YES_NO
            yield Panel(_title(profile, [point]), "state-timeline", (_live(profile, point, lang),), choices=choices)


def history_panels(profile: DeviceProfile, lang: str) -> Iterator[Panel]:
    """Roll-ups of an hour: mean, smallest and largest value of each point, for years."""
    for point in profile.points:
        if point.type in NUMBERS:
            yield Panel(_title(profile, [point]), "timeseries", _rolled(profile, point, lang), point.unit)


def counted(measurement: str, point: str, tag: str, title: Text) -> Panel:
    """How many rows of a measurement there are, by a tag."""
    query = Query(_select(f'count("{point}")', measurement, by=f'"{tag}"'), f"$tag_{tag}")
    return Panel(title, "timeseries", (query,), "{count}")


def _live(profile: DeviceProfile, point: Point, lang: str) -> Query:
    summed = (profile.profile, point.key) in SUMMED
    how = "last" if point.type in STATES else "sum" if summed else "mean"
    return Query(_select(f'{how}("{point.key}")', profile.profile), f"$tag_device · {getattr(point.name, lang)}")


def _rolled(profile: DeviceProfile, point: Point, lang: str) -> tuple[Query, ...]:
    key, name = point.key, getattr(point.name, lang)
    words = ROLLED_WORDS[lang]
    wholes = {
        words.mean: f'sum("{key}_sum") / sum("{key}_count")',
        words.least: f'min("{key}_min")',
        words.greatest: f'max("{key}_max")',
    }
    if (profile.profile, key) in SUMMED:
        wholes = {words.total: f'sum("{key}_sum")'}
    return tuple(
        Query(_select(whole, f"{profile.profile}_1h"), f"$tag_device · {name} · {word}")
        for word, whole in wholes.items()
    )


def _select(whole: str, measurement: str, *, by: str = BY_DEVICE) -> str:
    """A statement of names that need no escaping: they are of the catalogue's alphabet."""
    return " ".join(("SELECT", whole, f'FROM "{measurement}"', WHERE, f"GROUP BY time($__interval), {by} fill(none)"))


def _together(points: Iterable[Point]) -> Iterator[Sequence[Point]]:
    """Points of one unit side by side, a few to a panel."""
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.unit, []).append(point)
    for group in groups.values():
        for begin in range(0, len(group), POINTS_A_PANEL):
            yield group[begin : begin + POINTS_A_PANEL]


def _title(profile: DeviceProfile, points: Sequence[Point]) -> Text:
    vi = ", ".join(point.name.vi for point in points)
    en = ", ".join(point.name.en for point in points)
    return Text(vi=f"{profile.name.vi}: {vi}", en=f"{profile.name.en}: {en}")
