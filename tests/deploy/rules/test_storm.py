"""All rules of the province together in the first two days of typhoon Yagi: what a duty officer gets to hear."""

from __future__ import annotations

from collections import Counter

import pytest

from cloud.rules.judge import Places
from cloud.rules.trial import Memory
from cloud.store.base import Columns
from device_profiles.schema import PointType
from simulators.scenarios.scenario import Scenario, load_scenario
from tests.deploy.rules.province import RULES

HOUR_MS, STEP_MS = 3_600_000, 600_000
RIVERS = {"yen_bai": "tram-yen-bai", "ngoi_thia": "tram-ngoi-thia"}


def _block(site: str, profile: str, point: str, at: int, value: float) -> Columns:
    return Columns(
        site=site,
        gateway=f"gw-{site}",
        device=f"{point}-{site}",
        profile=profile,
        times=[at],
        points={point: [round(value, 3)]},
        quality={},
        types={point: PointType.FLOAT},
    )


def _told(storm: Scenario, *, hours: int) -> Memory:
    """What the centre has after so many hours of a storm, read every ten minutes."""
    begin = round(storm.file.begin.timestamp() * 1000)
    gauges = [rain.id for rain in storm.file.rain]
    sites = [*RIVERS.values(), *(f"mua-{gauge}" for gauge in gauges)]
    memory = Memory()
    places = Places(areas=dict.fromkeys(sites, ("lao-cai",)), sites={f"gw-{site}": site for site in sites})
    judge = memory.judge(list(RULES.values()), places)
    for at in range(begin + STEP_MS, begin + hours * HOUR_MS, STEP_MS):
        now = (at - begin) / HOUR_MS
        levels = [
            _block(site, "river_gauge_radar", "level_m", at, storm.level(river, now)) for river, site in RIVERS.items()
        ]
        for gauge in gauges:
            fell = storm.rain_total(gauge, now) - storm.rain_total(gauge, now - STEP_MS / HOUR_MS)
            levels.append(_block(f"mua-{gauge}", "rain_gauge_tipping", "rain_mm", at, fell))
        memory.keep(judge.observe(levels, received_at=at))
        memory.keep(judge.tick(at))
    assert not judge.faults
    return memory


@pytest.fixture(scope="module")
def yagi() -> Memory:
    return _told(load_scenario("yagi_2024"), hours=48)


def test_each_problem_is_one_alarm(yagi: Memory) -> None:
    alarms = Counter((alarm.rule, alarm.device) for alarm in yagi.alarms.values())
    assert {count for (rule, _), count in alarms.items() if not rule.startswith("rain_1h")} == {1}


def test_people_hear_of_the_flood_before_its_highest_level(yagi: Memory) -> None:
    first = {
        (yagi.alarms[line.alarm].rule, line.level): line.at
        for line in reversed(yagi.history)
        if line.what in ("raised", "escalated")
    }
    assert first["rain_24h", "50 mm"] < first["flood_building", "building up"] < first["flood_thao_yen_bai", "III"]
    assert first["flood_thao_yen_bai", "I"] < first["flood_thao_yen_bai", "II"] < first["flood_thao_yen_bai", "III"]


def test_two_days_at_seven_gauges_are_not_a_flood_of_notices(yagi: Memory) -> None:
    rules = Counter(yagi.alarms[notice.alarm].rule for notice in yagi.notices.values())
    assert rules["flood_thao_yen_bai"] == 3
    assert sum(rules.values()) <= 60, rules


def test_nothing_that_is_quiet_in_the_storm_speaks(yagi: Memory) -> None:
    assert {alarm.rule.partition("_")[0] for alarm in yagi.alarms.values()} <= {"rain", "flood", "river"}
