"""What an explanation says is what the judge did: the same moments, the holds before them, the windows' figures."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.rules.explain import Hold, Judged, Mute, mutes, replay, span_of, thinned
from cloud.rules.rule import Rule
from cloud.store.base import AlarmHistoryRow
from tests.cloud.rules.builders import FLOOD, MINUTE, RATE, START, Kept, block, rule, stale_rule

HELD = rule(kind={"kind": "threshold", "unit": "m", "hold_s": 600, "levels": FLOOD})
SUM = {
    "kind": "window", "figure": "sum", "unit": "m", "window_s": 1800, "step_s": 600,
    "levels": [{"name": "much", "severity": 2, "above": 90.0}],
}  # fmt: skip


def at(*pairs: tuple[float, float]) -> list[tuple[int, float]]:
    """Readings by minute."""
    return [(START + round(minute * MINUTE), value) for minute, value in pairs]


def test_a_hold_is_shown_from_its_begin_to_the_moment_at_which_it_counts() -> None:
    readings = at((0, 29.0), (10, 30.2), (15, 30.3), (20, 30.4), (30, 31.5), (35, 29.0))
    told = replay(HELD, readings, until=START + 60 * MINUTE)
    assert told.holds == (
        Hold("I", START + 10 * MINUTE, START + 20 * MINUTE, held=True),
        Hold("II", START + 30 * MINUTE, START + 35 * MINUTE, held=False),
    )
    assert [each.level for each in told.judged] == [0, 0, 0, 1, 1, 0]


def test_a_level_that_is_left_before_its_hold_ends_is_no_alarm_and_says_so() -> None:
    told = replay(HELD, at((0, 29.9), (1, 30.2), (5, 29.0)), until=START + MINUTE)
    assert told.holds == (Hold("I", START + MINUTE, START + 5 * MINUTE, held=False),)


def test_what_was_reached_before_the_first_reading_is_said_to_be_so() -> None:
    told = replay(HELD, at((0, 30.2), (10, 30.2)), until=START + MINUTE)
    assert told.holds == (Hold("I", START, START + 10 * MINUTE, held=True, before=True),)


def test_a_window_shows_the_figure_that_was_judged_and_not_the_value() -> None:
    told = replay(rule(kind=SUM), at((0, 30.0), (10, 31.0), (20, 32.0), (40, 1.0)), until=START + MINUTE)
    assert [each.figure for each in told.judged] == [30.0, 61.0, 93.0, 33.0]
    assert [each.level for each in told.judged] == [0, 0, 1, 0]


def test_silence_is_a_saw_that_falls_with_each_reading() -> None:
    told = replay(stale_rule(1800.0), at((0, 1.0), (10, 2.0), (50, 3.0)), until=START + 60 * MINUTE)
    assert [round(each.figure or 0) for each in told.judged] == [0, 600, 0, 2400, 0, 600]
    assert told.holds[0].held


READINGS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from([29.0, 29.97, 30.0, 30.5, 31.2, 32.4])), min_size=1, max_size=40
)


@settings(max_examples=60, deadline=None)
@given(READINGS, st.sampled_from([HELD, rule(), rule(kind=RATE)]))
def test_the_replay_moves_when_the_judge_does(steps: list[tuple[int, float]], judged: Rule) -> None:
    kept, minute = Kept(), 0
    judge, pairs = kept.judge(judged), list[tuple[int, float]]()
    for step, value in steps:
        minute += step
        pairs.append((START + minute * MINUTE, value))
        kept.keep(judge.observe([block(pairs[-1:])], received_at=pairs[-1][0]))
    told = replay(judged, pairs, until=pairs[-1][0])
    levels = [0, *(each.level for each in told.judged)]
    moved = [each.at for before, each in zip(levels, told.judged, strict=False) if before != each.level]
    assert moved == [line.observed_at for line in kept.history if line.what != "flapping"]


def test_thinning_keeps_every_move_and_every_extreme() -> None:
    judged = [Judged(START + number, float(number % 97), None, int(number > 7_777)) for number in range(10_000)]
    judged[5_000] = Judged(START + 5_000, 500.0, None, 0)
    shown = thinned(judged, 400)
    assert len(shown) <= 404
    assert {judged[0], judged[5_000], judged[7_777], judged[7_778], judged[-1]} <= set(shown)
    assert thinned(judged[:400], 400) == judged[:400]


def test_the_span_holds_the_window_and_the_hold_and_never_more_than_a_week() -> None:
    begin, end = span_of(rule(kind=SUM), raised_at=START, ended_at=START + MINUTE)
    assert begin == START - 30 * MINUTE - round(1.25 * 1800_000)
    assert end == START + 31 * MINUTE
    begin, end = span_of(HELD, raised_at=START, ended_at=START + 40 * 86_400_000)
    assert end - begin == 7 * 86_400_000


def test_what_muted_an_alarm_is_told_with_its_reason_and_end() -> None:
    def line(minute: int, what: str, comment: str = "") -> AlarmHistoryRow:
        return AlarmHistoryRow("a", START + minute, START + minute, what, "I", None, "lan", comment)

    told = mutes([line(0, "raised"), line(1, "shelved", "thay cảm biến"), line(5, "unshelved"), line(7, "suppressed")])
    assert told == [
        Mute("shelved", START + 1, START + 5, "thay cảm biến"), Mute("suppressed", START + 7, None, ""),
    ]  # fmt: skip
    again = [line(1, "out_of_service", "sửa"), line(3, "flapping", "6 times"), line(4, "out_of_service", "sửa")]
    assert mutes([*again, line(8, "steady"), line(9, "in_service")]) == [
        Mute("out_of_service", START + 1, START + 9, "sửa"), Mute("flapping", START + 3, START + 8, "6 times"),
    ]  # fmt: skip
