"""A condition holds when enough readings in a row say so, and not because a sensor fell silent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.connector import Scalar
from edge_agent.interlocks.condition import Memory, all_of, heard, said, standing
from edge_agent.interlocks.config import Condition


def condition(**fields: Any) -> Condition:
    return Condition.model_validate({"device": "stream", "point": "stage_m", "readings": 1, **fields})


def after(wanted: Condition, *values: Scalar, every_s: float = 60.0) -> Memory:
    memory = Memory()
    for number, value in enumerate(values):
        memory = heard(wanted, memory, value, now_s=number * every_s)
    return memory


@pytest.mark.parametrize(
    ("fields", "values", "holds"),
    [
        ({"above": 3.0}, [3.0], False),
        ({"above": 3.0}, [3.1], True),
        ({"above": 3.0, "readings": 3}, [3.1, 3.1], False),
        ({"above": 3.0, "readings": 3}, [3.1, 2.0, 3.1, 3.1], False),
        ({"above": 3.0, "readings": 3}, [3.1, 3.2, 3.3], True),
        ({"above": 3.0, "hysteresis": 0.2}, [3.1, 2.9], True),
        ({"above": 3.0, "hysteresis": 0.2}, [3.1, 2.8], False),
        ({"below": 4.0}, [3.9], True),
        ({"below": 4.0, "hysteresis": 1.0}, [3.9, 4.5, 5.0], False),
        ({"equals": True}, [1], False),
        ({"equals": True}, [True], True),
        ({"equals": 2}, [2], True),
        ({"equals": "open"}, ["open"], True),
        ({"rises_by": 0.5}, [1.0, 1.2, 1.4], False),
        ({"rises_by": 0.5}, [1.0, 0.8, 1.4], True),
        ({"rises_by": 0.5, "over_s": 60}, [1.0, 1.3, 1.6], False),
        ({"rises_by": 0.5, "over_s": 120}, [1.0, 1.3, 1.6], True),
    ],
)
def test_what_holds(fields: dict[str, Any], values: list[Scalar], holds: bool) -> None:
    memory = after(condition(**fields), *values)
    assert standing(memory, silent_s=60, now_s=(len(values) - 1) * 60.0) is holds


def test_silence_is_not_knowledge() -> None:
    memory = after(condition(above=3.0), 3.5)
    assert standing(memory, silent_s=60, now_s=60) is True
    assert standing(memory, silent_s=60, now_s=61) is None
    assert standing(Memory(), silent_s=60, now_s=0) is None


def test_one_no_is_enough_and_unknown_is_not_yes() -> None:
    assert all_of([True, True]) is True
    assert all_of([True, None]) is None
    assert all_of([False, None]) is False


def test_the_report_says_what_was_seen() -> None:
    assert said(condition(above=3.0), after(condition(above=3.0), 3.25)) == "stream.stage_m = 3.25 (above 3.0)"


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.integers(1, 20))
def test_a_rise_is_counted_from_the_least_of_its_window(values: list[float], minutes: int) -> None:
    wanted = condition(rises_by=5.0, over_s=minutes * 60)
    memory = after(wanted, *values)
    window = values[-(minutes + 1) :]
    assert memory.lows[0][1] == min(window)
    assert (values[-1] - min(window) >= 5.0) is memory.holds
