"""The flood level index against the alarm levels of Yên Bái, and its agreement with the catalogue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.indices.flood_level import DELTA, LEVEL, PROFILE, TYPES, derive, flood_level
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.ladder import IDLE
from device_profiles.load import load_catalogue
from tests.cloud.rules.builders import FLOOD, START, block

LADDER = Threshold.model_validate({"kind": "threshold", "unit": "m", "hold_s": 600, "levels": FLOOD}).ladder


@pytest.mark.parametrize(
    ("metres", "levels", "deltas"),
    [
        ([29.22, 31.13, 33.69], [0, 2, 3], [0.78, 0.87, None]),
        ([30.0, 29.97, 29.95], [1, 1, 0], [1.0, 1.03, 0.05]),
        ([32.0, 31.96, 31.95, 30.96], [3, 3, 2, 2], [None, None, 0.05, 1.04]),
    ],
)
def test_levels_and_distances(metres: list[float], levels: list[int], deltas: list[float | None]) -> None:
    _, times, found, left = flood_level(LADDER, IDLE, list(enumerate(metres)))
    assert (times, found, left) == (list(range(len(metres))), levels, deltas)


@given(st.lists(st.floats(25, 40), max_size=30), st.integers(0, 30))
def test_a_split_changes_nothing(metres: list[float], cut: int) -> None:
    readings = list(enumerate(metres))
    whole = flood_level(LADDER, IDLE, readings)
    standing, times, levels, deltas = flood_level(LADDER, IDLE, readings[:cut])
    end, later, higher, further = flood_level(LADDER, standing, readings[cut:])
    assert (end, times + later, levels + higher, deltas + further) == whole


def test_late_readings_get_their_level_but_do_not_move_it() -> None:
    standing, columns = derive(block([(START, 29.0)]), LADDER, IDLE, late=[(1, 33.0)], live=[(2, 29.0)])
    assert columns.points == {LEVEL: [3, 0], DELTA: [None, 1.0]}
    assert (columns.times, columns.profile, columns.device, standing) == ([1, 2], PROFILE, "river-1", IDLE)


def test_the_catalogue_knows_the_index() -> None:
    profile = load_catalogue()[PROFILE]
    assert {point.key: point.type for point in profile.points} == TYPES
