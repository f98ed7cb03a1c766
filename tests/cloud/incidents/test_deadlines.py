"""Deadlines: met once, held by pauses exactly, and escalated step by step."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.incidents.deadlines import (
    HOUR_MS,
    MINUTE_MS,
    Deadlines,
    Goal,
    Tier,
    begin,
    meet,
    next_due,
    reopen,
    resume,
    retarget,
    tier,
)
from cloud.incidents.office_hours import ALWAYS
from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.workflow import Move

MONDAY = 1_757_293_200_000  # 8 September 2025, 08:00 at Hà Nội
DAY_MS = 24 * HOUR_MS
severities = st.integers(1, 4)
always = st.integers(1, 3)  # whose clock always runs


def begun(severity: int, at: int = 0) -> Deadlines:
    return begin(PROPOSAL, severity, at)


def told(deadlines: Deadlines, severity: int, now: int) -> Tier:
    return tier(deadlines, PROPOSAL, severity, now)


def test_the_province_hears_of_an_emergency_at_once() -> None:
    assert told(begun(1, 1000), 1, 1000) is Tier.PROVINCE


@pytest.mark.parametrize(
    ("severity", "minutes", "who"),
    [(2, 4.99, Tier.DESK), (2, 5, Tier.DEPARTMENT), (2, 10, Tier.PROVINCE), (3, 14.9, Tier.DESK),
     (3, 15, Tier.COMMUNE), (3, 22.5, Tier.DEPARTMENT), (3, 45, Tier.PROVINCE), (4, 143, Tier.DESK),
     (4, 144, Tier.DEPARTMENT)],
)  # fmt: skip
def test_who_is_told_when_nobody_acknowledges(severity: int, minutes: float, who: Tier) -> None:
    assert told(begun(severity, MONDAY), severity, MONDAY + int(minutes * MINUTE_MS)) is who


def test_what_was_met_in_time_escalates_no_more() -> None:
    met = begun(2)
    for move in (Move.RECEIVE, Move.DISPATCH, Move.START, Move.RESOLVE):
        met = meet(met, move, MINUTE_MS)
    assert told(met, 2, 1000 * HOUR_MS) is Tier.DESK
    assert next_due(met) is None


def test_a_goal_is_met_the_first_time_only() -> None:
    once = meet(begun(2), Move.DISPATCH, 7)
    assert meet(once, Move.DISPATCH, 9) == once


@settings(max_examples=40)
@given(always, st.lists(st.integers(0, 10**9), max_size=6), st.integers(0, 2 * 10**9))
def test_pauses_shift_what_is_open_by_just_their_length(severity: int, pauses: list[int], now: int) -> None:
    fresh = meet(begun(severity), Move.RECEIVE, 1)
    paused = fresh
    for pause in pauses:
        paused = resume(paused, ALWAYS, paused_at=5, at=5 + pause)
    assert paused[0] == fresh[0], "what is met stays judged as it was"
    assert [late.due_at - plain.due_at for late, plain in zip(paused, fresh, strict=True)][1:] == [sum(pauses)] * 3
    assert told(paused, severity, now + sum(pauses)) is told(fresh, severity, now)


def test_a_pause_over_the_weekend_leaves_as_many_office_hours_as_before() -> None:
    friday, tuesday = MONDAY + 4 * DAY_MS, MONDAY + 8 * DAY_MS
    [_, dispatch, *_] = begun(4, friday)
    assert dispatch.due_at == friday + 3 * DAY_MS, "a working day from Friday 8:00 is Monday 8:00"
    paused = resume(begun(4, friday), PROPOSAL.clock_of(4), paused_at=friday + HOUR_MS, at=tuesday)
    assert paused[1].due_at == tuesday + 8 * HOUR_MS + 30 * MINUTE_MS, "seven hours, and noon"


@settings(max_examples=40)
@given(severities, severities, st.integers(0, 200))
def test_another_severity_counts_from_the_same_begin(first: int, second: int, weeks: int) -> None:
    at = MONDAY + weeks * 7 * DAY_MS  # a moment at which offices are open
    assert retarget(begun(first, at), PROPOSAL, before=first, after=second) == begun(second, at)


@settings(max_examples=40)
@given(severities, st.lists(st.integers(0, 10**9), min_size=2, max_size=8))
def test_an_escalation_never_falls_while_time_passes(severity: int, times: list[int]) -> None:
    deadlines = meet(begun(severity), Move.RECEIVE, 10 * MINUTE_MS)
    reached = [told(deadlines, severity, at) for at in sorted(times)]
    assert reached == sorted(reached)


def test_a_re_opened_incident_begins_anew_with_its_acknowledgement_met() -> None:
    again = reopen(PROPOSAL, 3, HOUR_MS)
    assert again[0].met_at == HOUR_MS
    assert again[1:] == begun(3, HOUR_MS)[1:]
    assert [each.goal for each in again] == list(Goal)
