"""Windows and stretches of time, as tables of cases."""

from __future__ import annotations

import pytest

from cloud.rollups.fold import STRETCHES, Stretch, coarsest, merged, runs, stretches
from cloud.store.base import DirtyRow
from cloud.store.roll_up import GRAINS, HOUR, HOUR_MS, MINUTE, QUARTER, Grain, Rolled
from device_profiles.schema import ROLL_UP_ENDINGS


@pytest.mark.parametrize(
    ("step_ms", "grain"),
    [
        (1_000, None), (60_001, None), (60_000, MINUTE), (600_000, MINUTE), (900_000, QUARTER), (1_800_000, QUARTER),
        (HOUR_MS, HOUR), (24 * HOUR_MS, HOUR), (HOUR_MS + 900_000, QUARTER), (65_700_000, QUARTER),
    ],
)  # fmt: skip
def test_the_coarsest_grain_that_serves(step_ms: int, grain: Grain | None) -> None:
    assert coarsest(step_ms) == grain


def test_windows_merge() -> None:
    windows = [Rolled(0, 1, 5, 6, 2, 5), Rolled(60_000, -1, 2, 1, 3, 2), Rolled(900_000, 7, 7, 7, 1, 7)]
    assert merged(windows, 900_000) == [Rolled(0, -1, 5, 7, 5, 2), Rolled(900_000, 7, 7, 7, 1, 7)]
    assert merged([], 1) == []


H = HOUR_MS


@pytest.mark.parametrize(
    ("span", "dirty", "since", "expected"),
    [
        ((0, 100 * H), [], 0, [(0, 100, False)]),
        ((0, 100 * H), [50], 0, [(0, 50, False), (50, 51, True), (51, 100, False)]),
        ((0, 100 * H), [50, 53], 0, [(0, 50, False), (50, 54, True), (54, 100, False)]),
        ((0, 100 * H), [99, 100, 101, -1], 0, [(0, 99, False), (99, 100, True)]),
        ((0, 100 * H), [], 20 * H, [(0, 20, True), (20, 100, False)]),
        ((0, 100 * H), [10], 200 * H, [(0, 100, True)]),
        ((H // 2, 100 * H + H // 2), [], 0, [(0.5, 1, True), (1, 100, False), (100, 100.5, True)]),
        ((H // 4, H // 2), [], 0, [(0.25, 0.5, True)]),
    ],
)
def test_stretches(
    span: tuple[int, int], dirty: list[int], since: int, expected: list[tuple[float, float, bool]]
) -> None:
    found = stretches(*span, grain=HOUR, dirty=[hour * H for hour in dirty], since=since)
    assert found == [Stretch(int(begin * H), int(end * H), is_raw) for begin, end, is_raw in expected]


def test_many_dirty_stretches_are_read_as_one_and_the_far_end_is_not_drawn_in() -> None:
    dirty = [(1000 + 10 * number) * H for number in range(STRETCHES + 1)]
    found = stretches(H // 2, 2000 * H, grain=HOUR, dirty=dirty, since=0)
    assert [(each.begin / H, each.end / H, each.is_raw) for each in found] == [
        (0.5, 1, True), (1, 1000, False), (1000, 1161, True), (1161, 2000, False),
    ]  # fmt: skip


def test_hours_that_follow_each_other_are_computed_together() -> None:
    rows = [DirtyRow("g", "d", "p", hour * H, due_at=-hour) for hour in (3, 1, 2, 5)]
    other = DirtyRow("g", "e", "p", 4 * H, due_at=0)
    hours = [[row.hour // H for row in run] for run in runs([*rows, other])]
    assert hours == [[1, 2, 3], [5], [4]]
    assert list(map(len, runs(DirtyRow("g", "d", "p", hour * H, due_at=0) for hour in range(30)))) == [24, 6]


def test_no_profile_can_be_named_like_a_roll_up() -> None:
    assert tuple(f"_{grain.name}" for grain in GRAINS) == ROLL_UP_ENDINGS
