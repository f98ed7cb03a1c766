"""Every stretch of a chart without readings has an explanation, and none of them contradicts what is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.inventory.gaps import Gap, Look, Source, Span, explain

SILENCE = 45
END = 10_000
LACKING = ("awaited", "silent")


def look(
    *stored: Span, told: tuple[Gap, ...] = (), source: Source | None = None, is_live: bool = True
) -> list[tuple[str, int, int, str]]:
    """What is said of these stretches, in short."""
    seen = Look(0, END, SILENCE, stored, told, source or Source(), is_live)
    return [(gap.kind, gap.begin, gap.end, gap.reason) for gap in explain(seen)]


def test_a_whole_chart_has_no_gap_and_the_rhythm_of_a_device_is_none() -> None:
    assert look((0, 5_000), (5_040, END)) == []


def test_a_young_device_was_not_silent_before_it_was_there() -> None:
    found = explain(Look(0, END, SILENCE, [(7_000, 8_000), (9_000, END)], since=7_000))
    assert [(gap.kind, gap.begin, gap.end) for gap in found] == [("silent", 8_000, 9_000)]


def test_a_device_that_stopped_for_a_while_was_silent() -> None:
    assert look((0, 4_000), (5_000, END)) == [("silent", 4_000, 5_000, "")]


@pytest.mark.parametrize(
    ("source", "kind", "reason"),
    [
        (Source("online", backlog=12), "awaited", "backlog"),
        (Source("lost", backlog=12), "awaited", "backlog"),
        (Source("online", backlog=12, held=3), "awaited", "held"),
        (Source("lost", holes=["missing"]), "awaited", "missing"),
        (Source("lost"), "silent", "link_lost"),
        (Source("stopped"), "silent", "stopped"),
        (Source("never"), "silent", "unheard"),
        (Source("online", fault="timeout"), "silent", "timeout"),
        (Source("online", fault="timeout", backlog=12), "silent", "timeout"),  # what it holds is of other devices
    ],
)
def test_what_is_open_towards_now_follows_the_gateway(source: Source, kind: str, reason: str) -> None:
    assert look((0, 8_000), source=source) == [(kind, 8_000, END, reason)]


def test_a_device_that_answers_and_has_nothing_new_is_not_silent() -> None:
    assert look((0, 8_000), source=Source(read_at=END - 5)) == []
    assert look((0, 8_000), source=Source(read_at=9_000)) == [("silent", 9_000, END, "")]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [(Source(), []), (Source("lost"), ["silent"]), (Source(fault="timeout"), ["silent"]), (Source(backlog=1), [])],
)
def test_a_value_that_seldom_changes_is_missed_sooner_when_its_gateway_is_away(
    source: Source, kinds: list[str]
) -> None:
    seen = Look(0, END, 900, [(0, END - 500)], source=source, stale_ms=SILENCE)
    assert [gap.kind for gap in explain(seen)] == kinds


def test_a_look_into_the_past_is_not_explained_by_the_present() -> None:
    told = look((0, 8_000), source=Source("lost", read_at=END + 9, backlog=12), is_live=False)
    assert told == [("silent", 8_000, END, "")]


def test_while_a_backlog_drains_the_outage_is_awaited_and_older_silences_are_not() -> None:
    told = look((0, 1_000), (2_000, 5_000), (8_000, END), source=Source(backlog=900, holes=["missing"]))
    assert told == [("silent", 1_000, 2_000, ""), ("awaited", 5_000, 8_000, "missing")]


def test_what_was_judged_while_the_store_was_away_is_awaited_also_behind_newer_readings() -> None:
    source = Source(backlog=900, holes=["missing", "held"], held=3)
    told = look((0, 1_000), (2_000, 5_000), (6_000, 7_000), (8_000, END), source=source)
    assert told[0] == ("silent", 1_000, 2_000, "")
    assert told[1:] == [("awaited", 5_000, 6_000, "missing"), ("awaited", 7_000, 8_000, "held")]


def test_declared_drops_and_dead_letters_explain_their_part_of_a_silence() -> None:
    drop = Gap("dropped", 4_000, 6_000, 300, "outbox_full")
    letter = Gap("dead_lettered", 6_500, 6_500, 1, "type")
    told = look((0, 4_000), (9_000, END), told=(drop, letter))
    assert told == [
        ("dropped", 4_000, 6_000, "outbox_full"),
        ("silent", 6_000, 6_500, ""),
        ("dead_lettered", 6_500, 6_500, "type"),
        ("silent", 6_500, 9_000, ""),
    ]


def test_what_came_late_is_named_where_it_was_observed_and_cut_to_the_chart() -> None:
    late = Gap("late", -500, 700, 40, arrived_at=3_000)
    told = explain(Look(0, END, SILENCE, [(0, END)], [late, Gap("late", END + 1, END + 2, 1)]))
    assert told == [Gap("late", 0, 700, 40, arrived_at=3_000)]


spans = st.tuples(st.integers(0, END), st.integers(1, 900)).map(lambda each: (each[0], min(END, each[0] + each[1])))
gaps = st.builds(
    lambda kind, span: Gap(kind, span[0], span[1], 3, "why"),
    st.sampled_from(["late", "doubtful", "dropped", "dead_lettered"]),
    spans,
)
sources = st.builds(
    Source,
    st.sampled_from(["online", "lost", "stopped", "never"]),
    st.sampled_from(["", "timeout"]),
    st.just(0),
    st.integers(0, 2),
    st.lists(st.sampled_from(["missing", "held"]), max_size=3),
    st.integers(0, 2),
)
looks = st.builds(
    Look,
    st.just(0),
    st.just(END),
    st.just(SILENCE),
    st.lists(spans, max_size=8).map(sorted),
    st.lists(gaps, max_size=6),
    sources,
    st.booleans(),
    st.just(0),
    st.sampled_from([None, 20]),
)


@given(looks)
def test_every_moment_is_stored_or_explained_and_never_both_there_and_lacking(seen: Look) -> None:
    found = explain(seen)
    assert [gap.begin for gap in found] == sorted(gap.begin for gap in found)
    assert all(seen.begin <= gap.begin <= gap.end <= seen.end for gap in found)
    lacking = [gap for gap in found if gap.kind in LACKING]
    lost = [(gap.begin, gap.end) for gap in found if gap.kind in ("dropped", "dead_lettered")]
    for gap in lacking:
        assert gap.end - gap.begin > seen.least_ms
        assert not any(begin < gap.end and gap.begin < end for begin, end in [*seen.stored, *lost])
    known = sorted([*seen.stored, *lost, *((gap.begin, gap.end) for gap in lacking)])
    here = seen.begin
    for begin, end in [*known, (seen.end, seen.end)]:
        assert begin - here <= SILENCE
        here = max(here, end)
