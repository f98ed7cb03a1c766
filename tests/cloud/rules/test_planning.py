"""Planned work: alarms within it are recorded and told to nobody, and what outlasts it is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alarms.lifecycle import AlarmError
from cloud.alarms.planned import LONGEST_MS, PlannedWork, Scope, planned
from cloud.rules import desk, planning, shelving
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge
from tests.cloud.rules.builders import MINUTE, START, Kept, block, minutes, rule

SITE = Scope(site="yen-bai")


def work(scope: Scope = SITE, *, begin: int = 0, until: int = 60, at: int = 0) -> PlannedWork:
    """Work between two minutes since START, planned at another."""
    times = {"begin": START + begin * MINUTE, "until": START + until * MINUTE, "at": START + at * MINUTE}
    return planned(scope, **times, reason="thay cảm biến", actor="minh")


def at_work(kept: Kept, wanted: PlannedWork) -> Judge:
    """A judge with planned work."""
    judge = kept.judge(rule())
    kept.keep(judge.act(planning.plan(wanted), now=wanted.at))
    return judge


def flood(judge: Judge, kept: Kept, *levels: float, minute: int = 0) -> None:
    """Readings of the gauge from a minute on, which arrive with the last of them."""
    readings = minutes(*levels, start=START + minute * MINUTE)
    kept.keep(judge.observe([block(readings)], received_at=readings[-1][0]))


def words(kept: Kept) -> list[str]:
    return [line.what for line in kept.history]


def test_alarms_in_planned_work_are_recorded_and_told_once_when_they_outlast_it() -> None:
    kept = Kept()
    judge = at_work(kept, work())
    flood(judge, kept, 30.5, 29.0, 31.5, minute=5)
    judge = kept.judge(rule())
    kept.keep(judge.tick(START + 59 * MINUTE))
    assert kept.notices == {}
    assert words(kept) == ["raised", "out_of_service", "cleared", "raised", "out_of_service"]
    line = kept.history[1]
    assert (line.actor, line.comment, line.observed_at) == ("minh", "thay cảm biến", START + 60 * MINUTE)
    kept.keep(judge.tick(START + 60 * MINUTE))
    judge = kept.judge(rule())
    kept.keep(judge.tick(START + 61 * MINUTE))
    assert [(line.what, line.actor) for line in kept.history[5:]] == [("in_service", "system")]
    assert len(kept.notices) == 1


def test_what_was_open_before_goes_out_of_service_when_the_work_begins() -> None:
    kept = Kept()
    judge = at_work(kept, work(begin=30))
    flood(judge, kept, 30.5, minute=5)
    assert len(kept.notices) == 1
    for minute in (29, 30, 31):
        kept.keep(judge.tick(START + minute * MINUTE))
    assert words(kept) == ["raised", "out_of_service"]
    flood(judge, kept, 32.5, minute=32)
    assert len(kept.notices) == 1


def test_work_ends_early_by_hand_and_only_once() -> None:
    kept = Kept()
    planned_work = work()
    judge = at_work(kept, planned_work)
    flood(judge, kept, 30.5, minute=5)
    end = planning.end_work(planned_work.id, Remark("lan", "xong sớm"))
    kept.keep(judge.act(end, now=START + 6 * MINUTE))
    assert [(line.what, line.actor, line.comment) for line in kept.history[-1:]] == [("in_service", "lan", "xong sớm")]
    assert len(kept.notices) == 1
    with pytest.raises(AlarmError):
        judge.act(end, now=START + 7 * MINUTE)
    (ended,) = kept.judge(rule()).mutes.planned.all()
    assert (ended.ended_at, ended.ended_by) == (START + 6 * MINUTE, "lan")
    kept.keep(judge.tick(START + 100 * MINUTE))
    assert len(kept.notices) == 1
    kept.keep(judge.tick(START + 31 * 24 * 60 * MINUTE))
    assert kept.judge(rule()).mutes.planned.all() == []


def test_work_that_is_taken_back_before_it_begins_leaves_no_trace_in_alarms() -> None:
    kept = Kept()
    later = work(begin=30)
    judge = at_work(kept, later)
    flood(judge, kept, 30.5)
    kept.keep(judge.act(planning.end_work(later.id, Remark("lan", "hoãn")), now=START + MINUTE))
    kept.keep(judge.tick(START + 31 * MINUTE))
    assert words(kept) == ["raised"]


def test_what_is_seen_over_or_still_kept_from_people_is_not_told_at_the_end() -> None:
    kept = Kept()
    judge = at_work(kept, work())
    flood(judge, kept, 30.5, minute=5)
    (alarm,) = kept.alarms
    kept.keep(judge.act(desk.acknowledge(alarm, Remark("lan", "")), now=START + 6 * MINUTE))
    kept.keep(judge.tick(START + 60 * MINUTE))
    assert words(kept)[-1] == "in_service"
    assert kept.notices == {}

    kept = Kept()
    judge = at_work(kept, work())
    kept.keep(judge.act(planning.plan(work(Scope(gateway="gw-1"), until=70)), now=START))
    flood(judge, kept, 30.5, minute=5)
    (alarm,) = kept.alarms
    kept.keep(judge.act(shelving.shelve(alarm, Remark("lan", "x"), until=START + 90 * MINUTE), now=START + 6 * MINUTE))
    kept.keep(judge.tick(START + 60 * MINUTE))
    assert "in_service" not in words(kept)
    kept.keep(judge.tick(START + 70 * MINUTE))
    assert words(kept)[-1] == "in_service"
    assert kept.notices == {}
    kept.keep(judge.tick(START + 90 * MINUTE))
    assert len(kept.notices) == 1


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope(site="yen-bai"), True),
        (Scope(gateway="gw-1"), True),
        (Scope(gateway="gw-1", device="river-1"), True),
        (Scope(rule="flood"), True),
        (Scope(site="yen-bai", rule="flood"), True),
        (Scope(site="lao-cai"), False),
        (Scope(gateway="gw-1", device="river-2"), False),
        (Scope(site="yen-bai", rule="rain"), False),
    ],
)
def test_everything_that_is_named_must_agree(scope: Scope, covers: bool) -> None:
    kept = Kept()
    judge = at_work(kept, work(scope))
    flood(judge, kept, 30.5, minute=5)
    assert (not kept.notices) is covers


@pytest.mark.parametrize(
    ("scope", "until"),
    [
        (Scope(), START + MINUTE),
        (Scope(device="river-1"), START + MINUTE),
        (SITE, START),
        (SITE, START + LONGEST_MS + 1),
    ],
)
def test_work_without_a_place_or_a_sound_end_is_refused(scope: Scope, until: int) -> None:
    with pytest.raises(AlarmError):
        planned(scope, begin=START, until=until, reason="", actor="minh", at=START)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from([29.0, 30.5, 31.5, None])), min_size=1, max_size=25),
    st.integers(0, 20),
    st.integers(21, 60),
)
def test_restarts_change_nothing(steps: list[tuple[int, float | None]], begin: int, until: int) -> None:
    wanted = work(begin=begin, until=until)
    plain, broken = Kept(), Kept()
    for kept in (plain, broken):
        judge, minute = at_work(kept, wanted), 0
        for gap, level in steps:
            minute += gap
            if kept is broken:
                judge = kept.judge(rule())
            if level is None:
                kept.keep(judge.tick(START + minute * MINUTE))
            else:
                flood(judge, kept, level, minute=minute)
    assert plain.history == broken.history
    assert plain.notices == broken.notices
    assert plain.alarms == broken.alarms
    told = [at for at in (row.created_at for row in plain.notices.values()) if wanted.begin <= at < wanted.until]
    assert told == [], "nobody is told while the work lasts"


def test_ids_tell_pieces_of_work_apart() -> None:
    assert work().id != work(until=61).id
    assert replace(work(), id="") == replace(work(), id="")
