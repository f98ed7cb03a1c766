"""The life of an interlock under any course of conditions, times and people."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.interlocks.config import InterlockConnection
from edge_agent.interlocks.trip import Phase, Trip, step

CONDITION = {"device": "stream", "point": "stage_m", "above": 3.0}
ORDER = {"device": "siren", "verb": "sound"}
Moment = tuple[float, bool | None, bool]  # seconds since the one before, the conditions, whether it may trip


def interlock(**fields: Any) -> InterlockConnection:
    return InterlockConnection.model_validate({"when": [CONDITION], "then": [ORDER], **fields}, strict=False)


def course(wanted: InterlockConnection, *moments: Moment) -> list[Phase]:
    trip, now_s, phases = Trip(), 0.0, []
    for later_s, holds, may_trip in moments:
        now_s += later_s
        trip = step(wanted, trip, holds, may_trip=may_trip, now_s=now_s)
        phases.append(trip.phase)
    return phases


READY, TRIPPED, SPENT = Phase.READY, Phase.TRIPPED, Phase.SPENT


@pytest.mark.parametrize(
    ("fields", "moments", "phases"),
    [
        ({}, [(1, True, True), (1, False, True)], [TRIPPED, READY]),
        ({}, [(1, True, False), (1, True, True)], [READY, TRIPPED]),
        ({"least_s": 60}, [(1, True, True), (59, False, True), (1, False, True)], [TRIPPED, TRIPPED, READY]),
        ({"most_s": 600}, [(1, True, True), (600, True, True), (9, True, True)], [TRIPPED, SPENT, SPENT]),
        ({"most_s": 600}, [(1, True, True), (600, True, True), (9, False, True), (1, True, True)],
         [TRIPPED, SPENT, READY, TRIPPED]),
        ({"blind": "stay"}, [(1, None, True), (1, True, True), (1, None, True)], [READY, TRIPPED, TRIPPED]),
        ({"blind": "trip"}, [(1, None, True)], [TRIPPED]),
        ({"blind": "release"}, [(1, True, True), (1, None, True)], [TRIPPED, READY]),
    ],
)  # fmt: skip
def test_courses(fields: dict[str, Any], moments: list[Moment], phases: list[Phase]) -> None:
    assert course(interlock(**fields), *moments) == phases


MOMENTS = st.lists(st.tuples(st.floats(0.1, 400), st.sampled_from([True, False, None]), st.booleans()), max_size=60)


@given(MOMENTS, st.sampled_from(["stay", "trip", "release"]), st.sampled_from([0, 30, 90]))
def test_never_longer_than_its_longest_and_never_shorter_than_its_least(
    moments: list[Moment], blind: str, least_s: float
) -> None:
    wanted, trip, now_s = interlock(blind=blind, least_s=least_s, most_s=300), Trip(), 0.0
    for later_s, holds, may_trip in moments:
        now_s += later_s
        before, trip = trip, step(wanted, trip, holds, may_trip=may_trip, now_s=now_s)
        if trip.phase is TRIPPED:
            assert now_s - trip.since_s < 300
            assert before.phase is TRIPPED or (before.phase is READY and may_trip and trip.trips == before.trips + 1)
        if before.phase is TRIPPED and trip.phase is READY:
            assert now_s - before.since_s >= least_s


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"least_s": 60, "most_s": 60}, "most_s 60 is not above least_s 60"),
        ({"when": [{**CONDITION, "below": 1.0}]}, "give one of above, below, equals and rises_by"),
        ({"when": []}, "at least 1 item"),
    ],
    ids=["times", "two comparisons", "no condition"],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        interlock(**fields)
