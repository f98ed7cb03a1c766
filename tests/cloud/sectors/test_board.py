"""What the pages of the sectors show holds for some seconds, and no longer than the newest alarm."""

from __future__ import annotations

import asyncio

from cloud.sectors.board import HOLDS_S, SectorBoard
from cloud.sectors.standing import Fleet
from tests.fakes import ManualClock


class Source:
    """Counts how often somebody sorts the province."""

    def __init__(self) -> None:
        self.reads = self.changes = 0

    async def read(self) -> Fleet:
        """Takes its time."""
        self.reads += 1
        await asyncio.sleep(0)
        return Fleet([], [], {})


async def test_the_province_is_sorted_anew_after_some_seconds_and_when_an_alarm_has_changed() -> None:
    source, clock = Source(), ManualClock()
    board = SectorBoard(source.read, lambda: (), changes=lambda: source.changes, clock=clock)
    first = await board.fleet()
    await clock.advance(HOLDS_S)
    assert await board.fleet() is first
    await clock.advance(0.001)
    later = await board.fleet()
    assert later is not first
    source.changes += 1
    assert await board.fleet() is not later
    assert source.reads == 3


async def test_fifty_people_who_ask_at_once_cost_one_look() -> None:
    source = Source()
    board = SectorBoard(source.read, lambda: (), changes=lambda: source.changes, clock=ManualClock())
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(board.fleet()) for _ in range(50)]
    assert {id(each.result()) for each in asked} == {id(asked[0].result())}
    assert source.reads == 1
