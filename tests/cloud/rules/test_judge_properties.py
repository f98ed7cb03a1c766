"""What no split, no order and no restart may change in what the judge says."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.wire.messages import Cell
from tests.cloud.rules.builders import FLOOD, MINUTE, NOW, RATE, START, Kept, block, minutes, rule

FLOOD_I = {"above": 30.0, "clear": 29.95}

levels = st.lists(
    st.one_of(st.none(), st.floats(28.0, 34.0).map(lambda value: round(value, 2))), min_size=1, max_size=30
)


def _kinds() -> list[object]:
    held = rule("held", kind={"kind": "threshold", "unit": "m", "hold_s": 120, "levels": FLOOD})
    lasting = [{"name": "long", "severity": 3, "after_s": 120}]
    often = [{"name": "often", "severity": 3, "times": 2}]
    day = [{"start": "06:00", "end": "19:10"}]  # the readings begin at 19:00
    return [
        rule(index="flood_level"),
        held,
        rule("rise", kind={**RATE, "min_span_s": 60}),
        rule("flat", kind={"kind": "flat_line", "unit": "m", "tolerance": 1, "levels": lasting}),
        rule("mean", kind={"kind": "window", "unit": "m", "figure": "mean", "window_s": 300, "levels": FLOOD}),
        rule("often", kind={"kind": "repeated", "unit": "m", "window_s": 600, "event": FLOOD_I, "levels": often}),
        rule("hours", kind={"kind": "schedule", "unit": "m", "hours": day, "levels": FLOOD}),
    ]


@settings(max_examples=80, deadline=None)
@given(values=levels, cuts=st.sets(st.integers(1, 29)), restarts=st.sets(st.integers(0, 29)))
def test_neither_splits_nor_restarts_change_anything(values: list[Cell], cuts: set[int], restarts: set[int]) -> None:
    rules = _kinds()
    whole, split = Kept(), Kept()
    whole.keep(whole.judge(*rules, late_s=3600).observe([block(minutes(*values))], received_at=NOW))  # type: ignore[arg-type]
    judge = split.judge(*rules, late_s=3600)  # type: ignore[arg-type]
    edges = [0, *sorted(cut for cut in cuts if cut < len(values)), len(values)]
    for number, (begin, end) in enumerate(pairwise(edges)):
        if number in restarts:
            judge = split.judge(*rules, late_s=3600)  # type: ignore[arg-type]
        part = block(minutes(*values[begin:end], start=START + begin * MINUTE))
        split.keep(judge.observe([part], received_at=NOW))
    assert split.alarms == whole.alarms
    assert sorted(split.history, key=str) == sorted(whole.history, key=str)
    assert split.notices == whole.notices
    assert _merged(split) == _merged(whole)


def _merged(kept: Kept) -> list[tuple[int, Cell]]:
    return [pair for part in kept.derived for pair in zip(part.times, part.points["flood_level"], strict=True)]


@settings(max_examples=60, deadline=None)
@given(values=levels, order=st.randoms(use_true_random=False))
def test_any_order_of_blocks_keeps_one_open_alarm_and_says_nothing_twice(values: list[Cell], order: object) -> None:
    kept = Kept()
    judge = kept.judge(rule())
    blocks = [block(minutes(value, start=START + number * MINUTE)) for number, value in enumerate(values)]
    order.shuffle(blocks)  # type: ignore[attr-defined]
    seen = 0
    for part in blocks:
        before = len(kept.notices)
        kept.keep(judge.observe([part], received_at=NOW))
        if part.times[-1] < seen:
            assert len(kept.notices) == before, "late data told somebody"
        if part.points["level_m"][-1] is not None:
            seen = max(seen, part.times[-1])
