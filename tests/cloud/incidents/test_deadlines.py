"""Deadlines: met once, shifted by pauses exactly, and escalated step by step."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.incidents.deadlines import (
    HOUR_MS,
    LADDER,
    MINUTE_MS,
    TARGETS_MS,
    Goal,
    Tier,
    begin,
    meet,
    next_due,
    reopen,
    retarget,
    shift,
    tier,
)
from cloud.incidents.workflow import Move

severities = st.integers(1, 4)


@pytest.mark.parametrize("severity", TARGETS_MS)
def test_goals_come_one_after_the_other_and_graver_ones_sooner(severity: int) -> None:
    assert list(TARGETS_MS[severity]) == sorted(TARGETS_MS[severity])
    for graver, milder in zip(TARGETS_MS[severity], TARGETS_MS.get(severity + 1, TARGETS_MS[severity]), strict=True):
        assert graver <= milder


def test_the_province_hears_of_an_emergency_at_once() -> None:
    assert tier(begin(1, 1000), 1, 1000) is Tier.PROVINCE


@pytest.mark.parametrize(
    ("severity", "minutes", "told"),
    [(2, 4.99, Tier.DESK), (2, 5, Tier.DEPARTMENT), (2, 10, Tier.PROVINCE), (3, 14.9, Tier.DESK),
     (3, 15, Tier.COMMUNE), (3, 22.5, Tier.DEPARTMENT), (3, 45, Tier.PROVINCE), (4, 143, Tier.DESK),
     (4, 144, Tier.DEPARTMENT)],
)  # fmt: skip
def test_who_is_told_when_nobody_acknowledges(severity: int, minutes: float, told: Tier) -> None:
    assert tier(begin(severity, 0), severity, int(minutes * MINUTE_MS)) is told


def test_what_was_met_in_time_escalates_no_more() -> None:
    met = begin(2, 0)
    for move in (Move.RECEIVE, Move.DISPATCH, Move.START, Move.RESOLVE):
        met = meet(met, move, MINUTE_MS)
    assert tier(met, 2, 1000 * HOUR_MS) is Tier.DESK
    assert next_due(met) is None


def test_a_goal_is_met_the_first_time_only() -> None:
    once = meet(begin(2, 0), Move.DISPATCH, 7)
    assert meet(once, Move.DISPATCH, 9) == once


@settings(max_examples=40)
@given(severities, st.lists(st.integers(0, 10**9), max_size=6), st.integers(0, 2 * 10**9))
def test_pauses_shift_what_is_open_by_just_their_length(severity: int, pauses: list[int], now: int) -> None:
    fresh = meet(begin(severity, 0), Move.RECEIVE, 1)
    paused = fresh
    for pause in pauses:
        paused = shift(paused, pause)
    assert paused[0] == fresh[0], "what is met stays judged as it was"
    assert [late.due_at - plain.due_at for late, plain in zip(paused, fresh, strict=True)][1:] == [sum(pauses)] * 3
    assert tier(paused, severity, now + sum(pauses)) is tier(fresh, severity, now)


@settings(max_examples=40)
@given(severities, severities, st.integers(0, 10**9))
def test_another_severity_counts_from_the_same_begin(first: int, second: int, pause: int) -> None:
    assert retarget(shift(begin(first, 5), pause), second) == shift(begin(second, 5), pause)


@settings(max_examples=40)
@given(severities, st.lists(st.integers(0, 10**9), min_size=2, max_size=8))
def test_an_escalation_never_falls_while_time_passes(severity: int, times: list[int]) -> None:
    deadlines = meet(begin(severity, 0), Move.RECEIVE, 10 * MINUTE_MS)
    told = [tier(deadlines, severity, at) for at in sorted(times)]
    assert told == sorted(told)


def test_a_ladder_rises() -> None:
    for steps in LADDER.values():
        assert list(steps) == sorted(steps)


def test_a_re_opened_incident_begins_anew_but_for_the_acknowledgement() -> None:
    again = reopen(meet(begin(3, 0), Move.RECEIVE, 5), 3, HOUR_MS)
    assert again[0].met_at == 5
    assert again[1:] == begin(3, HOUR_MS)[1:]
    assert reopen(begin(3, 0), 3, HOUR_MS)[0].met_at == HOUR_MS
    assert [each.goal for each in again] == list(Goal)
