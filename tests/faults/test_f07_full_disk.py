"""F07: somebody fills the gateway's disk and gives it back; every reading is stored or declared dropped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disks import small_disk
from tests.faults.conftest import Score
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Starter
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

FULL_FOR_S = 2.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def fill(path: Path) -> None:
    """Takes every byte that is left."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, bytes(4096)):
            pass
    except OSError:
        return
    finally:
        os.close(descriptor)


def is_settled(made: Platform) -> bool:
    """What was acknowledged is stored, or the ledger says that the gateway gave it up."""
    verdict = made.verdict()
    wrong = verdict.altered + verdict.strangers + verdict.unexplained + verdict.awaited
    return not wrong and verdict.lost <= verdict.dropped


@pytest.mark.parametrize("is_linked", [True, False], ids=["linked", "offline"])
async def test_f07_a_full_disk_is_counted_and_survived(
    is_linked: bool, tmp_path: Path, disk: Path, starter: Starter, score: Score
) -> None:
    async with platform(tmp_path, starter, data=disk / "edge") as made:
        if not is_linked:
            made.link.become(down=True)
            made.link.cut()
        await made.ready()
        fill(disk / "ballast")
        made.note("disk full")
        await asyncio.sleep(FULL_FOR_S)  # the blow
        (disk / "ballast").unlink()
        made.note("disk free")
        made.link.become(down=False)
        await made.ready()
        await made.gauges.rest()
        await eventually(lambda: is_settled(made), 60)
        verdict = made.verdict()
        score.sent += verdict.sent
        score.acknowledged += verdict.acknowledged
        score.stored += verdict.stored
        score.declared += verdict.dropped
        score.blows["F07 full disk"] = score.blows.get("F07 full disk", 0) + 1
        assert "outbox damaged" not in made.log("agent")
        assert "Traceback" not in made.log("agent")
