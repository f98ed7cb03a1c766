"""Vehicles and people over a line, against a street whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from edge_agent.vision import counting
from edge_agent.vision.config import CountConfig, Line
from edge_agent.vision.counting import INTERRUPTED, KINDS, LEARNING, UNSURE, Count
from edge_agent.vision.picture import brightness, view_of
from simulators.devices.rtsp.street import DAY, HEIGHT, NIGHT, PX_PER_M, WIDTH, Street, Weather

VIEW = view_of((), width=WIDTH, height=HEIGHT)
MIDDLE = Line(name="mid", start=(0.5, 1.0), end=(0.5, 0.3), metre=PX_PER_M / WIDTH)
LEARN_S = 8
Told = tuple[dict[str, float | bool], dict[str, str], Mapping[str, int]]


@cache
def counted(seed: int, weather: Weather, *, frames_per_s: int = 2, lasts_s: int = 90, doubt_until_s: int = 0) -> Told:
    """What is told of one interval, and the truth about it."""
    street = Street(seed, duration_s=lasts_s + 5, vehicles_per_min=25, people_per_min=10)
    config = CountConfig.model_validate({"learn_s": LEARN_S, "interval_s": 3600})
    lines, state, began = counting.counting_of(config, [MIDDLE], VIEW), None, 0.0
    for number in range(lasts_s * frames_per_s):
        at = number / frames_per_s
        frame = street.picture(at, weather)
        doubt = "frozen" if LEARN_S * 2 < at < doubt_until_s else ""
        state = counting.step(lines, state, frame, at, doubt=doubt, light=brightness(frame, VIEW) or 0.0)
        if not began and state.ground is not None and state.ground.usual is not None:
            began, state = at, counting.begun_anew(state, at)
    assert state is not None
    return *counting.told(lines, state, at), street.crossings(began, at)


def error(told: Told, what: str) -> float:
    values, _, truth = told
    true = truth[f"{what}_forth"] + truth[f"{what}_back"]
    return abs(float(values[f"{what}_forth.mid"]) + float(values[f"{what}_back.mid"]) - true) / true


@pytest.mark.parametrize("seed", [1, 2])
def test_by_day_the_count_is_right_within_a_tenth_and_says_so(seed: int) -> None:
    told = counted(seed, DAY)
    values, unknown, truth = told
    assert not unknown
    assert sum(truth.values()) > 30
    assert error(told, "vehicles") <= 0.1
    assert error(told, "people") <= 0.1
    assert float(values["count_quality.mid"]) > 0.7
    assert abs(float(values["vehicles_forth.mid"]) - truth["vehicles_forth"]) <= 2
    assert 25 < float(values["speed_kmh.mid"]) < 45
    assert 5 < float(values["occupancy_pct.mid"]) < 50


def test_by_night_it_says_that_it_does_not_know() -> None:
    values, unknown, _ = counted(1, NIGHT)
    assert float(values["count_quality.mid"]) < 0.3
    assert {unknown[f"{kind}.mid"] for kind in KINDS} == {UNSURE}


def test_an_interval_that_was_not_watched_has_no_count_and_no_zero() -> None:
    values, unknown, _ = counted(1, DAY, lasts_s=60, doubt_until_s=40)
    assert set(values) == {"count_quality.mid"}
    assert float(values["count_quality.mid"]) < 0.7
    assert unknown["vehicles_forth.mid"] == INTERRUPTED


def test_an_empty_street_counts_zero_with_good_quality() -> None:
    street = Street(1, duration_s=0.0, people_per_min=0)
    config = CountConfig.model_validate({"learn_s": 2, "interval_s": 20})
    lines, state = counting.counting_of(config, [MIDDLE], VIEW), None
    for number in range(57):
        state = counting.step(lines, state, street.picture(number / 2), number / 2, doubt="", light=120.0)
        if number == 15:
            state = counting.begun_anew(state, number / 2)
    assert state is not None
    assert counting.is_due(lines, state, 28.0)
    values, unknown = counting.told(lines, state, 28.0)
    assert [values[f"{kind}.mid"] for kind in KINDS] == [0, 0, 0, 0]
    assert values["count_quality.mid"] == 1.0
    assert unknown == {"speed_kmh.mid": counting.NO_VEHICLE}


def test_while_the_street_is_being_learnt_nothing_is_known() -> None:
    config = CountConfig.model_validate({})
    lines = counting.counting_of(config, [MIDDLE], VIEW)
    frame = Street(1, duration_s=5).picture(0)
    state = counting.step(lines, None, frame, 0.0, doubt="", light=120.0)
    values, unknown = counting.told(lines, state, 5.0)
    assert unknown["people_back.mid"] == LEARNING
    assert values["count_quality.mid"] == 0.0


def test_a_flash_of_light_counts_nobody() -> None:
    config = CountConfig.model_validate({"learn_s": 1})
    lines = counting.counting_of(config, [MIDDLE], VIEW)
    state: Count | None = None
    dice = np.random.default_rng(3)
    still = Street(1, duration_s=0.0, people_per_min=0).picture(0)
    for number in range(20):
        frame = dice.integers(0, 256, still.shape).astype(np.uint8) if number == 15 else still
        state = counting.step(lines, state, frame, number / 2, doubt="", light=120.0)
    assert state is not None
    assert state.interval.crossings == ()
