"""The files of an exercise: places of the whole fleet, the centre, agents on real protocols, and the plan."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from device_profiles.exercise_plan import ExpectedAlarm, ForbiddenAlarm, Plan
from simulators.demo.broker import BrokerAccess
from simulators.demo.files import BROKER_PASSWORD
from simulators.demo.ports import HOST
from simulators.province.fleet import PlacedDevice
from simulators.province.places import all_communes
from simulators.province.province import Province, moment_ms
from simulators.scenarios.story import Awaited

Table = dict[str, Any]
LATE_S = 86_400.0  # the way from gateway to centre takes minutes of a fast story: its notices shall be written down
RECEIPT_S = 3600.0  # seconds of the story: six real ones at the usual speed
HEALTH_S = 600.0
SHARED = "exercise"  # folder that all programs of the exercise share
WISDOM = ("rules", "indices", "sectors")  # what the province has decided, as it stands in `deploy`
# Ten minutes of a fast story last a second: only what the pages of disasters and environment show is worked out.
INDICES = frozenset({"rain", "rain_risk", "river", "vn_aqi_hour", "vn_aqi_day", "water_class"})


@dataclass(frozen=True, slots=True)
class Story:
    """What stands in the [exercise] table of every program."""

    name: str
    begin_ms: int

    def table(self, folder: Path) -> Table:
        """The table; the story waits until somebody lets it run."""
        begin = datetime.fromtimestamp(self.begin_ms / 1000, UTC)
        return {"name": self.name, "begin": begin, "speed": 0.0, "folder": str((folder / SHARED).resolve())}


def write_places(folder: Path, deploy: Path, gateways: Mapping[str, Sequence[PlacedDevice]]) -> None:
    """The province's own site files, and one for each site of the fleet that has none yet."""
    sites = folder / "sites"
    shutil.copytree(deploy / "sites", sites, ignore=shutil.ignore_patterns("pilot-*", "*.md"))
    areas = tomllib.loads((sites / "areas.toml").read_text(encoding="utf-8"))
    known = {area["id"] for area in areas["areas"]}
    more = [
        {"id": each.id, "name": each.name.model_dump(), "parent": each.parent}
        for each in all_communes().values()
        if each.id not in known
    ]
    _write(sites / "areas.toml", {"areas": [*areas["areas"], *more]})
    for gateway, devices in gateways.items():
        _write_site(sites, gateway, devices[0])


def write_wisdom(folder: Path, deploy: Path) -> None:
    """The province's own rules, pages of its sectors, and indices of rain, rivers, air and water.

    The cases of rules are tried elsewhere.
    """
    for name in WISDOM:
        shutil.copytree(deploy / name, folder / name, ignore=shutil.ignore_patterns("*.test.toml", "*.md"))
    for index in (folder / "indices").glob("*.toml"):
        if index.stem not in INDICES:
            index.unlink()


def write_centre(folder: Path, story: Story, *, port: int, broker: BrokerAccess, client: str) -> Path:
    """Writes centre.toml and says where: what the province has decided, and recorders for channels."""
    table: Table = {
        "data_dir": "data/centre",
        "sites_dir": "sites",
        **{f"{name}_dir": name for name in WISDOM},
        "http": {"host": HOST, "port": port, "cookie_secure": False, "public_url": f"http://{HOST}:{port}"},
        "broker": {**_broker(broker), "client_id": client},
        "notify": {
            "late_s": LATE_S,
            "channels": [{"kind": "webhook", "name": "exercise", "url": "https://nobody.invalid/", "digests": False}],
        },
        "exercise": story.table(folder),
    }
    return _write(folder / "centre.toml", table)


def write_agent(
    folder: Path,
    story: Story,
    gateway: str,
    devices: Sequence[tuple[PlacedDevice, Mapping[str, Any]]],
    *,
    broker: BrokerAccess,
    command_key: str,
) -> Path:
    """Writes the file of one agent on real protocols and says where."""
    name = devices[0][0].site_name.model_dump()
    table: Table = {
        "gateway": {"id": gateway, "name": name, "data_dir": f"data/{gateway}", "health_period_s": HEALTH_S},
        "broker": {**_broker(broker), "receipt_timeout_s": RECEIPT_S},
        "centre": {"command_key": command_key},
        "exercise": story.table(folder),
        "devices": [
            {
                "id": each.id,
                "profile": each.profile,
                "name": each.site_name.model_dump(),
                "connection": dict(connection),
            }
            for each, connection in devices
        ],
    }
    return _write(folder / f"{gateway}.toml", table)


def plan_of(province: Province) -> Plan:
    """What the centre measures the exercise against."""
    scenario = province.scenario
    span = (province.begin_ms, province.end_ms)
    return Plan(
        name=scenario.scenario,
        title=scenario.name,
        begin=province.begin_ms,
        end=province.end_ms,
        expected=tuple(ExpectedAlarm.model_validate(_awaited(each, span)) for each in province.expected),
        forbidden=tuple(ForbiddenAlarm.model_validate(_awaited(each, span)) for each in province.forbidden),
    )


def _awaited(each: Awaited, span: tuple[int, int]) -> Table:
    begin = moment_ms(each.since) if each.since else span[0]
    end = moment_ms(each.until) if each.until else span[1]
    return {"rule": each.rule, "place": each.place, "level": each.level, "begin": begin, "end": end}


def _write_site(sites: Path, gateway: str, device: PlacedDevice) -> None:
    path = sites / f"{device.site}.toml"
    entry = {"id": gateway, "name": device.site_name.model_dump()}
    if path.exists():
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        if all(each["id"] != gateway for each in table["gateways"]):
            _write(path, {**table, "gateways": [*table["gateways"], entry]})
        return
    table = {"id": device.site, "name": device.site_name.model_dump(), "area": device.area}
    _write(path, {**table, "lat": device.lat, "lon": device.lon, "gateways": [entry]})


def _broker(broker: BrokerAccess) -> Table:
    return {"url": broker.url, "username": broker.username, "password_env": BROKER_PASSWORD}


def _write(path: Path, table: Table) -> Path:
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path
