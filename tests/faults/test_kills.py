"""F01, F03, F04: kill -9 of agent, centre and broker at random moments loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.conftest import Ring, Score
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Starter

pytestmark = pytest.mark.scenario


async def check(made: Platform, score: Score, *, blow: str, cycles: int) -> None:
    verdict = await made.drained()
    score.add(verdict, cycles=cycles, ready_s=max(made.ready_s), blow=blow)
    assert verdict.is_clean, f"{verdict}\n{made.timeline[-50:]}"
    assert verdict.acknowledged == verdict.sent > 0
    assert verdict.dropped == 0
    assert "outbox damaged" not in made.log("agent")
    assert "Traceback" not in made.log("agent")


async def test_f01_agent_killed(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    cycles, chance = max(1, ring.cycles * 8 // 10), random.Random(ring.seed)
    async with platform(tmp_path, starter) as made:
        for _ in range(cycles):
            made.link.become(down=chance.random() < 0.3)  # with and without a link
            if made.link.weather.down:
                made.link.cut()
            if chance.random() < 0.8:
                await made.ready()
            await asyncio.sleep(chance.uniform(0, 0.3))  # the random moment, also within its start
            await made.kill_agent()
            made.start_agent()
        made.link.become(down=False)
        await check(made, score, blow="F01 agent", cycles=cycles)


async def test_f03_centre_killed(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    cycles, chance = max(1, ring.cycles // 10), random.Random(ring.seed)
    async with platform(tmp_path, starter) as made:
        for _ in range(cycles):
            await asyncio.sleep(chance.uniform(0, 1.5))  # the random moment, also within its start
            await made.kill_centre()
            made.start_centre()
        await check(made, score, blow="F03 centre", cycles=cycles)


async def test_f04_broker_killed_and_its_memory_gone(
    tmp_path: Path, starter: Starter, ring: Ring, score: Score
) -> None:
    cycles, chance = max(1, ring.cycles // 10), random.Random(ring.seed)
    async with platform(tmp_path, starter) as made:
        for _ in range(cycles):
            await asyncio.sleep(chance.uniform(0, 1.5))  # the random moment
            await made.kill_broker()
        await check(made, score, blow="F04 broker", cycles=cycles)
