"""F15, F28: programs that are stopped or stand still under load; queues are bounded and nothing is missing."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import psutil
import pytest

from tests.faults.conftest import Score
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Child, Starter

pytestmark = pytest.mark.scenario

STANDSTILL_S = 4.0
GROWTH_BYTES = 60 * 1024 * 1024


def memory_of(child: Child | None) -> int:
    assert child is not None
    return int(psutil.Process(child.pid).memory_info().rss)


async def check(made: Platform, score: Score, *, blow: str) -> None:
    verdict = await made.drained()
    score.add(verdict, ready_s=max(made.ready_s))
    score.blows[blow] = score.blows.get(blow, 0) + 1
    assert verdict.is_clean, f"{verdict}\n{made.timeline}"
    assert verdict.dropped == 0


async def test_f15_sigterm_under_load_loses_nothing(tmp_path: Path, starter: Starter, score: Score) -> None:
    async with platform(tmp_path, starter) as made:
        assert made.agent is not None
        made.agent.signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(made.agent.wait) == 0
        assert made.centre is not None
        made.centre.signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(made.centre.wait) == 0
        made.start_agent()
        made.start_centre()
        await made.ready()
        await check(made, score, blow="F15 SIGTERM")


async def test_f15_an_agent_that_stood_still_goes_on(tmp_path: Path, starter: Starter, score: Score) -> None:
    async with platform(tmp_path, starter) as made:
        assert made.agent is not None
        made.agent.signal(signal.SIGSTOP)
        await asyncio.sleep(STANDSTILL_S)  # the standstill
        made.agent.signal(signal.SIGCONT)
        await made.ready()
        await check(made, score, blow="F15 SIGSTOP")


async def test_f28_while_ingest_stands_still_the_gateway_holds_the_data(
    tmp_path: Path, starter: Starter, score: Score
) -> None:
    async with platform(tmp_path, starter) as made:
        assert made.centre is not None
        before = memory_of(made.agent), memory_of(made.centre)
        made.centre.signal(signal.SIGSTOP)
        await asyncio.sleep(STANDSTILL_S)  # the standstill
        agent_grew = memory_of(made.agent) - before[0]
        made.centre.signal(signal.SIGCONT)
        await check(made, score, blow="F28 slow consumer")
        assert agent_grew < GROWTH_BYTES
        assert memory_of(made.centre) - before[1] < GROWTH_BYTES
