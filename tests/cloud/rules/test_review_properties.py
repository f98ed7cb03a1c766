"""Shuffled, doubled and hours late: once the reviews have run, the alarms' history is that of delivery in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.notify.content import NoticeContent
from cloud.rules.course import advance
from cloud.rules.ladder import IDLE
from cloud.rules.review import is_enough, kind_of, replay
from tests.cloud.rules.builders import FLOOD, MINUTE, START, rule
from tests.cloud.rules.deliveries import LATE_S, Centre, in_order

HOUR = 60 * MINUTE
FLOOD_I = {"above": 30.0, "clear": 29.0}
LASTING = [{"name": "long", "severity": 3, "after_s": 120}, {"name": "longer", "severity": 2, "after_s": 600}]
OFTEN = [{"name": "often", "severity": 3, "times": 2}, {"name": "more", "severity": 2, "times": 3}]
DAY = [{"start": "06:00", "end": "19:10"}]  # the readings begin at 19:00


def window(figure: str, **more: Any) -> dict[str, Any]:
    """A window of five minutes."""
    levels = FLOOD
    if figure == "sum":
        levels = [{"name": "much", "severity": 3, "above": 90.0, "clear": 60.0}]
    return {"kind": "window", "unit": "m", "figure": figure, "window_s": 300, "step_s": 60, "levels": levels, **more}


RATE = {
    "kind": "rate_of_change",
    "unit": "m/h",
    "window_s": 600,
    "min_span_s": 60,
    "levels": [{"name": "fast", "severity": 2, "above": 30.0, "clear": 10.0}],
}
KINDS: dict[str, dict[str, Any]] = {
    "threshold": {"kind": "threshold", "unit": "m", "levels": FLOOD},
    "held": {"kind": "threshold", "unit": "m", "hold_s": 150, "levels": FLOOD},
    "rate": RATE,
    "held_rate": RATE | {"hold_s": 120},
    "sum": window("sum"),
    "mean": window("mean"),
    "held_max": window("max", hold_s=90),
    "percentile": window("percentile", percentile=80),
    "tumbling_sum": window("sum", tumbling=True),
    "tumbling_max": window("max", tumbling=True, hold_s=300),
    "often": {"kind": "repeated", "unit": "m", "window_s": 600, "event": FLOOD_I, "levels": OFTEN},
    "each": {"kind": "repeated", "unit": "m", "window_s": 300, "each": "reading", "event": FLOOD_I, "levels": OFTEN},
    "flat": {"kind": "flat_line", "unit": "m", "tolerance": 1, "gap_s": 400, "levels": LASTING},
    "past_days": {
        "kind": "baseline", "unit": "m", "figure": "difference", "period_days": 1, "periods": 2, "min_periods": 2,
        "levels": [{"name": "more", "severity": 3, "above": 1.0, "clear": 0.5}],
    },
    "hours": {"kind": "schedule", "unit": "m", "hold_s": 60, "hours": DAY, "levels": FLOOD},
}  # fmt: skip

values = st.one_of(st.floats(28.0, 34.0), st.sampled_from([29.0, 29.5, 30.0, 31.0, 31.5, 32.0])).map(
    lambda value: round(value, 1)
)
fates = st.tuples(
    st.sampled_from(["fresh", "fresh", "shuffled", "late"]),  # in what it travels
    st.integers(0, 60),  # where in the shuffled order, in minutes
    st.sampled_from(["once", "once", "twice"]),
    st.sampled_from(["on", "on", "on", "restart", "review", "cut"]),  # what happens behind it
)
steps = st.tuples(st.integers(5, 300), values)
events = st.lists(st.tuples(steps, fates), min_size=2, max_size=30)
Fate = tuple[str, int, str, str]
Event = list[tuple[tuple[int, float], Fate]]


def times(name: str, steps: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    """Readings from pauses in seconds and values; those of a rule on past days go on for days."""
    readings, at = [], START
    for pause, value in steps:
        at += pause * (60_000 if name == "past_days" else 1000)
        readings.append((at, value))
    return readings


def deliver(centre: Centre, event: Event) -> None:
    """Each reading by its fate: at once, among its neighbours somewhere, or six hours late; in blocks, some twice."""
    arrivals = []
    readings = times(centre.rules[0].id, (step for step, _ in event))
    for (at, value), (_, fate) in zip(readings, event, strict=True):
        travels, minutes, copies, behind = fate
        delay = {"fresh": 0, "shuffled": minutes * MINUTE // 3, "late": 6 * HOUR + minutes * MINUTE}[travels]
        arrivals += [(at + delay + copy * 40_000, (at, value), behind) for copy in range(1 + (copies == "twice"))]
    block: dict[int, float] = {}
    for now, (at, value), behind in sorted(arrivals):
        block[at] = value
        if behind == "cut":
            continue  # arrives with the next
        centre.take(sorted(block.items()), now=now)
        block = {}
        if behind == "restart":
            centre.restart()
        if behind == "review":
            centre.review(now=now)
    now = max(now for now, *_ in arrivals) + MINUTE
    if block:
        centre.take(sorted(block.items()), now=now)
    centre.review(now=now)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=events)
def test_any_delivery_ends_in_the_same_history(name: str, event: Event) -> None:
    one = rule(name, kind=KINDS[name])
    told = in_order([one], times(name, (step for step, _ in event))).told(one)
    centre = Centre([one])
    deliver(centre, event)
    assert centre.told(one) == told
    standing = [entry.level if entry.what != "cleared" else "" for entry in told[-1:]] or [""]
    active = [row.level for row in centre.kept.alarms.values() if row.state in ("unacked", "acked")] or [""]
    assert active == standing
    for notice in centre.kept.notices.values():
        content = msgspec.json.decode(notice.body, type=NoticeContent)
        assert notice.created_at - content.observed_at <= LATE_S * 1000, "somebody was told what is long past"


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(steps, min_size=2, max_size=30), cut=st.floats(0, 1))
def test_what_is_enough_to_replay_says_what_all_readings_say(
    name: str, steps: list[tuple[int, float]], cut: float
) -> None:
    readings, kind = times(name, steps), kind_of(rule(name, kind=KINDS[name]))
    assert kind is not None
    begin = readings[round(cut * (len(readings) - 1))][0]
    before = [reading for reading in readings if reading[0] < begin]
    level = advance(kind, IDLE, before)[0].level
    whole = replay(kind, readings, begin=begin, level=level)
    for number, (since, _) in enumerate(before):
        if is_enough(kind, before[number:], since=since):
            part = replay(kind, readings[number:], begin=begin, level=level)
            assert part.moves == whole.moves
            assert part.standing.level == whole.standing.level
            if name != "often":  # which remembers the start of an event that lasts, also when it counts no more
                assert part.standing.memory == whole.standing.memory
