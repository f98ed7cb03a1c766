"""The kind `compare`: against another point or station, with a lag, and against the middle of the neighbours."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.groups import Group, Input
from cloud.rules.judge import Judge
from cloud.rules.kinds.compare import Compare
from cloud.rules.rule import Rule
from cloud.rules.rule_set import check_rule
from device_profiles.load import load_catalogue
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule

OTHER = {"profile": "river_gauge_radar", "point": "level_m", "devices": ["upper"]}
RISE = [{"name": "far", "severity": 3, "above": 2.0, "clear": 1.0}]
GAUGES: dict[str, Any] = {
    "kind": "compare",
    "by": "all",
    "unit": "m",
    "other": OTHER,
    "lag_s": 3600,
    "max_age_s": 600,
    "levels": RISE,
}
ODD: dict[str, Any] = {
    "kind": "compare",
    "by": "area",
    "unit": "m",
    "against": "median",
    "max_age_s": 900,
    "min_partners": 2,
    "levels": RISE,
}
PROFILES = load_catalogue().profiles


def lower(kind: dict[str, Any] = GAUGES, **more: Any) -> Rule:
    """The lower gauge against the upper one, an hour before."""
    selector = {"profile": "river_gauge_radar", "point": "level_m", "devices": ["lower"]}
    return rule("gauges", kind=kind, **{"selector": selector, **more})


def read(kept: Kept, judge: Judge, device: str, minute: float, value: float, *, site: str = "yen-bai") -> None:
    """One reading, as soon as it is made."""
    at = START + round(minute * MINUTE)
    part = block([(at, value)], device=device, gateway=f"gw-{device}", site=site)
    kept.keep(judge.observe([part], received_at=at))


@pytest.mark.parametrize(
    "wrong",
    [
        {"other": None},
        {"against": "median"},
        {"other": {"profile": "river_gauge_radar"}},
        {"max_age_s": 0},
        {"lag_s": -1},
        {"levels": []},
        {"against": "median", "other": None, "by": "device"},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        lower({**GAUGES, **wrong})


def test_a_station_is_compared_to_what_another_one_read_an_hour_before() -> None:
    kept = Kept()
    judge = kept.judge(lower())
    read(kept, judge, "upper", 0, 28.0)
    read(kept, judge, "upper", 30, 35.0)
    read(kept, judge, "lower", 50, 40.0)
    assert not kept.alarms, "nothing is known of an hour before"
    read(kept, judge, "lower", 65, 30.0)
    [alarm] = kept.alarms.values()
    assert (alarm.gateway, alarm.device, alarm.value) == ("gw-lower", "lower", 2.0)
    read(kept, judge, "lower", 75, 30.0)
    assert kept.story() == [("raised", "far", 65)], "that of an hour before is too old: no figure, no change"
    read(kept, judge, "lower", 95, 34.0)
    assert kept.story() == [("raised", "far", 65), ("cleared", "far", 95)]


def test_nothing_is_divided_by_nothing() -> None:
    kept = Kept()
    ratio = {**GAUGES, "figure": "ratio", "lag_s": 0, "min_other": 0.1}
    judge = kept.judge(lower(ratio))
    for number, upper in enumerate((0.0, 0.05, -0.0)):
        read(kept, judge, "upper", number, upper)
        read(kept, judge, "lower", number, 5.0)
    assert not kept.alarms
    assert not judge.faults
    read(kept, judge, "upper", 9, 2.0)
    read(kept, judge, "lower", 9, 5.0)
    assert [alarm.value for alarm in kept.alarms.values()] == [2.5]


def test_one_that_differs_from_its_neighbours_is_found_and_they_are_not() -> None:
    kept = Kept()
    areas = {"a": ["lao-cai"], "b": ["lao-cai"], "c": ["lao-cai"], "d": ["ha-giang"]}
    odd = rule("odd", kind=ODD)
    judge = kept.judge(odd, areas=areas)
    for minute in range(2):
        for site, value in (("a", 30.0), ("b", 30.2), ("c", 33.0), ("d", 50.0)):
            read(kept, judge, f"river-{site}", minute, value, site=site)
    assert [alarm.device for alarm in kept.alarms.values()] == ["river-c"]
    read(kept, judge, "river-c", 3, 30.5, site="c")
    assert kept.story() == [("raised", "far", 0), ("cleared", "far", 3)]


def test_two_points_of_one_device_are_compared_whatever_block_they_come_in() -> None:
    kind = {**GAUGES, "by": "device", "lag_s": 0, "other": {"profile": "river_gauge_radar", "point": "velocity_m_s"}}
    whole = block([(START, 5.0), (START + MINUTE, 5.0)])
    whole.points["velocity_m_s"] = [4.0, 1.0]
    kept = Kept()
    kept.keep(kept.judge(rule("own", kind=kind)).observe([whole], received_at=START))
    assert kept.story() == [("raised", "far", 1)]


def test_a_device_can_be_compared_with_its_own_past_but_not_with_itself_now() -> None:
    itself = {"profile": "river_gauge_radar", "point": "level_m"}
    past = {**GAUGES, "by": "device", "max_age_s": 900, "lag_s": 300, "other": itself}
    assert not list(check_rule(rule("past", kind=past), PROFILES, channels=(), file="x.toml"))
    assert list(check_rule(rule("now", kind={**past, "lag_s": 0}), PROFILES, channels=(), file="x.toml"))
    kept = Kept()
    levels = [(START + number * MINUTE, 30.0 if number < 7 else 33.0) for number in range(15)]
    kept.keep(kept.judge(rule("past", kind=past)).observe([block(levels)], received_at=levels[-1][0]))
    assert kept.story() == [("raised", "far", 7), ("cleared", "far", 12)]


def test_units_that_do_not_fit_are_refused() -> None:
    def faults(**other: object) -> list[str]:
        wanted = lower({**GAUGES, "max_age_s": 900, "other": {**OTHER, **other}})
        return [str(fault) for fault in check_rule(wanted, PROFILES, channels=(), file="x.toml")]

    assert not faults()
    assert "with itself" in faults(devices=())[0]
    assert "does not fit" in faults(profile="rain_gauge_tipping", point="rain_mm")[0]
    assert "did you mean 'river_gauge_radar'" in faults(profile="river_gauge_rader")[0]
    assert "no point" in faults(point="level")[0]


def test_an_alarm_ends_with_the_rule_that_no_longer_looks_at_its_device() -> None:
    kept = Kept()
    judge = kept.judge(lower({**GAUGES, "lag_s": 0}))
    read(kept, judge, "upper", 0, 28.0)
    read(kept, judge, "lower", 0, 31.0)
    other = {"profile": "river_gauge_radar", "point": "level_m", "devices": ["elsewhere"]}
    judge = kept.judge(lower({**GAUGES, "lag_s": 0}, selector=other))
    kept.keep(judge.tick(START + MINUTE))
    assert [what for what, *_ in kept.story()] == ["raised", "cleared"]


READS = st.lists(
    st.tuples(st.sampled_from(["upper", "lower", "third"]), st.integers(0, 4), st.floats(28, 34).map(round)),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(READS, st.sets(st.integers(0, 39)))
def test_restarts_change_nothing(reads: list[tuple[str, int, float]], restarts: set[int]) -> None:
    odd = rule("odd", kind={**ODD, "by": "all", "max_age_s": 180})
    rules = [lower({**GAUGES, "lag_s": 120, "max_age_s": 120}), odd]
    kept, undisturbed = Kept(), Kept()
    judge, other = kept.judge(*rules), undisturbed.judge(*rules)
    clock = 0
    for number, (device, pause, value) in enumerate(reads):
        clock += pause
        if number in restarts:
            judge = kept.judge(*rules)
        read(kept, judge, device, clock, value)
        read(undisturbed, other, device, clock, value)
    assert kept.history == undisturbed.history
    assert kept.alarms == undisturbed.alarms


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-50, 50)), min_size=1, max_size=40))
def test_the_figure_is_the_distance_to_the_median_of_the_newest_of_the_others(
    reads: list[tuple[int, float]],
) -> None:
    group = Group.of(Compare.model_validate(ODD))
    newest: dict[int, float] = {}
    for number, (device, value) in enumerate(reads):
        found = group.take(Input(number * 1000, value, ("gw", str(device))), since=0, idle=True)
        newest[device] = value
        others = [each for key, each in newest.items() if key != device]
        assert found is not None
        assert found[1] == (value - median(others) if len(others) > 1 else None)
