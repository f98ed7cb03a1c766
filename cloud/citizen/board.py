"""The figures of the public page, taken from what the centre knows; pure. Nothing in it names a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from cloud.api.views import DeviceView, PointView, SiteView, ThresholdView
from cloud.store.citizen_port import SurveyCount
from cloud.store.disaster_port import BulletinRow
from device_profiles.schema import Sector, Text

AIR, RAIN, SATISFACTION, LEVEL = "index_vn_aqi_hour", "index_rain", "index_satisfaction", "level_m"
RAIN_H = (1, 3, 24, 72)
POLLUTANTS = ("PM2,5", "PM10", "SO₂", "NO₂", "CO", "O₃")  # in the order of the choices of `main`
SATISFIED_FROM, LEAST_ANSWERS = 4, 10  # as deploy/indices/satisfaction.toml counts scores of tablets
GONE = ("stale", "never")
Levels = Callable[[str, str, str], Sequence[ThresholdView]]


@dataclass(frozen=True, slots=True)
class Air:
    """VN_AQI of the hour at one station; None = no data."""

    name: Text
    place: Text
    aqi: float | None
    band: int | None
    main: int | None
    at: int | None


@dataclass(frozen=True, slots=True)
class Water:
    """A river's level against its flood levels; `above` is empty below the first, `next` above the last.

    `above` and `next` are identities of levels, `above_shown` and `next_shown` what people read for them.
    """

    name: Text
    place: Text
    level_m: float | None
    above: str
    severity: int | None
    next: str
    distance_m: float | None
    at: int | None
    above_shown: Text | None
    next_shown: Text | None


@dataclass(frozen=True, slots=True)
class Rain:
    """Sums of rain in mm by hours; None = no data."""

    name: Text
    place: Text
    sums: Mapping[int, float | None]
    at: int | None


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What people said of a service on its tablets."""

    place: Text
    satisfied_pct: float | None
    scores_today: float | None
    at: int | None


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What people answered at a place lately; of few answers no share is given."""

    place: Text
    satisfied_pct: float | None
    answers: int


@dataclass(frozen=True, slots=True)
class Bulletin:
    """An official bulletin with its source; who copied it is not for the public."""

    agency: str
    number: str
    hazard: str
    risk: int
    area: str
    issued_at: int
    valid_until: int | None
    title: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the public page, as it was at one moment."""

    at: int
    air: Sequence[Air]
    water: Sequence[Water]
    rain: Sequence[Rain]
    satisfaction: Sequence[Satisfaction]
    surveys: Sequence[Surveyed]
    bulletins: Sequence[Bulletin]


@dataclass(frozen=True, slots=True)
class Known:
    """What the board is made from; `hidden`: sites that are left out."""

    at: int
    devices: Sequence[DeviceView]
    sites: Sequence[SiteView]
    levels: Levels
    river_profiles: Collection[str]
    bulletins: Sequence[BulletinRow] = ()
    answers: Sequence[SurveyCount] = ()
    hidden: Collection[str] = ()


def board_of(known: Known) -> Board:
    """The board; a value that is stale or of bad quality is no value."""
    places = {site.id: site.name for site in known.sites if site.id not in known.hidden}
    devices = [each for each in known.devices if each.site in places]
    names = {(each.gateway, each.id): each.name for each in devices if not each.source}

    def named(device: DeviceView) -> tuple[Text, Text]:
        return names.get((device.gateway, device.source), device.name), places[device.site]

    by_profile = {key: [each for each in devices if each.profile == key] for key in (AIR, RAIN, SATISFACTION)}
    rivers = [each for each in devices if each.profile in known.river_profiles and not each.source]
    return Board(
        known.at,
        air=sorted((_air(each, *named(each)) for each in by_profile[AIR]), key=lambda each: -(each.aqi or -1)),
        water=sorted(
            (found for each in rivers if (found := _water(each, named(each), known.levels))),
            key=lambda each: (each.severity or 9, each.level_m is None, each.name.vi),
        ),
        rain=sorted((_rain(each, *named(each)) for each in by_profile[RAIN]), key=lambda each: -(each.sums[24] or -1)),
        satisfaction=[_satisfaction(each, places[each.site]) for each in by_profile[SATISFACTION]],
        surveys=_surveys(known.answers, places),
        bulletins=[_bulletin(each) for each in known.bulletins],
    )


def is_river(sector: Sector, points: Collection[str]) -> bool:
    """Whether devices of such a profile measure a river."""
    return sector is Sector.DISASTER and LEVEL in points


def _air(device: DeviceView, name: Text, place: Text) -> Air:
    aqi, at = _value(device, "aqi")
    band, main = _value(device, "band")[0], _value(device, "main")[0]
    return Air(name, place, aqi, _whole(band) if aqi is not None else None, _whole(main), at)


def _water(device: DeviceView, named: tuple[Text, Text], levels: Levels) -> Water | None:
    marks = sorted(levels(device.gateway, device.id, LEVEL), key=lambda each: each.value)
    if not marks:
        return None  # without flood levels a level in metres says nothing to anybody
    level, at = _value(device, LEVEL)
    above = [each for each in marks if level is not None and each.value <= level]
    ahead = next((each for each in marks if level is not None and each.value > level), None)
    return Water(
        *named, level, above[-1].level if above else "", above[-1].severity if above else None,
        ahead.level if ahead else "", ahead.value - level if ahead and level is not None else None, at,
        above[-1].level_shown if above else None, ahead.level_shown if ahead else None,
    )  # fmt: skip


def _rain(device: DeviceView, name: Text, place: Text) -> Rain:
    return Rain(name, place, {hours: _value(device, f"r_{hours}h")[0] for hours in RAIN_H}, _value(device, "r_24h")[1])


def _satisfaction(device: DeviceView, place: Text) -> Satisfaction:
    share, at = _value(device, "satisfied_pct")
    return Satisfaction(place, share, _value(device, "scores_today")[0], at)


def _surveys(counts: Sequence[SurveyCount], places: Mapping[str, Text]) -> list[Surveyed]:
    found: list[Surveyed] = []
    for site, name in places.items():
        mine = [each for each in counts if each.site == site]
        total = sum(each.answers for each in mine)
        happy = sum(each.answers for each in mine if each.score >= SATISFIED_FROM)
        if total:
            found.append(Surveyed(name, round(100 * happy / total, 1) if total >= LEAST_ANSWERS else None, total))
    return found


def _bulletin(row: BulletinRow) -> Bulletin:
    return Bulletin(
        row.agency, row.number, row.hazard, row.risk, row.area, row.issued_at, row.valid_until, row.title, row.text,
        row.source,
    )  # fmt: skip


def _value(device: DeviceView, key: str) -> tuple[float | None, int | None]:
    """The number that still counts, and when it was observed, also of one that does not."""
    point = next((each for each in device.points if each.key == key), None)
    if point is None:
        return None, None
    return (float(point.value) if _counts(point) and isinstance(point.value, int | float) else None), point.observed_at


def _counts(point: PointView) -> bool:
    return point.freshness not in GONE and not point.quality.startswith("bad")


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
