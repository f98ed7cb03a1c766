"""A rehearsal says what the judge would have said, reading after reading, however it cuts the column."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.inventory.passages import Passage
from cloud.rules.judge import Places
from cloud.rules.rehearse import SETTLED_MS, Player, RehearsalError, Stage
from cloud.rules.rehearse_arrival import Batch, Prompt, in_order_of_arrival
from cloud.rules.review_at_once import past_of, review_at_once
from cloud.rules.rule import Rule
from cloud.store.base import RawColumn, SeriesKey
from tests.cloud.rules.builders import FLOOD, MINUTE, RATE, START, Kept, block, rule, stale_rule

KEY = SeriesKey("river_gauge_radar", "gw-1", "river-1", "level_m")
END = START + 40 * 24 * 60 * MINUTE
TICK = MINUTE // 2


def window(figure: str, *, above: bool = True, **more: Any) -> dict[str, Any]:
    """A window of half an hour around the values of the property below."""
    levels = (
        [{"name": "I", "severity": 3, "above": 30.0, "clear": 29.0}, {"name": "II", "severity": 2, "above": 31.0}]
        if above
        else [{"name": "low", "severity": 3, "below": 28.5, "clear": 29.0}]
    )
    return {"kind": "window", "unit": "m", "figure": figure, "window_s": 1800, "step_s": 300, "levels": levels, **more}


COUNT = [{"name": "few", "severity": 3, "below": 2}]
SUM = [{"name": "much", "severity": 3, "above": 85}]
FLAT = [{"name": "flat", "severity": 3, "after_s": 1200}]
TIMES = [{"name": "often", "severity": 3, "times": 3}]
KINDS: dict[str, dict[str, Any]] = {
    "threshold": {"kind": "threshold", "unit": "m", "levels": FLOOD},
    "threshold_held": {"kind": "threshold", "unit": "m", "hold_s": 900, "levels": FLOOD},
    "rate": RATE,
    "falling": RATE | {"levels": [{"name": "falls", "severity": 3, "below": -0.6, "clear": -0.3}]},
    "mean": window("mean"),
    "low_mean": window("mean", above=False),
    "min": window("min"),
    "low_min": window("min", above=False),
    "max": window("max", hold_s=600),
    "percentile": window("percentile", percentile=80),
    "sum": window("sum", levels=SUM),
    "few": window("count", unit="1", levels=COUNT),
    "believed": window("mean", min_readings=3),
    "tumbling": window("mean", tumbling=True),
    "tumbling_low": window("min", above=False, tumbling=True),
    "flat_line": {"kind": "flat_line", "unit": "m", "gap_s": 3600, "levels": FLAT},
    "repeated": {"kind": "repeated", "unit": "m", "event": {"above": 30.0}, "window_s": 3600, "levels": TIMES},
}


STEADY = {"raises": 0}  # what flaps has a test of its own


def walked(steps: list[tuple[int, float]], first: float = 28.0) -> RawColumn:
    """A level that goes up and down: minutes since the reading before, and by how much."""
    times, values, at, level = [], [], START, first
    for pause, change in steps:
        at, level = at + pause * MINUTE, round(min(33.0, max(27.0, level + change)), 2)
        times.append(at)
        values.append(level)
    return RawColumn(times, values)


def step_by_step(tried: Rule, column: RawColumn, passages: list[Passage], *, ticks: bool = False) -> Kept:
    """The same through the judge as it runs live: one reading after the other, in order of arrival."""
    kept = Kept()
    judge = kept.judge(tried)
    clock, known = START, dict[int, float]()
    parts = in_order_of_arrival(column, passages)
    for part, following in pairwise([*parts, None]):
        if isinstance(part, Batch):
            pieces = [(part.begin, part.end, part.arrived_at)]
        else:
            assert part is not None
            pieces = [(place, place + 1, column.times[place]) for place in range(part.begin, part.end)]
        for begin, end, arrived_at in pieces:
            while ticks and clock < arrived_at:
                kept.keep(judge.tick(clock))
                clock += TICK
            pairs = list(zip(column.times[begin:end], column.values[begin:end], strict=True))
            known |= dict(pairs)
            kept.keep(judge.observe([block(pairs)], received_at=arrived_at))
        more = isinstance(following, Batch) and following.arrived_at - pieces[-1][2] < SETTLED_MS
        if isinstance(part, Batch) and not more:
            readings = sorted(known.items())
            for judgement in review_at_once(
                judge,
                lambda case: readings,  # noqa: B023 -- called before the next round
                lambda key: past_of(key, kept.alarms, kept.history),
                now=part.arrived_at,
            ):
                kept.keep(judgement)
    return kept


def played(tried: Rule, column: RawColumn, passages: list[Passage] | None = None, *, end: int = END) -> Any:
    """What a rehearsal makes of it."""
    stage = Stage(Places(), START, end)
    return Player(tried, "yen-bai", KEY, stage).play(column, passages or [])


def lines(found: Any) -> list[tuple[str, str, int, int, float | None]]:
    return [(line.what, line.level, line.observed_at, line.at, line.value) for line in found.history]


steps = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([-1.2, -0.4, -0.1, 0.0, 0.0, 0.1, 0.4, 1.2])), max_size=60
)
quiet = st.integers(0, 300).map(lambda amount: [(10, 0.0 if number % 2 else 0.01) for number in range(amount)])
walks = st.lists(st.one_of(steps, quiet), min_size=1, max_size=4).map(lambda parts: list(chain.from_iterable(parts)))


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None, max_examples=25)
@given(steps=walks)
def test_blocks_and_jumps_change_nothing(name: str, steps: list[tuple[int, float]]) -> None:
    tried, column = rule(kind=KINDS[name], flap=STEADY), walked(steps)
    expected, found = step_by_step(tried, column, []), played(tried, column)
    assert lines(found) == lines(expected)
    assert [(each.alarm, each.created_at) for each in found.notices] == [
        (each.alarm, each.created_at) for each in expected.notices.values()
    ]


@pytest.mark.parametrize("name", ["threshold", "threshold_held", "mean", "few", "rate", "repeated"])
@settings(deadline=None, max_examples=25)
@given(steps=walks, begin=st.integers(0, 200), length=st.integers(0, 60), delay=st.integers(1, 600))
def test_late_readings_arrive_late(
    name: str, steps: list[tuple[int, float]], begin: int, length: int, delay: int
) -> None:
    tried, column = rule(kind=KINDS[name], flap=STEADY), walked(steps)
    if not column.times:
        return
    first = min(begin, len(column.times) - 1)
    last = min(first + length, len(column.times) - 1)
    arrived = column.times[last] + delay * MINUTE
    late = Passage("late", column.times[first], column.times[last], last - first + 1, arrived, arrived + MINUTE)
    expected, found = step_by_step(tried, column, [late]), played(tried, column, [late])
    assert lines(found) == lines(expected)
    assert len(found.notices) == len(expected.notices)


@settings(deadline=None, max_examples=25)
@given(pauses=st.lists(st.integers(1, 90), min_size=1, max_size=30))
def test_silence_is_noticed_when_it_has_lasted(pauses: list[int]) -> None:
    tried, column = stale_rule(1800, 3600, point="level_m"), walked([(pause, 0.0) for pause in pauses])
    expected = step_by_step(tried, column, [], ticks=True)
    found = played(tried, column, end=column.times[-1])
    assert [line[:3] for line in lines(found)] == [line[:3] for line in lines(expected)]
    assert len(found.notices) == len(expected.notices)


@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.tuples(st.integers(1, 12), st.sampled_from([-1.2, 1.2, 0.0])), max_size=60), rest=quiet)
def test_what_flaps_is_told_once_and_is_calm_in_the_end(
    steps: list[tuple[int, float]], rest: list[tuple[int, float]]
) -> None:
    tried, column = rule(flap={"raises": 2}), walked([*steps, *rest[:20]], first=29.5)
    expected = step_by_step(tried, column, [], ticks=True)
    found = played(tried, column, end=column.times[-1] if column.times else START)
    assert [line[:3] for line in lines(found)] == [line[:3] for line in lines(expected)]
    assert len(found.notices) == len(expected.notices)


def test_a_device_that_says_nothing_more_is_silent_to_the_end() -> None:
    found = played(stale_rule(1800, point="level_m"), RawColumn([START, START + MINUTE], [1.0, 1.0]))
    assert [(line.what, line.observed_at) for line in found.history] == [("raised", START + 31 * MINUTE)]


def test_what_is_left_out_reaches_no_level_although_half_a_window_would() -> None:
    """The sums of a half-filled window are below the level, those of every whole one are not."""
    low = [{"name": "dry", "severity": 3, "below": 50, "clear": 100}]
    tried = rule(kind=window("sum", levels=low))
    column = RawColumn([START + 10 * MINUTE * place for place in range(300)], [60.0, *[20.0] * 297, 1.0, 1.0])
    expected, found = step_by_step(tried, column, []), played(tried, column)
    assert [line.what for line in expected.history] == ["raised"]
    assert lines(found) == lines(expected)


def test_what_has_not_arrived_yet_makes_no_difference() -> None:
    """Low readings that come late would have kept the mean down; without them it is high at once."""
    tried = rule(kind=window("mean", window_s=7200))
    values = [29.0] * 100 + [27.0] * 121 + [30.5] * 180 + [29.0] * 150
    column = RawColumn([START + MINUTE * place for place in range(len(values))], values)
    arrived = START + 500 * MINUTE
    late = Passage("late", column.times[100], column.times[220], 121, arrived, arrived)
    expected, found = step_by_step(tried, column, [late]), played(tried, column, [late])
    assert (expected.history[0].what, expected.history[0].observed_at) == ("raised", column.times[221])
    assert lines(found) == lines(expected)


def test_a_rule_that_breaks_is_named_with_the_device() -> None:
    broken = rule(kind=window("sum", levels=SUM))
    with pytest.raises(RehearsalError, match="flood faulted at gw-1/river-1: OverflowError"):
        played(broken, RawColumn([START, START + 10 * MINUTE], [1e308, 1e308]))


def test_every_reading_arrives_once_and_late_ones_behind_what_was_newer() -> None:
    column = RawColumn([START + number * MINUTE for number in range(300)], [0.0] * 300)
    late = Passage("late", START + 10 * MINUTE, START + 240 * MINUTE, 231, START + 250 * MINUTE, START + 252 * MINUTE)
    parts = in_order_of_arrival(column, [late])
    seen = [place for part in parts for place in range(part.begin, part.end)]
    assert sorted(seen) == list(range(300))
    assert parts[:2] == [Prompt(0, 10), Prompt(241, 251)], "what was observed meanwhile is here first"
    arrivals = [part.arrived_at for part in parts if isinstance(part, Batch)]
    assert arrivals == sorted(arrivals)
    assert arrivals[-1] == START + 252 * MINUTE
