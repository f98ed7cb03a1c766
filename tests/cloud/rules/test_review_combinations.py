"""Rules that listen to others, readings shuffled, doubled, hours late: the history is that of delivery in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.alarms.chronicle import Entry, chronicle
from cloud.notify.content import NoticeContent
from cloud.rules.groups import Input
from cloud.rules.judge import Judge
from cloud.rules.review_at_once import past_of, past_of_rule, review_at_once
from cloud.rules.review_combinations import past_of_combination, settle_combination, voices_of
from cloud.rules.review_groups import GroupCase, MovedError
from cloud.rules.review_settling import Case, Past
from cloud.rules.rule import Rule
from tests.cloud.rules.builders import MINUTE, START, block, rule
from tests.cloud.rules.deliveries import LATE_S, Fate, Ledger, deliver
from tests.cloud.rules.test_combination import SLIDE, TRIO, named, over, slide

HOUR = 60 * MINUTE
AREAS = {"slope": ["lao-cai"], "valley": ["lao-cai"]}
ONE = [{"name": "any", "severity": 3, "above": 1}]
GRAVE = [{"rule": "tilt", "severity": 2}, {"rule": "soil", "levels": ["a"]}, {"rule": "rain"}]
HELD = rule(
    "soil",
    kind={"kind": "threshold", "hold_s": 120, "levels": [{"name": "a", "severity": 3, "above": 1}]},
    selector={"profile": "soil", "point": "value"},
)
WET = rule(
    "wet",
    kind={
        "kind": "n_of_m", "by": "site", "condition": {"above": 1}, "within_s": 900,
        "levels": [{"name": "a", "severity": 3, "above": 2}],
    },
    selector={"profile": "rain", "point": "value"},
)  # fmt: skip
SETS: dict[str, Sequence[Rule]] = {
    "site": [slide(), *TRIO],
    "area": [slide(by="area"), *TRIO],
    "grave": [slide(alarms=GRAVE), *TRIO],
    "held": [slide(), TRIO[0], HELD, TRIO[2]],
    "above": [slide("upper", alarms=named("slide", "rain"), levels=SLIDE[:1]), slide(), *TRIO],
    "any": [slide(levels=ONE), *TRIO],
    "quiet": [slide(), over("tilt", folds=["soil"]), TRIO[1], over("rain", unless=["slide"])],
    "group": [slide(alarms=named("tilt", "wet"), levels=SLIDE[:1]), *TRIO, WET],
}
Told = dict[tuple[str, str, str], list[Entry]]


@dataclass(frozen=True, order=True)
class Reading:
    """One value of one device."""

    at: int
    profile: str
    number: int
    value: float

    @property
    def site(self) -> str:
        """Two devices of each profile stand on the slope, and one in the valley."""
        return "valley" if self.number == 2 else "slope"

    @property
    def device(self) -> str:
        """Its name."""
        return f"{self.profile}-{self.number}"


@dataclass
class Region:
    """What a centre makes of the readings of two sites as they arrive."""

    rules: Sequence[Rule]
    kept: Ledger = field(default_factory=Ledger)
    stored: set[Reading] = field(default_factory=set)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begins anew with what was kept."""
        self.judge = self.kept.judge(*self.rules, late_s=LATE_S, areas=AREAS)

    def take(self, readings: Sequence[Reading], *, now: int) -> None:
        """Readings arrive together: a block of each device."""
        self.stored.update(readings)
        blocks = []
        for device in sorted({each.device for each in readings}):
            mine = sorted({each for each in readings if each.device == device})
            values = [(each.at, each.value) for each in mine]
            where = {"gateway": f"gw-{mine[0].site}", "site": mine[0].site, "profile": mine[0].profile}
            blocks.append(block(values, point="value", device=device, **where))
        self.kept.keep(self.judge.observe(blocks, received_at=now))

    def review(self, *, now: int) -> None:
        """Looks at everything that is marked."""
        past = partial(past_of, alarms=self.kept.alarms, history=self.kept.history)
        of_rule = partial(past_of_rule, alarms=self.kept.alarms, history=self.kept.history)
        for judgement in review_at_once(
            self.judge, self._readings, past, now=now, inputs_of=self._inputs, past_of_rule=of_rule
        ):
            self.kept.keep(judgement)
        assert not list(self.judge.marks)

    def told(self) -> Told:
        """The history of each rule and place as it is known now."""
        levels = {each.id: [level.name for level in each.kind.levels] for each in self.rules}
        keys = {(row.rule, row.gateway, row.device) for row in self.kept.alarms.values()}
        found = {}
        for key in keys:
            mine = {row.id for row in self.kept.alarms.values() if (row.rule, row.gateway, row.device) == key}
            found[key] = chronicle((line for line in self.kept.history if line.alarm in mine), levels[key[0]])
        return {key: entries for key, entries in found.items() if entries}

    def _readings(self, case: Case) -> list[tuple[int, float]]:
        return sorted((each.at, each.value) for each in self.stored if each.device == case.key[2])

    def _inputs(self, case: GroupCase) -> list[Input]:
        return [
            Input(each.at, each.value, source.member, source.part)
            for source in case.sources
            for each in self.stored
            if each.device == source.member[1]
        ]


steps = st.tuples(
    st.sampled_from([0, 1, 20, 60, 200]),
    st.sampled_from(["tilt", "soil", "rain"]),
    st.integers(0, 2),
    st.sampled_from([0.0, 1.0, 1.0, 2.0]),
)
fates = st.tuples(
    st.sampled_from(["fresh", "fresh", "shuffled", "late"]),
    st.integers(0, 60),
    st.sampled_from(["once", "once", "twice"]),
    st.sampled_from(["on", "on", "on", "restart", "review", "cut"]),
)
events = st.lists(st.tuples(steps, fates), min_size=2, max_size=24)
Event = list[tuple[tuple[int, str, int, float], Fate]]


def readings_of(event: Event, *, apart_s: int = 0) -> list[Reading]:
    """What is read, in order of time; a device reads once at a time."""
    readings: list[Reading] = []
    at = START
    for (pause, profile, number, value), _ in event:
        at += max(pause, apart_s) * 1000
        reading = Reading(at, profile, number, value)
        while any((each.at, each.device) == (reading.at, reading.device) for each in readings):
            at += 1
            reading = Reading(at, profile, number, value)
        readings.append(reading)
    return readings


def in_order(rules: Sequence[Rule], readings: Sequence[Reading]) -> Region:
    """A centre that gets each reading at once."""
    region = Region(rules)
    for reading in readings:
        region.take([reading], now=reading.at)
    region.review(now=readings[-1].at + MINUTE)
    return region


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=events)
def test_any_delivery_to_those_who_listen_ends_in_the_same_history(name: str, event: Event) -> None:
    readings = readings_of(event, apart_s=6 if name == "group" else 0)  # within 5 s a group counts as it hears
    told = in_order(SETS[name], readings).told()
    region = Region(SETS[name])
    deliver(region, zip(readings, (fate for _, fate in event), strict=True))
    assert region.told() == told
    standing = {key: entries[-1].level for key, entries in told.items() if entries[-1].what != "cleared"}
    active = [row for row in region.kept.alarms.values() if row.state in ("unacked", "acked")]
    assert {(row.rule, row.gateway, row.device): row.level for row in active} == standing
    for notice in region.kept.notices.values():
        content = msgspec.json.decode(notice.body, type=NoticeContent)
        assert notice.created_at - content.observed_at <= LATE_S * 1000, "somebody was told what is long past"


def test_what_was_hours_ago_does_not_come_together_with_what_is_now() -> None:
    region = Region(SETS["site"])
    now = START + 6 * HOUR
    region.take([Reading(now, "soil", 0, 1.0)], now=now)
    past = [Reading(START, "tilt", 0, 1.0), Reading(START + HOUR, "tilt", 0, 0.0)]
    region.take(past[:1], now=now + 1000)
    assert not [row for row in region.kept.alarms.values() if row.rule == "slide"], "tilt is known up to then only"
    region.take(past[1:], now=now + 2000)
    region.review(now=now + MINUTE)
    assert not [row for row in region.kept.alarms.values() if row.rule == "slide"]


def test_what_began_hours_ago_and_lasts_is_told_when_it_comes_together_with_what_is_now() -> None:
    region = Region(SETS["site"])
    now = START + 6 * HOUR
    region.take([Reading(now, "soil", 0, 1.0)], now=now)
    region.take([Reading(START, "tilt", 0, 1.0)], now=now + 1000)
    region.review(now=now + MINUTE)
    assert region.told()["slide", "@site", "slope"] == [Entry(now, "raised", "watch")]
    assert [region.kept.alarms[each.alarm].rule for each in region.kept.notices.values()] == ["soil", "slide"]


def test_what_is_looked_at_and_moves_meanwhile_is_looked_at_again() -> None:
    region = Region(SETS["site"])
    region.take([Reading(START + HOUR, "soil", 0, 1.0)], now=START + HOUR)
    region.take([Reading(START, "tilt", 0, 1.0)], now=START + HOUR)
    [case] = region.judge.combination_cases(list(region.judge.marks))
    pasts = {each: past_of_rule(each, region.kept.alarms, region.kept.history) for each in ("tilt", "soil", "rain")}
    found = past_of_combination(case, voices_of(case, pasts), begin=START, level=0)
    region.take([Reading(START + HOUR + MINUTE, "rain", 0, 1.0)], now=START + HOUR + MINUTE)
    with pytest.raises(MovedError):
        region.judge.act(partial(settle_combination, case=case, past=Past(), found=found), now=START + 2 * HOUR)
    region.review(now=START + 2 * HOUR)
    told = region.told()["slide", "@site", "slope"]
    assert told == [Entry(START + HOUR, "raised", "watch"), Entry(START + HOUR + MINUTE, "escalated", "warning")]
