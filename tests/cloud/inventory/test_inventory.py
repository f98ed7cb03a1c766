"""Areas, sites, and how honest a value is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.inventory.fleet import Fleet, answering
from cloud.inventory.freshness import freshness, stale_after_ms
from cloud.inventory.load import load_inventory
from cloud.inventory.sites import Area
from cloud.store.base import Columns
from device_profiles.load import FileFaultsError
from device_profiles.schema import Text
from device_profiles.wire import BirthDevice, DeviceHealth, Health, State
from device_profiles.wire.messages import Cell, RunningConfiguration, Settings

NOW = 1_725_926_400_000
STALE = 60_000
AREAS = """
[[areas]]
id = "lao-cai"
name = { vi = "Tỉnh Lào Cai", en = "Lao Cai" }
valid_from = 2025-07-01

[[areas]]
id = "au-lau"
name = { vi = "Phường Âu Lâu", en = "Au Lau" }
parent = "lao-cai"
"""


def site(identifier: str, *gateways: str, area: str = "au-lau") -> str:
    entries = "".join(f'[[gateways]]\nid = "{each}"\nname = {{ vi = "x", en = "x" }}\n' for each in gateways)
    return f'id = "{identifier}"\nname = {{ vi = "x", en = "x" }}\narea = "{area}"\nlat = 21.0\nlon = 104.0\n{entries}'


def test_sites_know_their_gateways_and_areas(tmp_path: Path) -> None:
    (tmp_path / "areas.toml").write_text(AREAS, encoding="utf-8")
    (tmp_path / "one.toml").write_text(site("one", "gw-1", "gw-2"), encoding="utf-8")
    inventory = load_inventory(tmp_path)
    found = inventory.site_of("gw-2")
    assert found is not None
    assert found.id == "one"
    assert inventory.site_of("gw-3") is None
    assert inventory.gateway("gw-3") is None
    assert inventory.gateway("gw-1") is not None
    assert [area.id for area in inventory.path_of(found.area)] == ["au-lau", "lao-cai"]
    assert [each.id for each in inventory.sites_in("lao-cai")] == ["one"]


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "areas.toml").write_text(AREAS.replace('parent = "lao-cai"', 'parent = "lao-cay"'), encoding="utf-8")
    (tmp_path / "a.toml").write_text(site("one", "gw-1"), encoding="utf-8")
    (tmp_path / "b.toml").write_text(site("one", "gw-1", area="au-lao"), encoding="utf-8")
    (tmp_path / "c.toml").write_text("nonsense", encoding="utf-8")
    with pytest.raises(FileFaultsError) as caught:
        load_inventory(tmp_path)
    text = str(caught.value)
    for part in ("lao-cay", "did you mean", "au-lao", "one is the id of", "c.toml"):
        assert part in text
    with pytest.raises(FileFaultsError, match="not a folder"):
        load_inventory(tmp_path / "none")


def test_areas_in_a_circle_and_twice_are_refused(tmp_path: Path) -> None:
    name = 'name = { vi = "x", en = "x" }'
    circle = "".join(
        f'[[areas]]\nid = "{a}"\n{name}\nparent = "{b}"\n' for a, b in (("p", "q"), ("q", "p"), ("q", "p"))
    )
    (tmp_path / "areas.toml").write_text(circle, encoding="utf-8")
    with pytest.raises(FileFaultsError, match="lies in itself") as caught:
        load_inventory(tmp_path)
    assert "stands 2 times" in str(caught.value)


def test_areas_come_and_go_by_law() -> None:
    old = Area(id="x", name=Text(vi="x", en="x"), valid_to=date(2025, 6, 30))
    assert old.exists_on(date(2025, 6, 30))
    assert not old.exists_on(date(2025, 7, 1))


@pytest.mark.parametrize(
    ("measured", "read", "good_clock", "word"),
    [
        (None, None, True, "never"),
        (None, NOW, True, "never"),
        (NOW, NOW, True, "measured"),
        (NOW - STALE, None, True, "measured"),
        (NOW - STALE - 1, None, True, "stale"),
        (NOW - 10 * STALE, NOW - 5, True, "unchanged"),
        (NOW - 10 * STALE, NOW - STALE - 1, True, "stale"),
        (NOW, NOW, False, "doubtful"),
        (NOW - 10 * STALE, None, False, "stale"),
    ],
)
def test_freshness_is_honest(measured: int | None, read: int | None, good_clock: bool, word: str) -> None:
    found = freshness(now=NOW, measured_at=measured, read_at=read, stale_ms=STALE, clock_is_good=good_clock)
    assert found == word


def test_three_missed_periods_and_some_grace_are_a_silence() -> None:
    assert stale_after_ms(10.0) == 60_000


def block(times: list[int], level: list[Cell], marks: list[tuple[int, str]] | None = None) -> Columns:
    return Columns("site", "gw", "d", "probe", times, {"level": level}, {"level": marks} if marks else {}, {})


def test_a_fleet_keeps_the_newest_value_and_the_newest_quality() -> None:
    fleet = Fleet()
    fleet.observed(block([NOW, NOW + 1], [1.0, 2.0]), received_at=NOW + 5)
    fleet.observed(block([NOW - 9], [9.0]), received_at=NOW + 6)
    device = fleet.device("gw", "d")
    assert device is not None
    level = device.points["level"]
    assert (level.value, level.observed_at, level.received_at, level.quality) == (2.0, NOW + 1, NOW + 5, "good")
    fleet.observed(block([NOW + 2], [None], [(0, "bad:timeout")]), received_at=NOW + 7)
    assert (level.value, level.quality) == (2.0, "bad:timeout")
    fleet.observed(block([NOW + 1], [2.0]), received_at=NOW + 8)
    assert level.quality == "bad:timeout", "an older good reading does not heal a newer bad one"
    fleet.observed(block([NOW + 3], [3.0]), received_at=NOW + 9)
    assert (level.value, level.quality, device.read_at) == (3.0, "good", NOW + 3)
    fleet.remembered(device, "level", observed_at=NOW, value=0.5)
    assert level.value == 3.0


def test_a_gateway_is_never_then_online_then_lost() -> None:
    fleet = Fleet()
    assert fleet.gateway("gw") is None
    born = State(1, "online", NOW, devices=[BirthDevice("d", "probe", "0", "Máy", "Device")])
    fleet.born("gw", born, site="site", received_at=NOW)
    fleet.observed(block([NOW], [1.0]), received_at=NOW)
    health = Health(
        1, NOW + 1, "0" * 16, 2, 1, 0, 0, 0, 0, 0, devices=[DeviceHealth("d", NOW + 1), DeviceHealth("x", 0)]
    )
    fleet.healthy("gw", health, received_at=NOW + 2)
    assert [each.device for each in answering(health)] == ["d"]
    fleet.born("gw", born, site="site", received_at=NOW + 3)
    device = fleet.device("gw", "d")
    assert device is not None
    assert (device.name_vi, device.read_at, device.points["level"].value) == ("Máy", NOW + 1, 1.0)
    fleet.born("gw", State(1, "lost", 0), site="site", received_at=NOW + 4)
    standing = fleet.gateway("gw")
    assert standing is not None
    assert (standing.presence, standing.since, len(standing.devices)) == ("lost", NOW + 4, 1)
    assert [each.device for each in fleet.devices()] == ["d"]


def test_strangers_are_few_however_many_call() -> None:
    fleet = Fleet()
    for number in range(500):
        fleet.withheld(f"x{number}", received_at=number)
    fleet.withheld("x499", received_at=501)
    assert len(fleet.strangers()) == 200
    assert fleet.strangers()[0].gateway == "x499"


def test_what_a_gateway_runs_is_told_by_birth_and_health_and_settings_by_the_birth_alone() -> None:
    fleet = Fleet()
    running = RunningConfiguration(version=4, hash="ab", source="site", state="trial", settings=Settings(release="1.2"))
    fleet.born("gw-1", State(v=1, state="online", since=1, running=running), site="s", received_at=1)
    later = replace(running, state="active", settings=None)
    health = Health(1, 2, "e", 1, 0, 0, 0, 0, 0, 0, running=later)
    fleet.healthy("gw-1", health, received_at=2)
    standing = fleet.gateway("gw-1")
    assert standing is not None
    assert standing.running == replace(running, state="active")
    fleet.healthy("gw-1", replace(health, running=replace(later, version=5)), received_at=3)
    assert standing.running == replace(later, version=5)
