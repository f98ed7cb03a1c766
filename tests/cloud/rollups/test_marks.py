"""What is marked, when it is due, and what is marked again."""

from __future__ import annotations

import pytest

import cloud.rollups.marks as room
from cloud.rollups.config import RollUpConfig
from cloud.rollups.marks import Marks
from cloud.store.base import DirtyRow
from cloud.store.roll_up import HOUR_MS
from tests.cloud.store.blocks import block
from tests.readme_check import assert_documented

HOUR = 1_000 * HOUR_MS


def marks() -> Marks:
    return Marks(settle_ms=30_000, refresh_ms=900_000)


@pytest.mark.parametrize(
    ("now", "due_at"),
    [
        (HOUR + 5 * HOUR_MS, HOUR + 5 * HOUR_MS + 30_000),  # long over
        (HOUR + HOUR_MS, HOUR + HOUR_MS + 30_000),  # just over
        (HOUR + HOUR_MS - 60_000, HOUR + HOUR_MS + 30_000),  # nearly over
        (HOUR + 1, HOUR + 900_001),  # just begun
        (HOUR - 300_000, HOUR + 600_000),  # the device's clock is ahead
    ],
)
def test_when_an_hour_is_due(now: int, due_at: int) -> None:
    assert marks().rows([block(1.0, begin=HOUR)], now=now) == [DirtyRow("gw1", "river", "river_gauge", HOUR, due_at)]


def test_only_touched_hours_are_marked_and_each_once() -> None:
    one = marks()
    times = [HOUR - 1, HOUR, HOUR + 1, HOUR + 7 * HOUR_MS]
    rows = one.rows([block(points={"level_m": [1.0] * 4}, times=times), block()], now=HOUR)
    assert sorted((row.hour - HOUR) // HOUR_MS for row in rows) == [-1, 0, 7]
    assert one.rows([block(1.0, begin=HOUR)], now=HOUR) == []
    assert len(one.rows([block(1.0, begin=HOUR, gateway="gw2")], now=HOUR)) == 1


@pytest.mark.parametrize("forget", [Marks.claim, Marks.failed])
def test_what_is_claimed_or_was_not_kept_is_marked_again(forget: object) -> None:
    one = marks()
    rows = one.rows([block(1.0, begin=HOUR)], now=HOUR)
    assert callable(forget)
    forget(one, rows)
    assert one.rows([block(1.0, begin=HOUR)], now=HOUR) == rows


def test_memory_is_bounded() -> None:
    one = marks()
    step = 10_000
    for first in range(0, room.REMEMBERED + step, step):
        one.rows([block(1.0, begin=HOUR, device=f"d{n}") for n in range(first, first + step)], now=HOUR)
    assert len(one.rows([block(1.0, begin=HOUR, device="d0")], now=HOUR)) == 1, "forgotten, and marked again"


def test_the_readme_names_every_setting() -> None:
    assert_documented("cloud/rollups", RollUpConfig)
