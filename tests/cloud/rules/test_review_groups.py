"""Inputs of groups, shuffled, doubled and hours late: the history is that of delivery in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.alarms.chronicle import Entry, chronicle
from cloud.notify.content import NoticeContent
from cloud.rules.groups import Input
from cloud.rules.judge import Judge
from cloud.rules.review_at_once import past_of, review_at_once
from cloud.rules.review_groups import GroupCase
from cloud.rules.rule import Rule
from tests.cloud.rules.builders import MINUTE, START, block
from tests.cloud.rules.deliveries import LATE_S, Fate, Ledger, deliver
from tests.cloud.rules.test_groups import LEVEL, WELL, built

HOUR = 60 * MINUTE
COUNT: dict[str, Any] = {"kind": "n_of_m", "condition": {"above": 2, "clear": 1}, "within_s": 600, "levels": LEVEL}
SHARES = [{"name": "half", "severity": 3, "above": 50.0, "clear": 30.0}]
BESIDE: dict[str, Any] = {"kind": "compare", "unit": "1", "max_age_s": 900, "levels": LEVEL}
SOON: dict[str, Any] = {
    "kind": "sequence", "first": {"above": 2, "clear": 1}, "then": {"above": 4},
    "levels": [{"name": "soon", "severity": 3, "within_s": 900}, {"name": "at once", "severity": 2, "within_s": 200}],
}  # fmt: skip
SUM: dict[str, Any] = {
    "kind": "expression", "by": "site", "formula": "a + b", "max_age_s": 900, "levels": LEVEL,
    "inputs": {
        "a": {"point": "value", "unit": "1"}, "b": {"point": "value", "unit": "1", "profile": "well", "of": "mean"},
    },
}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "count": COUNT,
    "held_count": COUNT | {"hold_s": 240},
    "share": COUNT | {"share": True, "min_members": 2, "levels": SHARES},
    "beside": BESIDE | {"other": WELL},
    "before": BESIDE | {"other": WELL, "lag_s": 300, "hold_s": 120},
    "middle": BESIDE | {"against": "median"},
    "soon": SOON | {"other": WELL},
    "itself": SOON,
    "sum": SUM,
    "newest": SUM | {"formula": "a - b"},
}
Told = dict[tuple[str, str], list[Entry]]


@dataclass(frozen=True, order=True)
class Reading:
    """One value of one device."""

    at: int
    profile: str
    device: str
    value: float


@dataclass
class Site:
    """What a centre makes of a site's readings as they arrive."""

    rule: Rule
    kept: Ledger = field(default_factory=Ledger)
    stored: set[Reading] = field(default_factory=set)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begins anew with what was kept."""
        self.judge = self.kept.judge(self.rule, late_s=LATE_S)

    def take(self, readings: Sequence[Reading], *, now: int) -> None:
        """Readings arrive together: a block of each device."""
        self.stored.update(readings)
        blocks = []
        for profile, device in sorted({(each.profile, each.device) for each in readings}):
            values = [(each.at, each.value) for each in sorted(set(readings)) if each.device == device]
            blocks.append(block(values, point="value", profile=profile, device=device, gateway="gw", site="north"))
        self.kept.keep(self.judge.observe(blocks, received_at=now))

    def review(self, *, now: int) -> None:
        """Looks at everything that is marked."""
        past = partial(past_of, alarms=self.kept.alarms, history=self.kept.history)
        for judgement in review_at_once(self.judge, lambda case: [], past, now=now, inputs_of=self._inputs):
            self.kept.keep(judgement)
        assert not list(self.judge.marks)

    def told(self) -> Told:
        """The history of each place as it is known now."""
        levels = [level.name for level in self.rule.kind.levels]
        places = {(row.gateway, row.device) for row in self.kept.alarms.values()}
        found = {}
        for place in places:
            mine = {row.id for row in self.kept.alarms.values() if (row.gateway, row.device) == place}
            found[place] = chronicle((line for line in self.kept.history if line.alarm in mine), levels)
        return {place: entries for place, entries in found.items() if entries}

    def _inputs(self, case: GroupCase) -> list[Input]:
        return [
            Input(each.at, each.value, source.member, source.part)
            for source in case.sources
            for each in self.stored
            if each.device == source.member[1]
        ]


steps = st.tuples(
    st.integers(6, 300), st.sampled_from(["pump", "well"]), st.integers(0, 2), st.sampled_from([0.0, 1.5, 2.0, 4.0])
)
fates = st.tuples(
    st.sampled_from(["fresh", "fresh", "shuffled", "late"]),
    st.integers(0, 60),
    st.sampled_from(["once", "once", "twice"]),
    st.sampled_from(["on", "on", "on", "restart", "review", "cut"]),
)
events = st.lists(st.tuples(steps, fates), min_size=2, max_size=30)
Event = list[tuple[tuple[int, str, int, float], Fate]]


def readings_of(event: Event) -> list[Reading]:
    """What is read, in order of time."""
    readings, at = [], START
    for (pause, profile, number, value), _ in event:
        at += pause * 1000
        readings.append(Reading(at, profile, f"{profile}-{number}", value))
    return readings


def in_order(one: Rule, event: Event) -> Site:
    """A centre that gets each reading at once."""
    site = Site(one)
    for reading in readings_of(event):
        site.take([reading], now=reading.at)
    return site


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=events)
def test_any_delivery_to_a_group_ends_in_the_same_history(name: str, event: Event) -> None:
    one = built(name, KINDS[name])
    told = in_order(one, event).told()
    site = Site(one)
    deliver(site, zip(readings_of(event), (fate for _, fate in event), strict=True))
    assert site.told() == told
    standing = {place: entries[-1].level for place, entries in told.items() if entries[-1].what != "cleared"}
    active = [row for row in site.kept.alarms.values() if row.state in ("unacked", "acked")]
    assert {(row.gateway, row.device): row.level for row in active} == standing
    for notice in site.kept.notices.values():
        content = msgspec.json.decode(notice.body, type=NoticeContent)
        assert notice.created_at - content.observed_at <= LATE_S * 1000, "somebody was told what is long past"
