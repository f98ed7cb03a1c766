"""A roll-out at work: through waves, over kill -9, and stopped by a gateway that returned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cloud.configuring.rollouts import Rollout, RolloutDesk, RolloutOffice, Wish
from cloud.configuring.sheet import ConfigurationRefusedError
from cloud.configuring.targets import Candidate, Target
from cloud.configuring.terms import Draft, Hand
from cloud.configuring.waves import Plan, RolloutError
from tests.cloud.configuring.bench import GATEWAYS, TEXT, Bench, working

PLAN = Plan(sizes=(1,), soak_s=4, answer_s=600)
CANDIDATES = [Candidate(each, "s", ("lao-cai",)) for each in GATEWAYS]


class Waves:
    """The two offices on one bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.office = self.again()

    def again(self) -> RolloutOffice:
        """A new office on the same database."""
        bench = self.bench
        desk = RolloutDesk(
            bench.state.configurations, bench.office, bench.fleet, lambda: CANDIDATES, bench.audited.append, bench.clock
        )
        return RolloutOffice(desk)

    async def begin(self, patch: str = "[outbox]\nmax_days = 60\n") -> Rollout:
        """A roll-out to both."""
        return await self.office.begin(Wish("giữ lâu hơn", patch, Target(areas=("lao-cai",)), PLAN, "lan"))

    async def until(self, identifier: str, *states: str) -> Rollout:
        """Time goes on until the members stand so."""
        return await self.when(identifier, lambda found: tuple(each.state for each in found.members) == states)

    async def when(self, identifier: str, is_so: Callable[[Rollout], bool]) -> Rollout:
        """Time goes on until the roll-out is so."""
        async with asyncio.timeout(8):
            while True:
                await self.bench.clock.advance(1)
                found = await asyncio.to_thread(self.bench.state.configurations.rollout, identifier)
                whole = await self.office.one(identifier)
                if found is not None and is_so(whole):
                    return whole


@pytest.fixture
async def waves(tmp_path: Path) -> AsyncIterator[Waves]:
    async with working(Bench(tmp_path)) as bench, asyncio.TaskGroup() as group:
        found = Waves(bench)
        for each in GATEWAYS:
            await bench.office.set(Draft(each, TEXT), Hand("lan"))
            bench.runs(each, 1)
        work = group.create_task(found.office.run())
        yield found
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def test_the_second_gateway_gets_it_after_the_first_has_proved_it(waves: Waves) -> None:
    begun = await waves.begin()
    await waves.until(begun.row.id, "sent", "waiting")
    row = waves.bench.office.desired("gw-1")
    assert row is not None
    assert "max_days = 60" in row.text
    assert (row.version, row.rollout, row.author) == (2, begun.row.id, "lan")
    waves.bench.runs("gw-1", 2)
    await waves.until(begun.row.id, "good", "waiting")
    await waves.until(begun.row.id, "good", "sent")
    waves.bench.runs("gw-2", 2)
    await waves.until(begun.row.id, "good", "good")
    await waves.when(begun.row.id, lambda found: found.row.state == "done")


async def test_one_that_returns_stops_it(waves: Waves) -> None:
    begun = await waves.begin()
    await waves.until(begun.row.id, "sent", "waiting")
    waves.bench.runs("gw-1", 1, state="rolled_back", tried=2, reason="devices_away")
    found = await waves.until(begun.row.id, "rolled_back", "waiting")
    assert (found.row.state, found.members[0].reason) == ("stopped", "devices_away")
    assert waves.bench.audited[-1].detail.startswith("stopped")


async def test_kill_9_between_a_version_and_its_mark_sends_nothing_twice(waves: Waves) -> None:
    begun = await waves.begin()
    await waves.until(begun.row.id, "sent", "waiting")
    store = waves.bench.state.configurations
    store.put_rollout(begun.row, begun.members)  # as it was before the mark
    again = waves.again()
    await again.open()
    work = asyncio.ensure_future(again.run())
    waves.office = again
    found = await waves.until(begun.row.id, "sent", "waiting")
    work.cancel()
    assert found.members[0].version == 2
    assert len(await waves.bench.office.versions("gw-1")) == 2


async def test_a_release_waits_for_another_person(waves: Waves) -> None:
    begun = await waves.begin('release = "2.0.0"\n')
    assert begun.row.state == "asked"
    with pytest.raises(RolloutError, match="another person"):
        await waves.office.act(begun.row.id, "confirm", actor="lan")
    await waves.office.act(begun.row.id, "confirm", actor="minh")
    await waves.until(begun.row.id, "sent", "waiting")
    waves.bench.runs("gw-1", 2)  # it has the order, and not yet the program
    await waves.bench.clock.advance(10)
    assert (await waves.office.one(begun.row.id)).members[0].state == "sent"


async def test_what_nobody_confirms_ends(waves: Waves) -> None:
    begun = await waves.begin('release = "2.0.0"\n')
    await waves.bench.clock.advance(16 * 60)
    await waves.when(begun.row.id, lambda found: found.row.state == "aborted")


async def test_a_patch_is_tried_before_it_is_taken(waves: Waves) -> None:
    with pytest.raises(ConfigurationRefusedError, match="did you mean 'outbox'"):
        await waves.begin("[outbux]\nmax_days = 1\n")
    with pytest.raises(ConfigurationRefusedError) as refused:
        await waves.begin('[devices.gauge]\nprofile = "river_gauge"\n')
    assert [each.file for each in refused.value.faults] == ["gw-1", "gw-2"]
    with pytest.raises(ConfigurationRefusedError, match="changes nothing there"):
        await waves.begin("[devices.other]\nperiod_s = 5\n")
