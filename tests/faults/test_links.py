"""F21 to F24: brokers that restart, links that come and go, go deaf, or crawl; afterwards nothing is missing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.faults.conftest import Ring, Score
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.proxy import CLEAR, MOUNTAIN, SIXTEEN_KBIT, SWALLOWING, Weather
from tests.faults.tools.warm import Starter
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

# minutes without and with a link (F22); a minute of them lasts FAULT_MINUTE_MS here
PATTERNS = ((5, 5), (10, 10), (30, 30), (5, 20))


def links_up(made: Platform) -> list[float]:
    """How long each loss of the link lasted, as the agent itself logged it."""
    lines = [json.loads(line) for line in made.log("agent").splitlines() if line.startswith("{")]
    return [line["after_s"] for line in lines if line["message"] == "link up"]


async def check(made: Platform, score: Score, *, blow: str, times: int) -> None:
    verdict = await made.drained()
    score.add(verdict, ready_s=max(made.ready_s))
    score.blows[blow] = score.blows.get(blow, 0) + times
    assert verdict.is_clean, f"{verdict}\n{made.timeline[-50:]}"
    assert verdict.repeated == verdict.dropped == 0
    assert verdict.acknowledged == verdict.sent > 0
    assert "Traceback" not in made.log("agent") + made.log("centre")


async def test_f21_the_broker_restarts_under_load(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    async with platform(tmp_path, starter) as made:
        for _ in range(ring.restarts):
            seen = len(links_up(made))
            made.note("broker restarts")
            await asyncio.to_thread(made.broker.stop)
            await asyncio.to_thread(made.broker.start)
            await eventually(lambda seen=seen: len(links_up(made)) > seen, 30)  # type: ignore[misc]
        await check(made, score, blow="F21 broker restarts", times=ring.restarts)


async def test_f22_offline_patterns(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    async with platform(tmp_path, starter) as made:
        for off, on in PATTERNS * ring.patterns:
            made.link.become(down=True)
            made.link.cut()
            made.note(f"offline for {off} minutes")
            await asyncio.sleep(off * ring.minute_s)  # the pattern
            made.link.become(down=False)
            await asyncio.sleep(on * ring.minute_s)
        await check(made, score, blow="F22 offline patterns", times=len(PATTERNS) * ring.patterns)


async def test_f23_a_half_open_link_is_replaced(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    async with platform(tmp_path, starter) as made:
        await eventually(lambda: made.verdict().stored > 0, 20)
        seen = made.link.connects
        made.link.weather = SWALLOWING
        made.note("half open")
        await eventually(lambda: made.link.connects > seen, 30)
        made.link.weather = CLEAR
        await check(made, score, blow="F23 half open", times=1)


@pytest.mark.parametrize("weather", [MOUNTAIN, SIXTEEN_KBIT], ids=["600ms", "16kbit"])
async def test_f24_a_thin_link_carries_everything_without_a_retry_storm(
    weather: Weather, tmp_path: Path, starter: Starter, score: Score
) -> None:
    async with platform(
        tmp_path, starter, gauges=2, pause_s=0.5, receipt_timeout_s=20, keep_alive_s=20, health_period_s=5
    ) as made:
        made.link.weather = weather
        for _ in range(20):
            await made.gauges.answered()
        await check(made, score, blow="F24 thin link", times=1)
        assert made.link.connects <= 2
        # a reading travels in some 60 bytes when batches are small; a storm would be many times that
        assert made.link.up_bytes < 20_000 + 400 * len(made.gauges.sent.values)
