"""Choosing gateways, patching, comparing, and the word for how a gateway stands to what it shall run."""

from __future__ import annotations

import pytest

from cloud.configuring.compare import Change, changes, line_diff
from cloud.configuring.drift import drift_of
from cloud.configuring.patch import patched, unknown_keys
from cloud.configuring.targets import Candidate, Target, chosen
from cloud.store.configuration_port import ConfigurationRow
from device_profiles.wire.messages import RunningConfiguration

FLEET = (
    Candidate("gw-2", "s2", ("yen-bai", "lao-cai"), ("river",), ("river_gauge_radar",)),
    Candidate("gw-1", "s1", ("mu-cang-chai", "lao-cai"), ("river", "remote"), ("rain_gauge_tipping",)),
    Candidate("gw-3", "s3", ("hue",), (), ("river_gauge_radar",)),
)
GAUGE = {"id": "gauge", "profile": "river_gauge_radar", "connection": {"kind": "modbus", "timeout_s": 2}}
SETTINGS: dict[str, object] = {
    "outbox": {"max_days": 30, "max_bytes": 1_000_000},
    "devices": [
        GAUGE,
        {"id": "cam", "profile": "ip_camera"},
    ],
}


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (Target(), []),
        (Target(areas=("lao-cai",)), ["gw-1", "gw-2"]),
        (Target(areas=("lao-cai",), labels=("remote",)), ["gw-1"]),
        (Target(profiles=("river_gauge_radar",)), ["gw-2", "gw-3"]),
        (Target(gateways=("gw-3", "gw-1", "gw-9")), ["gw-3", "gw-1"]),
        (Target(sites=("s2", "s3"), labels=("river",)), ["gw-2"]),
    ],
)
def test_gateways_are_chosen_by_what_agrees(target: Target, found: list[str]) -> None:
    assert chosen(FLEET, target) == found


def test_a_patch_reaches_tables_devices_and_models() -> None:
    patch = {
        "outbox": {"max_days": 60, "max_bytes": "-"},
        "devices": {"gauge": {"connection": {"timeout_s": 8}}, "cam": "-", "other": {"period_s": 1}},
        "profiles": {"river_gauge_radar": {"period_s": 60}},
        "release": "1.2.0",
    }
    assert patched(SETTINGS, patch) == {
        "outbox": {"max_days": 60},
        "release": "1.2.0",
        "devices": [
            {
                "id": "gauge",
                "profile": "river_gauge_radar",
                "period_s": 60,
                "connection": {"kind": "modbus", "timeout_s": 8},
            }
        ],
    }
    assert SETTINGS["outbox"] == {"max_days": 30, "max_bytes": 1_000_000}
    assert unknown_keys({**patch, "outbux": {}}) == ["outbux"]


def test_devices_are_compared_by_name_not_by_place() -> None:
    after = {**SETTINGS, "devices": [{"id": "new", "profile": "air_node"}, GAUGE]}
    assert changes(SETTINGS, SETTINGS) == []
    assert changes(SETTINGS, after) == [
        Change("devices.cam", "removed", "{profile = ip_camera}"),
        Change("devices.new", "added", "", "{profile = air_node}"),
    ]
    assert changes({"a": {"b": True}}, {"a": {"b": [1]}}) == [Change("a.b", "changed", "true", "[1]")]
    assert line_diff("a\nb", "a\nc")[-2:] == ["-b", "+c"]


ROW = ConfigurationRow("gw-1", 3, "centre", "lan", 1, "", "", "", "")
RUNS = RunningConfiguration(version=3, hash="", source="centre", state="active")


@pytest.mark.parametrize(
    ("desired", "running", "word"),
    [
        (None, None, "silent"),
        (ROW, None, "silent"),
        (None, RunningConfiguration(version=0, hash="", source="file", state="active"), "unmanaged"),
        (ROW, RunningConfiguration(version=0, hash="", source="file", state="active"), "waiting"),
        (ROW, RUNS, "in_step"),
        (ROW, RunningConfiguration(version=3, hash="", source="centre", state="trial"), "trial"),
        (
            ROW,
            RunningConfiguration(version=2, hash="", source="centre", state="rolled_back", tried=3, reason="link"),
            "rolled_back",
        ),
        (
            ROW,
            RunningConfiguration(version=1, hash="", source="centre", state="rolled_back", tried=2, reason="link"),
            "waiting",
        ),
        (ROW, RunningConfiguration(version=4, hash="", source="site", state="active"), "site"),
        (ROW, RunningConfiguration(version=4, hash="", source="centre", state="active"), "ahead"),
    ],
)
def test_how_what_runs_stands_to_what_shall_run(
    desired: ConfigurationRow | None, running: RunningConfiguration | None, word: str
) -> None:
    assert drift_of(desired, running).word == word
