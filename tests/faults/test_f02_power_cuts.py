"""F02: the power goes while the agent works on a disk that forgets; the control proves that the range can see loss."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.conftest import Ring, Score
from tests.faults.tools.lossy_disk import Cut, Disk, lossy_disk
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.verifier import Verdict
from tests.faults.tools.warm import Starter

pytestmark = pytest.mark.scenario


@pytest.fixture
def disk(tmp_path: Path, ring: Ring) -> Iterator[Disk]:
    with lossy_disk(tmp_path / "disk", seed=ring.seed) as made:
        yield made


async def cut_power(made: Platform, disk: Disk, how: Cut) -> None:
    """First the disk, then the program: what it tries in between fails, as on a board that loses its supply."""
    made.note(f"power cut, {how}")
    disk.cut(how)
    await made.kill_agent()
    disk.power_on()
    made.start_agent()


async def cut_again_and_again(made: Platform, disk: Disk, *, cuts: int, chance: random.Random) -> Verdict:
    """Cuts at random moments, most of them while the gateway alone holds what it accepted."""
    for number in range(cuts):
        made.link.become(down=chance.random() < 0.7)
        if made.link.weather.down:
            made.link.cut()
        if chance.random() < 0.9:
            await made.ready()
        await asyncio.sleep(chance.uniform(0, 0.3))  # the random moment, also within its start
        await cut_power(made, disk, "tear" if number % 2 else "forget")
    made.link.become(down=False)
    await made.ready()
    return await made.drained(within_s=15)


async def test_f02_power_cuts(tmp_path: Path, disk: Disk, starter: Starter, ring: Ring, score: Score) -> None:
    async with platform(tmp_path, starter, data=disk.folder / "edge") as made:
        verdict = await cut_again_and_again(made, disk, cuts=ring.cuts, chance=random.Random(ring.seed))
        score.add(verdict, cuts=ring.cuts, ready_s=max(made.ready_s), blow="F02 power")
        assert verdict.is_clean, f"{verdict}\n{made.timeline[-50:]}"
        assert "outbox damaged" not in made.log("agent")
        await made.kill_agent()
    with closing(sqlite3.connect(disk.folder / "edge" / "outbox.sqlite3")) as base:
        base.execute("PRAGMA locking_mode = EXCLUSIVE")
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_f02_control_without_fsync_loses(
    tmp_path: Path, disk: Disk, starter: Starter, ring: Ring, score: Score
) -> None:
    """The same run with synchronous = NORMAL. If this ever finds no loss, the test above proves nothing."""
    async with platform(tmp_path, starter, data=disk.folder / "edge", program="edge-careless") as made:
        made.link.become(down=True)
        made.link.cut()
        await made.ready()
        await cut_power(made, disk, "forget")
        await made.ready()
        made.link.become(down=False)
        await made.gauges.rest()
        verdict = made.verdict()
        score.control_lost += verdict.lost
        assert verdict.lost > 0
