"""F08 and F02 for the centre: its whole disk is full, or its power goes; no receipt without durability."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.disks import small_disk
from tests.faults.conftest import Ring, Score
from tests.faults.test_f07_full_disk import fill
from tests.faults.tools.lossy_disk import Disk, lossy_disk
from tests.faults.tools.platform import CentreSide, platform
from tests.faults.tools.warm import Starter
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

FULL_FOR_S = 2.0
PAUSE_S = 0.02  # the disk holds a few megabytes


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=24) as folder:
        yield folder


@pytest.fixture
def lossy(tmp_path: Path, ring: Ring) -> Iterator[Disk]:
    with lossy_disk(tmp_path / "lossy", seed=ring.seed, direct_io=False) as made:
        yield made


async def test_f08_a_full_disk_under_the_centre_makes_the_gateway_keep_its_data(
    tmp_path: Path, full_disk: Path, starter: Starter, score: Score
) -> None:
    side = CentreSide(data=full_disk / "centre")
    async with platform(tmp_path, starter, centre_side=side, pause_s=PAUSE_S) as made:
        await eventually(lambda: made.verdict().stored > 0)
        fill(full_disk / "ballast")
        made.note("disk of the centre full")
        await asyncio.sleep(FULL_FOR_S)  # the blow
        (full_disk / "ballast").unlink()
        made.note("disk of the centre free")
        await made.ready()
        verdict = await made.drained()
        score.add(verdict)
        score.blows["F08 full disk of the centre"] = 1
        assert verdict.is_clean, f"{verdict}\n{made.timeline}\n{made.log('centre')[-2000:]}"
        assert verdict.dropped == 0


async def test_f02_power_cuts_of_the_centre(
    tmp_path: Path, lossy: Disk, starter: Starter, ring: Ring, score: Score
) -> None:
    """State and readings are SQLite files on the disk that forgets: what a receipt named is there after each cut."""
    chance, cuts = random.Random(ring.seed), max(3, ring.cuts // 3)
    side = CentreSide(data=lossy.folder / "centre")
    async with platform(tmp_path, starter, centre_side=side, pause_s=PAUSE_S) as made:
        for number in range(cuts):
            stored = made.verdict().stored
            await eventually(lambda stored=stored: made.verdict().stored > stored)  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0, 0.3))  # the random moment
            made.note("power cut of the centre")
            lossy.cut("tear" if number % 2 else "forget")
            await made.kill_centre()
            lossy.power_on()
            made.start_centre()
        verdict = await made.drained()
        score.add(verdict, cuts=cuts, blow="F02 power of the centre")
        assert verdict.is_clean, f"{verdict}\n{made.timeline}\n{made.log('centre')[-2000:]}"
        await made.kill_centre()
        for name in ("centre", "readings"):
            with closing(sqlite3.connect(made.centre_data / f"{name}.sqlite3")) as base:
                assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
