"""Steady findings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision.hold import Held, step

HOLD_S = 3.0


@pytest.mark.parametrize(
    ("found", "value"),
    [
        pytest.param([True], None, id="one picture proves nothing"),
        pytest.param([True] * 4, True, id="held"),
        pytest.param([False] * 4 + [True] * 3, False, id="not held"),
        pytest.param([False] * 4 + [True] * 4, True, id="held after the opposite"),
        pytest.param([True] * 4 + [False] * 3 + [True], True, id="a short opposite"),
        pytest.param([True, False, True, False, True, False], None, id="flickering is unknown"),
        pytest.param([True] * 4 + [None], None, id="unknown at once"),
        pytest.param([True] * 4 + [None, True], None, id="unknown begins anew"),
    ],
)
def test_cases(found: list[bool | None], value: bool | None) -> None:
    state = Held()
    for second, one in enumerate(found):
        state = step(state, one, float(second), HOLD_S)
    assert state.value is value


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0.01, 2.0)), max_size=60))
def test_a_value_has_always_lasted_before_it_counts(steps: list[tuple[bool | None, float]]) -> None:
    at, since, last, state = 0.0, 0.0, None, Held()
    for found, wait_s in steps:
        at += wait_s
        since, last = (since, last) if found == last else (at, found)
        before, state = state, step(state, found, at, HOLD_S)
        if state.value is not None and state.value != before.value:
            assert state.value == found
            assert at - since >= HOLD_S
        assert (state.value is None) or (found is not None)
