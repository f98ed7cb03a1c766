"""What should have been raised against what was."""

from __future__ import annotations

import pytest

from cloud.exercise.debrief import real_between
from cloud.exercise.times import answered, people_in
from cloud.exercise.verdict import Raised, judge, raised_in
from cloud.store.rows import AlarmHistoryRow, AlarmRow
from device_profiles.clock import Pace
from device_profiles.exercise_plan import ExpectedAlarm, ForbiddenAlarm, Plan
from device_profiles.schema import Text

HOUR = 3_600_000
AREAS = {"yen-bai": frozenset({"phuong-yen-bai", "lao-cai"})}
RAISED = [
    Raised("a1", "river_bd", level, "yen-bai", "gw-1", "gauge-1", at * HOUR, late=False, places=frozenset({place}))
    for level, at, place in (("I", 5, "phuong-yen-bai"), ("II", 9, "phuong-yen-bai"), ("III", 30, "phuong-yen-bai"))
]


def plan(expected: dict[str, object] | None = None, forbidden: dict[str, object] | None = None) -> Plan:
    """A plan with at most one of each."""
    window = {"rule": "river_bd", "begin": 0, "end": 10 * HOUR}
    return Plan(
        name="yagi_2024",
        title=Text(vi="Bão Yagi", en="Typhoon Yagi"),
        begin=0,
        end=100 * HOUR,
        expected=(ExpectedAlarm.model_validate(window | expected),) if expected is not None else (),
        forbidden=(ForbiddenAlarm.model_validate({"rule": "river_bd"} | forbidden),) if forbidden is not None else (),
    )


@pytest.mark.parametrize(
    ("expected", "now", "outcome"),
    [
        ({}, 50, "raised"),
        ({"level": "II"}, 50, "raised"),
        ({"level": "III"}, 50, "missing"),  # it came too late
        ({"level": "III"}, 8, "waiting"),
        ({"place": "phuong-yen-bai"}, 50, "raised"),
        ({"place": "phuong-nghia-lo"}, 50, "missing"),
        ({"rule": "rain_heavy"}, 50, "missing"),
        ({"rule": "river_*"}, 50, "raised"),
    ],
    ids=[
        "any level",
        "a level",
        "too late",
        "not yet",
        "an area",
        "another area",
        "another rule",
        "any rule of rivers",
    ],
)
def test_an_expected_alarm_counts_where_when_and_as_high_as_it_was_planned(
    expected: dict[str, object], now: int, outcome: str
) -> None:
    verdict = judge(plan(expected), RAISED, now=now * HOUR)
    assert verdict.findings[0].outcome == outcome
    assert verdict.holds is (outcome == "raised")


@pytest.mark.parametrize(
    ("forbidden", "wrong"),
    [({"level": "III"}, 1), ({"level": "III", "end": 29 * HOUR}, 0), ({"place": "phuong-nghia-lo"}, 0), ({}, 3)],
    ids=["a level", "before it came", "elsewhere", "any"],
)
def test_a_forbidden_alarm_fails_the_exercise(forbidden: dict[str, object], wrong: int) -> None:
    verdict = judge(plan(None, forbidden), RAISED, now=100 * HOUR)
    assert len(verdict.forbidden) == wrong
    assert verdict.holds is (wrong == 0)


def test_operators_are_timed_in_real_seconds_however_fast_the_story_runs() -> None:
    """Raised after an hour at sixty times the speed, acknowledged 30 min of the story later, 90 s of pause between."""
    paces = (Pace(0.0, 0.0, 60.0), Pace(70.0, 4200.0, 0.0), Pace(160.0, 4200.0, 60.0))
    lines = [
        _line("raised", HOUR, ""),
        _line("commented", HOUR + HOUR // 12, "lan"),
        _line("acknowledged", HOUR * 3 // 2, "minh"),
    ]
    found = answered(_alarm(), lines, lambda first, last: real_between(paces, 0, first, last))
    assert (found.touched_by, found.touched_s) == ("lan", 5.0)
    assert (found.acknowledged_by, found.acknowledged_s) == ("minh", 30.0 + 90.0)
    assert [(each.name, each.acknowledged, each.median_s) for each in people_in([found])] == [("minh", 1, 120.0)]


def test_an_alarm_is_at_its_site_its_areas_and_its_device() -> None:
    found = raised_in(_alarm(), [_line("raised", HOUR, ""), _line("eased", HOUR, ""), _line("missed", HOUR, "")], AREAS)
    assert [(each.late, each.level) for each in found] == [(False, "I"), (True, "I")]
    assert found[0].places == {"phuong-yen-bai", "lao-cai", "yen-bai", "gw-1", "gauge-1", "gw-1/gauge-1"}


def _alarm() -> AlarmRow:
    return AlarmRow(
        id="a1", rule="river_bd", rule_version="1", site="yen-bai", gateway="gw-1", device="gauge-1", point="level_m",
        state="acked", open=True, level="I", severity=3, value=30.5, threshold=30.0, text_vi="I", text_en="I",
        raised_at=HOUR, received_at=HOUR, changed_at=HOUR,
    )  # fmt: skip


def _line(what: str, at: int, actor: str) -> AlarmHistoryRow:
    return AlarmHistoryRow("a1", at, at, what, "I", 30.5, actor, "")
