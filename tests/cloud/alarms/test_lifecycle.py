"""The life cycle's table: complete, legal in any order, and drawn in the docs as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alarms.lifecycle import TABLE, AlarmError, AlarmState, Trigger, after, diagram

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("trigger", Trigger)
def test_a_pair_is_in_the_table_or_an_error(state: AlarmState, trigger: Trigger) -> None:
    if (state, trigger) in TABLE:
        assert after(state, trigger) is TABLE[state, trigger]
    else:
        with pytest.raises(AlarmError, match=f"{state} cannot {trigger}"):
            after(state, trigger)


@given(st.lists(st.sampled_from(Trigger)))
def test_any_order_of_triggers_keeps_a_legal_state(triggers: list[Trigger]) -> None:
    state: str = AlarmState.NORMAL
    for trigger in triggers:
        before = state
        try:
            state = after(state, trigger)
        except AlarmError:
            assert state == before
        assert state in AlarmState


def test_every_state_can_be_reached_and_left() -> None:
    assert {state for state, _ in TABLE} == set(AlarmState) == set(TABLE.values())


def test_the_diagram_in_the_readme_is_the_table() -> None:
    readme = (ROOT / "cloud" / "alarms" / "README.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram()}```" in readme
