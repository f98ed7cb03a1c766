"""The chronicle: what is known now of an alarm's past, whatever was written when."""

from __future__ import annotations

import pytest

from cloud.alarms.chronicle import chronicle, facts_of, level_at
from cloud.store.base import AlarmHistoryRow


def lines(*told: str) -> list[AlarmHistoryRow]:
    """History lines from words: time, what, level."""
    words = [each.split() for each in told]
    return [
        AlarmHistoryRow("a", 999, int(at), what, level[0] if level else "", None, "system", "")
        for at, what, *level in words
    ]


def entries(*told: str, levels: tuple[str, ...] = ("I", "II", "III")) -> list[str]:
    """The chronicle of such lines."""
    return [f"{each.observed_at} {each.what} {each.level}" for each in chronicle(lines(*told), levels)]


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (("1 raised I", "3 acknowledged I", "4 commented I", "5 cleared I"), ["1 raised I", "5 cleared I"]),
        (("10 raised I", "5 missed I"), ["5 raised I"]),
        (("10 raised I", "30 cleared I", "20 missed II"), ["10 raised I", "20 escalated II", "30 cleared II"]),
        (("10 raised I", "30 cleared I", "10 withdrawn I", "30 withdrawn I"), []),
        (("10 raised I", "10 withdrawn I", "10 missed II", "12 missed_end"), ["10 raised II", "12 cleared II"]),
        (("10 raised III", "20 missed_end I", "30 cleared I"), ["10 raised III", "20 eased I", "30 cleared I"]),
        (("10 raised I", "20 escalated II", "15 missed III"), ["10 raised I", "15 escalated III", "20 eased II"]),
        (("10 cleared I", "20 commented I"), []),
        (("1 raised I", "5 latched I", "6 reset I", "9 raised I"), ["1 raised I", "5 cleared I", "9 raised I"]),
    ],
)  # fmt: skip
def test_the_last_word_about_each_instant_makes_the_story(told: tuple[str, ...], known: list[str]) -> None:
    assert entries(*told) == known


def test_without_the_order_of_levels_each_line_has_its_own_word() -> None:
    assert entries("1 raised low", "2 escalated high", "3 eased low", levels=()) == [
        "1 raised low",
        "2 escalated high",
        "3 eased low",
    ]


def test_the_level_of_a_time_is_that_of_the_line_before_it() -> None:
    facts = facts_of(lines("10 raised I", "30 cleared I", "20 missed II"))
    assert [level_at(facts, at) for at in (9, 10, 19, 20, 30)] == ["", "I", "I", "II", ""]
