"""Which findings are news."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connectors.camera.changes import OFFLINE, ONLINE, Told, step

UP, DOWN = {OFFLINE: False, ONLINE: True}, {OFFLINE: True, ONLINE: False}


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        pytest.param([UP, UP], [(), ()], id="a camera that works is no news"),
        pytest.param([DOWN, DOWN], [(OFFLINE,), ()], id="offline from the start, told once"),
        pytest.param([UP, DOWN, UP], [(), (OFFLINE,), (ONLINE,)], id="gone and back"),
        pytest.param(
            [{"black": True}, {}, {"black": True}, {"black": False}, {"black": True}],
            [("black",), (), (), (), ("black",)],
            id="what is unknown for a while is not told again",
        ),
    ],
)
def test_cases(flags: list[dict[str, bool]], told: list[tuple[str, ...]]) -> None:
    state, seen = Told(), []
    for number, one in enumerate(flags):
        state = step(state, one, number * 100.0, 60.0)
        seen.append(state.news)
    assert seen == told


def test_news_within_the_cooldown_wait_and_are_told_if_they_still_hold() -> None:
    seen = []
    state = Told()
    for at, holds in ((0, True), (10, False), (20, True), (59, True), (60, True), (61, True)):
        state = step(state, {"motion": holds}, float(at), 60.0)
        seen.append(state.news)
    assert seen == [("motion",), (), (), (), ("motion",), ()]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 30))), st.floats(0, 60))
def test_never_twice_within_the_cooldown_and_never_without_cause(
    steps: list[tuple[bool, float]], cooldown_s: float
) -> None:
    at, last, state = 0.0, -1e9, Told()
    for holds, wait_s in steps:
        at += wait_s
        state = step(state, {"frozen": holds}, at, cooldown_s)
        if state.news:
            assert holds
            assert at - last >= cooldown_s
            last = at
