"""Blobs, tracks and lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision import tracks
from edge_agent.vision.blobs import Blob, blobs
from edge_agent.vision.config import Line
from edge_agent.vision.geometry import Fence, inside
from edge_agent.vision.tracks import Course, Tracks

COURSE = Course(columns=320, rows=180, per_m=8.0, fastest=200.0)


def blob(x: float, y: float = 100.0, *, width: int = 30, height: int = 12) -> Blob:
    left, top = round(x - width / 2), round(y - height / 2)
    return Blob(max(0, left), top, min(320, left + width), top + height, width * height, 2.0)


def follow(pictures: list[list[Blob]], gap_s: float = 0.5) -> Tracks:
    state = Tracks()
    for number, found in enumerate(pictures):
        state = tracks.step(COURSE, state, found, number * gap_s)
    return state


def test_two_that_meet_keep_their_ways() -> None:
    pictures = [[blob(20 + 30 * n, 90), blob(300 - 30 * n, 120)] for n in range(9)]
    ways = {track.number: track.speed[0] for track in follow(pictures).alive}
    assert ways == {1: pytest.approx(60), 2: pytest.approx(-60)}


def test_one_that_is_covered_for_a_moment_goes_on() -> None:
    lorry = blob(160, 100, width=60, height=40)
    pictures = [[blob(60 + 20 * n), lorry] if n not in (4, 5, 6) else [lorry] for n in range(9)]
    state = follow(pictures)
    assert {track.number for track in state.alive} == {1, 2}
    assert next(track for track in state.alive if track.number == 1).pictures == 6


def test_one_that_leaves_or_vanishes_is_lost_once() -> None:
    gone = follow([[blob(100)], [blob(110)], [blob(120)], [], []])
    assert [track.number for track in gone.lost] == [1]
    assert gone.alive == ()
    assert follow([[blob(100)], [blob(110)], [blob(120)], [], [], []]).lost == ()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 319), st.integers(10, 170)), max_size=30), max_size=12))
def test_whatever_appears_no_track_has_two_blobs_and_none_is_forgotten(places: list[list[tuple[int, int]]]) -> None:
    state, known = Tracks(), 0
    for number, found in enumerate(places):
        state = tracks.step(COURSE, state, [blob(x, y) for x, y in found], number * 0.5)
        numbers = [track.number for track in state.alive]
        assert len(numbers) == len(set(numbers)) <= tracks.MOST_TRACKS
        seen = [track for track in state.alive if not track.covered]
        assert len(seen) == len(found)
        assert state.next_number >= known
        known = state.next_number


def test_blobs_are_the_connected_things() -> None:
    blocks = np.zeros((60, 80), dtype=np.bool_)
    blocks[10:20, 10:30] = True
    blocks[10:30, 26:30] = True  # an L
    blocks[40:50, 40:50] = True
    blocks[40:50, 52:60] = True  # a gap of two: one thing
    blocks[5, 70] = True  # a speck
    found = blobs(blocks, np.full(blocks.shape, 1.5, dtype=np.float32), least_area=10, gap=1)
    assert {(one.left, one.top, one.right, one.bottom) for one in found} == {(10, 10, 30, 30), (40, 40, 60, 50)}
    assert all(one.contrast == pytest.approx(1.5) for one in found)
    assert blobs(np.zeros((9, 9), dtype=np.bool_), np.zeros((9, 9), dtype=np.float32), least_area=1, gap=1) == []


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.6))
def test_every_block_that_stands_out_belongs_to_one_thing(seed: int, share: float) -> None:
    coarse = np.random.default_rng(seed).random((12, 16)) < share
    blocks = np.kron(coarse, np.ones((4, 4), dtype=np.bool_)).astype(np.bool_)
    found = blobs(blocks, np.ones(blocks.shape, dtype=np.float32), least_area=1, gap=0)
    assert sum(one.area for one in found) == np.count_nonzero(blocks)


@pytest.mark.parametrize(
    ("before", "now", "way"),
    [
        ((100.0, 90.0), (200.0, 90.0), 1),
        ((200.0, 90.0), (100.0, 90.0), -1),
        ((100.0, 90.0), (150.0, 90.0), 0),
        ((100.0, 170.0), (200.0, 170.0), 0),
    ],
    ids=["forth", "back", "not yet", "past its end"],
)
def test_a_line_from_below_upwards_is_crossed_forth_from_left_to_right(
    before: tuple[float, float], now: tuple[float, float], way: int
) -> None:
    fence = Fence(Line(name="a", start=(0.5, 0.8), end=(0.5, 0.2), metre=0.025), columns=320, rows=180)
    assert fence.crossed(before, now) == way


def test_an_outline_holds_what_is_inside() -> None:
    triangle = inside(((0, 0), (1, 0), (0, 1)), columns=40, rows=40)
    assert triangle.mean() == pytest.approx(0.5, abs=0.03)
    assert triangle[2, 2]
    assert not triangle[38, 38]
