"""The parts of the environment page: air stations with VN_AQI, waters with their class, noise; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.api.views import DeviceView, ThresholdView
from cloud.store.base import Bucket
from cloud.web.figures import Devices, Figure, figure, indices_of
from device_profiles.schema import DeviceProfile, Sector

HOUR_INDEX, DAY_INDEX, WATER_INDEX = "index_vn_aqi_hour", "index_vn_aqi_day", "index_water_class"
SONDE: Final = "water_sonde"
POLLUTANTS: Final = ("pm25", "pm10", "so2", "no2", "co", "o3")
AIR_AROUND: Final = ("temp_c", "rh", "wind_m_s", "noise_dba")
WATER_POINTS: Final = ("ph", "do_mg_l", "tss_mg_l", "cod_mg_l", "bod_mg_l", "nh4_mg_l", "temp_c", "ec_us_cm")
NOISE_POINTS: Final = ("laeq_1h_dba", "laeq_1min_dba", "noise_dba")
REFERENCE: Final = frozenset({"air_station", "circular10_air"})  # others are never held against a legal limit
AQI_MOST: Final = 500
HOUR_MS: Final = 3_600_000
Levels = Callable[[DeviceView, str], Sequence[ThresholdView]]
Profiles = Mapping[str, DeviceProfile]


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of a strip: its state (band or class), 0 = nothing is known; `value` None with it."""

    begin: int
    state: int = 0
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Pollutant:
    """One pollutant of a station: its own index, and what is measured now."""

    name: str
    index: Figure | None
    measured: Figure | None

    @property
    def share(self) -> float:
        """Of the whole scale, in %, for its bar."""
        value = self.index.value if self.index else None
        return 0.0 if value is None else round(min(100.0, value / AQI_MOST * 100), 1)


@dataclass(frozen=True, slots=True)
class Air:
    """One station: VN_AQI of the hour and of the day, its pollutants, and the hours behind it."""

    device: DeviceView
    indicative: bool
    aqi: Figure | None
    band: Figure | None
    main: Figure | None
    day: Figure | None
    day_band: Figure | None
    pollutants: Sequence[Pollutant]
    around: Sequence[Figure]
    strip: Sequence[Cell] = field(default=())

    @property
    def state(self) -> int:
        """The band, 0 = nothing is known."""
        return (self.band.state if self.band else None) or 0


@dataclass(frozen=True, slots=True)
class Water:
    """One station in a river or lake: its class, what decides it, and what is measured now."""

    device: DeviceView
    grade: Figure | None
    worst: Figure | None
    without_solids: Figure | None
    parameters: Figure | None
    ammonium: Figure | None
    measured: Sequence[Figure]
    strip: Sequence[Cell] = field(default=())

    @property
    def state(self) -> int:
        """The class, 1 = A to 4 = D, 0 = nothing is known."""
        return (self.grade.state if self.grade else None) or 0


def air_of(devices: Devices, profiles: Profiles, levels: Levels) -> list[Air]:
    """Every station with an index of the hour, and those of the sector that have none yet: the worst air first.

    Dust in a classroom is no air of the town.
    """
    hours, days = indices_of(devices, HOUR_INDEX), indices_of(devices, DAY_INDEX)
    found = []
    for device in devices:
        key = (device.gateway, device.id)
        outdoors = is_of_sector(device, profiles) and figure(device, "pm25") is not None
        if device.source or not (key in hours or outdoors):
            continue
        found.append(_air(device, hours.get(key), days.get(key), levels))
    return sorted(found, key=lambda each: (-each.state, -_number(each.aqi), each.indicative, each.device.id))


def _air(device: DeviceView, hour: DeviceView | None, day: DeviceView | None, levels: Levels) -> Air:
    around = [figure(device, key, levels(device, key)) for key in AIR_AROUND]
    pollutants = [
        Pollutant(name, figure(hour, f"aqi_{name}"), figure(device, name, levels(device, name))) for name in POLLUTANTS
    ]
    return Air(
        device, device.profile not in REFERENCE, figure(hour, "aqi"), figure(hour, "band"), figure(hour, "main"),
        figure(day, "aqi"), figure(day, "band"),
        [each for each in pollutants if each.measured is not None],
        [each for each in around if each is not None and each.known],
    )  # fmt: skip


def is_of_sector(device: DeviceView, profiles: Profiles) -> bool:
    """Whether its model is one of the environment."""
    profile = profiles.get(device.profile)
    return profile is not None and profile.sector is Sector.ENVIRONMENT


def waters_of(devices: Devices, levels: Levels) -> list[Water]:
    """Every station with a class, and sondes that have none yet: the worst first, then what says nothing."""
    classes = indices_of(devices, WATER_INDEX)
    found = []
    for device in devices:
        index = classes.get((device.gateway, device.id))
        if device.source or (index is None and device.profile != SONDE):
            continue
        figures = [figure(device, key, levels(device, key)) for key in WATER_POINTS]
        found.append(
            Water(
                device, figure(index, "water_class"), figure(index, "worst"), figure(index, "class_without_tss"),
                figure(index, "parameters"), figure(index, "nh4_over"), [each for each in figures if each is not None],
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: (-each.state, each.device.id))


def noises_of(devices: Devices, profiles: Profiles, levels: Levels) -> list[Figure]:
    """The loudness at every place of the sector, the loudest first; what says nothing comes last."""
    found: list[Figure] = []
    for device in devices:
        if device.source or not is_of_sector(device, profiles):
            continue
        figures = (figure(device, key, levels(device, key)) for key in NOISE_POINTS)
        known = [each for each in figures if each is not None]
        found.extend(known[:1])
    return sorted(found, key=lambda each: (-_number(each), each.device.id))


def strip(
    states: Sequence[Bucket], values: Sequence[Bucket], *, begin: int, cells: int, step_ms: int
) -> tuple[Cell, ...]:
    """One cell per step, the worst state of each; a step without readings stays empty."""
    worst = {each.begin: round(each.maximum) for each in states}
    means = {each.begin: each.mean for each in values}
    times = [begin + number * step_ms for number in range(cells)]
    return tuple(Cell(at, worst[at], means.get(at)) if at in worst else Cell(at) for at in times)


def _number(found: Figure | None) -> float:
    value = found.value if found else None
    return -1.0 if value is None else value
