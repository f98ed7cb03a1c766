"""Every way in which a device of the province fails or lies, and what is heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from simulators.encoding import Value
from simulators.province.fleet import by_id, fleet
from simulators.province.province import Province, models
from simulators.province.reporting import arriving
from simulators.scenarios.scenario import read_scenario, scenario_names
from simulators.scenarios.story import FaultMode
from tests.simulators.province.stories import ms, province, small
from tests.simulators.province.test_physics import STORM

NOON, NIGHT, LATER = ms("2026-08-11 12:00"), ms("2026-08-12 04:00"), ms("2026-08-12 09:00")
RIVER, RAIN, METER, NODE = (
    "song-thao-yen-bai",
    "mua-xa-tram-tau-1-1",
    "lo-dien-phuong-nghia-lo-1-1",
    "sat-lo-xa-phinh-ho-1-1",
)


def faulty(device: str, mode: str, **more: Any) -> Province:
    """A province in which one device is at fault from 6 o'clock on."""
    fault = {"device": device, "mode": mode, "begin": "2026-08-11T06:00:00+07:00", "end": "2026-08-12T23:00:00+07:00"}
    return small(faults=[{**fault, **more}], storms=[STORM])


def told(device: str, mode: str, at: int, **more: Any) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """What the faulty device says, and what it should."""
    return faulty(device, mode, **more).values(device, at), small(storms=[STORM]).values(device, at)


def test_stuck_repeats_what_was_said_first() -> None:
    wrong, _ = told(RIVER, "stuck", NOON)
    assert wrong["level_m"] == small(storms=[STORM]).values(RIVER, ms("2026-08-11 06:00"))["level_m"]


def test_drift_grows_with_the_hours() -> None:
    wrong, right = told(RIVER, "drift", NOON, amount=0.1, point="level_m")
    assert float(wrong["level_m"]) - float(right["level_m"]) == pytest.approx(0.6, abs=0.001)
    assert wrong["velocity_m_s"] == right["velocity_m_s"]


def test_spikes_are_few_and_doubted() -> None:
    here, right = faulty(RIVER, "spike", point="level_m"), small(storms=[STORM])
    moments = range(NOON, NOON + 12 * 3_600_000, 600_000)
    spikes = [at for at in moments if here.values(RIVER, at) != right.values(RIVER, at)]
    assert 1 <= len(spikes) < len(moments) / 3
    assert all(here.quality(RIVER, at)["level_m"] in ("bad:range", "uncertain:rate") for at in spikes)


def test_saturation_is_the_most_that_is_said() -> None:
    wrong, right = told(RIVER, "saturated", NOON, amount=20.0)
    assert wrong["level_m"] == 20.0 < float(right["level_m"])


def test_a_blocked_gauge_sees_no_rain() -> None:
    wrong, right = told(RAIN, "blocked", NOON)
    assert (wrong["rain_mm"], float(right["rain_total_mm"]) > float(wrong["rain_total_mm"])) == (0.0, True)


def test_an_old_battery_droops_when_the_night_ends() -> None:
    wrong, right = told(RIVER, "battery_droop", NIGHT, amount=2.0)
    assert 1.5 < float(right["batt_v"]) - float(wrong["batt_v"]) <= 2.01
    by_day, fresh = told(RIVER, "battery_droop", NOON, amount=2.0)
    assert by_day["batt_v"] == fresh["batt_v"]


@pytest.mark.parametrize(("mode", "status"), [("calibration", "01"), ("device_fault", "02")])
def test_a_station_says_that_its_values_are_none(mode: str, status: str) -> None:
    here = faulty("nuoc-mat-xa-mau-a-1-1", mode)
    assert here.status("nuoc-mat-xa-mau-a-1-1", NOON) == status
    assert set(here.quality("nuoc-mat-xa-mau-a-1-1", NOON).values()) == {"bad:device"}
    assert small().status("nuoc-mat-xa-mau-a-1-1", NOON) == "00"


def test_counters_begin_again_and_roll_over() -> None:
    reset, right = told(METER, "counter_reset", NOON)
    assert 0 < float(reset["import_kwh"]) < 1000 < float(right["import_kwh"])
    rolled, _ = told(METER, "counter_roll_over", NOON, amount=1000.0)
    assert float(rolled["import_kwh"]) == pytest.approx(float(right["import_kwh"]) % 1000)


def test_a_node_that_joins_again_counts_its_frames_from_zero() -> None:
    here = faulty(NODE, "frame_count_reset")
    assert here.frame_count(NODE, NOON) == 36
    assert here.frame_count(NODE, ms("2026-08-11 05:50")) > 50_000


def test_a_wrong_unit_is_a_factor() -> None:
    wrong, right = told(RIVER, "wrong_unit", NOON, amount=0.01, point="level_m")
    assert float(wrong["level_m"]) == pytest.approx(float(right["level_m"]) / 100, abs=0.001)


def test_a_frozen_camera_is_online_and_still() -> None:
    wrong, _ = told("cam-phuong-nghia-lo-1-1", "frozen_picture", NOON)
    assert (wrong["online"], wrong["frozen"], wrong["motion"]) == (True, True, 0.0)


def test_a_silent_device_says_nothing() -> None:
    assert told(RIVER, "silent", NOON)[0] == {}


@pytest.mark.parametrize(
    ("mode", "shows"),
    [("clock_drift", NOON + 90_000), ("clock_reset_1970", 6 * 3_600_000), ("clock_reset_2000", 946_706_400_000)],
)
def test_a_wrong_clock_shows_its_own_time(mode: str, shows: int) -> None:
    here = faulty(RIVER, mode, amount=90)
    assert here.observed_at(RIVER, NOON) == shows
    assert here.observed_at(RAIN, NOON) == NOON


def test_messages_are_doubled_and_overtake_each_other() -> None:
    gateway = by_id()[RAIN].gateway
    assert faulty(RAIN, "duplicated").delivery(gateway, NOON) == {FaultMode.DUPLICATED}
    assert arriving([1, 2], {FaultMode.DUPLICATED}) == [1, 1, 2, 2]
    assert arriving([1, 2, 3], {FaultMode.OUT_OF_ORDER}) == [2, 1, 3]
    assert arriving([1, 2], {FaultMode.DUPLICATED, FaultMode.OUT_OF_ORDER}) == [2, 2, 1, 1]


def test_a_deed_befalls_one_device_for_a_while() -> None:
    deed = {"device": "tuong-lua", "begin": "2026-08-11T12:00:00+07:00", "end": "2026-08-11T12:10:00+07:00",
            "points": {"admins_added": 1}}  # fmt: skip
    here = small(deeds=[deed])
    added = [here.values("tuong-lua", at)["admins_added"] for at in (NOON - 1, NOON, NOON + 600_000)]
    assert added == [0, 1, 0]


def test_every_fault_happens_in_some_story() -> None:
    stories = [read_scenario(name) for name in scenario_names()]
    assert {fault.mode for story in stories for fault in story.faults} == set(FaultMode)
    assert any(story.power_cuts for story in stories)
    assert any(story.link_cuts for story in stories)


@pytest.mark.parametrize("at", [NOON, NIGHT])
def test_every_device_says_what_its_model_knows_and_nothing_that_is_beyond_its_limits(at: int) -> None:
    here = small(storms=[STORM])
    for device in fleet():
        values = here.values(device.id, at)
        assert 0 < len(values) == len(values.keys() & {point.key for point in models()[device.profile].points})
        assert not here.quality(device.id, at), (device.id, values)


@pytest.mark.parametrize("name", scenario_names())
def test_in_a_story_only_faulty_devices_are_doubted(name: str) -> None:
    there = province(name)
    wrong = {fault.device for fault in there.scenario.faults}
    worst = there.begin_ms + (there.end_ms - there.begin_ms) * 2 // 5
    doubted = {device.id for device in fleet() if there.quality(device.id, worst)}
    assert doubted <= wrong
