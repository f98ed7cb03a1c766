"""The gate: a store that is busy is waited for, one that is away is passed by, and asked for until it is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.ingest.gate import CANARY_S, REST_S, STUCK, Gate
from cloud.ingest.patience import Patience
from cloud.metrics import Metric, Metrics
from cloud.store.base import Columns, PlacedEvent, Rejection
from cloud.store.memory import MemoryStore
from tests.fakes import ManualClock, settle

PATIENCE_S = 0.2
PROBE_S = 30.0


class MoodyStore(MemoryStore):
    """A store that hangs in a write, or refuses canaries and writes, as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: StoreUnavailableError | None = None
        self.going = asyncio.Event()
        self.going.set()
        self.written = 0

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Waits while it hangs."""
        await self.going.wait()
        await self.check()
        self.written += 1
        return []

    async def check(self) -> str:
        """Raises while there is a fault."""
        if self.fault is not None:
            raise self.fault
        return "well"


@asynccontextmanager
async def watched(store: MoodyStore, clock: ManualClock) -> AsyncIterator[Gate]:
    """A gate to the store that is looked after."""
    patience = Patience("readings", clock, Metrics(), counter=Metric.STORE_RETRIES, probe_s=PROBE_S)
    gate = Gate(store, patience, clock, patience_s=PATIENCE_S)
    await gate.open()
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(gate.run())
        yield gate
        looking.cancel()


@pytest.mark.parametrize("fault", [StoreUnavailableError("gone"), StoreMisconfiguredError("401")], ids=["gone", "401"])
async def test_a_store_that_takes_no_canary_is_passed_by_until_it_does(fault: StoreUnavailableError) -> None:
    store, clock = MoodyStore(), ManualClock()
    async with watched(store, clock) as gate, asyncio.TaskGroup() as group:
        store.fault = fault
        waiting = group.create_task(_outcome(gate))
        await clock.advance(PATIENCE_S / 2)
        assert (gate.is_open, waiting.done()) == (True, False), "a moment is not an outage"
        await clock.advance(PATIENCE_S)
        assert (gate.is_open, await waiting) == (False, str(fault))
        assert await _outcome(gate) == str(fault), "nobody waits for a store that is away"
        assert gate.away_since() > 0
        assert gate.is_refused() == isinstance(fault, StoreMisconfiguredError)
        store.fault = None
        await clock.advance(PROBE_S)
        assert (gate.is_open, gate.fault(), gate.away_since()) == (True, "", 0)
        assert await _outcome(gate) == "taken"
        assert store.written == 1


async def test_a_store_that_is_only_busy_is_waited_for() -> None:
    store, clock = MoodyStore(), ManualClock()
    async with watched(store, clock) as gate, asyncio.TaskGroup() as group:
        store.going.clear()
        waiting = group.create_task(_outcome(gate))
        await clock.advance(STUCK / 2 * PATIENCE_S)
        assert (gate.is_open, waiting.done()) == (True, False)
        store.going.set()
        assert await waiting == "taken"


async def test_a_store_that_takes_canaries_and_not_what_we_write_is_passed_by_for_a_while() -> None:
    store, clock = MoodyStore(), ManualClock()
    async with watched(store, clock) as gate, asyncio.TaskGroup() as group:
        store.going.clear()
        waiting = group.create_task(_outcome(gate))
        await clock.advance((STUCK + 1) * PATIENCE_S)
        assert gate.is_open is False
        assert await waiting == gate.fault() != ""
        assert gate.away_since() > 0
        await clock.advance(REST_S / 2)
        assert gate.is_open is False, "its canaries are no reason to wait for it again at once"
        store.going.set()
        await clock.advance(REST_S)
        assert (gate.is_open, gate.fault()) == (True, "")
        assert await _outcome(gate) == "taken"


async def test_a_store_that_stays_stuck_is_tried_ever_more_seldom() -> None:
    store, clock = MoodyStore(), ManualClock()
    async with watched(store, clock) as gate, asyncio.TaskGroup() as group:
        store.going.clear()
        for rest_s in (REST_S, 2 * REST_S):
            waiting = group.create_task(_outcome(gate))
            await clock.advance((STUCK + 1) * PATIENCE_S)
            assert await waiting != "taken"
            await clock.advance(rest_s - 2 * PATIENCE_S)
            assert not gate.is_open
            await clock.advance(PROBE_S)
            assert gate.is_open


async def test_a_write_is_taken_back_also_when_the_store_swallows_the_cancellation() -> None:
    class Swallowing(MoodyStore):
        async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
            try:
                return await super().write(columns, events)
            except asyncio.CancelledError:
                raise StoreUnavailableError("cut") from None

    store, clock = Swallowing(), ManualClock()
    async with watched(store, clock) as gate, asyncio.TaskGroup() as group:
        store.going.clear()
        store.fault = StoreUnavailableError("gone")
        waiting = group.create_task(_outcome(gate))
        await clock.advance(2 * PATIENCE_S)
        assert (await waiting, gate.is_open) == ("cut", False)


async def test_a_store_that_forgets_what_it_took_is_noticed() -> None:
    store, clock = MoodyStore(), ManualClock()
    async with watched(store, clock) as gate:
        store.fault = StoreMisconfiguredError("takes writes and loses them")
        await clock.advance(CANARY_S + PATIENCE_S)
        assert not gate.is_open
        assert gate.steady_for_s() < CANARY_S


async def test_a_store_that_is_away_at_the_start_holds_up_nobody() -> None:
    store, clock = MoodyStore(), ManualClock()
    store.fault = StoreUnavailableError("gone")
    async with watched(store, clock) as gate:
        assert await _outcome(gate) == "gone"
        store.fault = None
        await clock.advance(1.0)
        assert gate.is_open


async def _outcome(gate: Gate) -> str:
    try:
        await gate.write([], [])
    except StoreUnavailableError as error:
        return str(error)
    finally:
        await settle()
    return "taken"
