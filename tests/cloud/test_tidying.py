"""A quiet centre keeps no garbage for hours."""

from __future__ import annotations

import asyncio
import weakref

from cloud.tidying import TIDY_S, Tidier
from tests.fakes import ManualClock


class Loop:
    """Something that only the collector can find."""

    def __init__(self) -> None:
        self.itself = self


async def test_a_minute_later_a_cycle_is_gone() -> None:
    clock = ManualClock()
    left = weakref.ref(Loop())
    async with asyncio.TaskGroup() as group:
        tidying = group.create_task(Tidier(clock).run())
        await clock.advance(TIDY_S)
        assert left() is None
        tidying.cancel()
