"""Which dashboards there are: one per sector for now and one for years, and four for those on duty; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.grafana.panels import Panel, counted, history_panels, live_panels
from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile, Text
from device_profiles.sectors import NAMES

LIVE_RANGE, HISTORY_RANGE = "now-24h", "now-90d"
FLOOD = (
    "river_gauge_radar", "index_flood_level", "rain_gauge_tipping", "reservoir", "ford_gauge", "flash_flood_siren",
    "interlock",
)  # fmt: skip
COLD_CHAIN = ("vaccine_fridge",)
COLD_BAND = (2.0, 8.0)  # QĐ 1730/QĐ-BYT: where vaccines are kept
FLEET = ("online", "clock_doubtful", "devices_ill", "backlog_readings", "hours_left")
LEDGER = ("accepted", "stored", "dead_lettered", "dropped", "awaited")


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `rolled`: its data source holds the roll-ups of an hour."""

    uid: str
    title: Text
    panels: tuple[Panel, ...]
    since: str = LIVE_RANGE
    rolled: bool = False


def boards(catalogue: Catalogue, lang: str) -> list[Board]:
    """Every dashboard, those on duty first."""
    own = {name: profile for name, profile in catalogue.profiles.items() if not profile.reports_as}
    return [*_on_duty(own, lang), *_of_sectors(own, lang)]


def _on_duty(profiles: Mapping[str, DeviceProfile], lang: str) -> Iterator[Board]:
    of = _panels_of(profiles, lang)
    status = profiles["index_gateway"]
    yield Board("thacba-fleet", Text(vi="Đội cổng biên", en="Fleet health"), tuple(_points(status, FLEET, lang)))
    ledger = [
        *_points(status, LEDGER, lang),
        counted("quality", "code", "point", Text(vi="Số liệu nghi ngờ theo điểm đo", en="Doubted readings by point")),
        counted("event", "id", "kind", Text(vi="Sự kiện theo loại", en="Events by kind")),
    ]
    yield Board("thacba-ledger", Text(vi="Sổ cái số liệu", en="Ledger"), tuple(ledger))
    yield Board("thacba-flood", Text(vi="Lũ", en="Flood"), tuple(of(FLOOD)))
    cold = (replace(each, band=COLD_BAND) if each.unit == "Cel" else each for each in of(COLD_CHAIN))
    yield Board("thacba-cold-chain", Text(vi="Dây chuyền lạnh", en="Cold chain"), tuple(cold))


def _of_sectors(profiles: Mapping[str, DeviceProfile], lang: str) -> Iterator[Board]:
    for sector, title in NAMES.items():
        mine = [profile for profile in profiles.values() if profile.sector is sector]
        live = tuple(panel for profile in mine for panel in live_panels(profile, lang))
        yield Board(f"thacba-{sector.value.replace('_', '-')}", title, live)
        rolled = tuple(panel for profile in mine for panel in history_panels(profile, lang))
        years = Text(vi=f"{title.vi}: lịch sử", en=f"{title.en}: history")
        yield Board(f"thacba-{sector.value.replace('_', '-')}-history", years, rolled, HISTORY_RANGE, rolled=True)


def _panels_of(profiles: Mapping[str, DeviceProfile], lang: str) -> Callable[[Sequence[str]], Iterator[Panel]]:
    def of(names: Sequence[str]) -> Iterator[Panel]:
        for name in names:
            yield from live_panels(profiles[name], lang)

    return of


def _points(profile: DeviceProfile, keys: Sequence[str], lang: str) -> Iterator[Panel]:
    """The panels of some points of a profile."""
    chosen = tuple(point for point in profile.points if point.key in keys)
    yield from live_panels(profile.model_copy(update={"points": chosen}), lang)
