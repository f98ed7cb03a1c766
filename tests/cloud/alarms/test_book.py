"""The book of alarms: one open alarm per rule and device, whatever happens."""

from __future__ import annotations

import contextlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alarms.book import AlarmBook, Finding, alarm_id
from cloud.alarms.lifecycle import AlarmError, AlarmState, Trigger

KEY = ("flood", "gw-1", "river-1")
FINDING = Finding("flood", "1", "yen-bai", "gw-1", "river-1", "level_m", "I", 3, 30.1, 30.0, "vi", "en")


def test_ids_sort_by_time_and_are_the_same_for_the_same_thing() -> None:
    assert alarm_id(KEY, 1000) == alarm_id(KEY, 1000)
    assert alarm_id(KEY, 1000) < alarm_id(("a", "b", "c"), 1001)
    assert alarm_id(KEY, 1000) != alarm_id(("flood", "gw-1", "river-2"), 1000)
    assert len(alarm_id(KEY, 1_725_926_400_000)) == 24


def test_what_is_not_open_cannot_be_cleared_or_acknowledged() -> None:
    book = AlarmBook()
    with pytest.raises(AlarmError):
        book.clear(KEY, None, observed_at=1, received_at=1)
    with pytest.raises(AlarmError):
        book.acknowledge("x", actor="lan", comment="", now=1)
    with pytest.raises(AlarmError):
        book.find(Trigger.EASE, FINDING, observed_at=1, received_at=1)
    assert list(book) == []


@given(st.lists(st.sampled_from(["raise", "escalate", "ease", "clear", "acknowledge", "reset", "assign"]), max_size=40))
def test_any_order_keeps_at_most_one_open_alarm_and_survives_a_restart(words: list[str]) -> None:
    book = AlarmBook()
    book.latching = frozenset(["flood"]) if len(words) % 2 else frozenset()
    for at, word in enumerate(words, 1):
        before = list(book)
        with contextlib.suppress(AlarmError):
            if word == "clear":
                book.clear(KEY, 1.0, observed_at=at, received_at=at)
            elif word == "acknowledge":
                book.acknowledge(before[0].id if before else "", actor="lan", comment="", now=at)
            elif word in ("reset", "assign"):
                deed = book.reset if word == "reset" else partial(book.assign, assignee="minh")
                deed(before[0].id if before else "", actor="lan", comment="", now=at)
            else:
                book.find(Trigger(word), FINDING, observed_at=at, received_at=at)
        again = AlarmBook()
        again.restore(list(book))
        assert list(again) == list(book)
        assert len(list(book)) <= 1
        assert all(row.open and row.state != AlarmState.NORMAL for row in book)
        assert all(book.by_id(row.id) == row == book.open_alarm(KEY) for row in book)
