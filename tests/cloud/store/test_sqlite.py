"""What only the embedded store promises: its files, and what a killed process leaves behind."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.store.sqlite import SqliteStore
from tests.cloud.store.blocks import LEVEL, NOW, block, rating

WRITES_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from cloud.store.sqlite import SqliteStore
from tests.cloud.store.blocks import NOW, block

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    number = 0
    while True:
        await store.write([block(*[float(number)] * 10, begin=NOW + number * 10_000)], [])
        number += 1
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()

asyncio.run(main())
"""


async def test_quality_and_events_are_kept_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "readings.sqlite3")
    await store.open()
    marks = {"level_m": [(0, "bad:range")]}
    for _ in range(2):
        await store.write([block(None, 2.0, quality=marks)], [rating("e1", rating=4, word="tốt")])
    await store.close()
    with sqlite3.connect(tmp_path / "readings.sqlite3") as file:
        assert file.execute("SELECT at, code FROM quality").fetchall() == [(NOW, "bad:range")]
        assert file.execute("SELECT id, kind, at, facts FROM event").fetchall() == [
            ("e1", "rating", NOW, '{"rating":4,"word":"tốt"}')
        ]
    file.close()


async def test_what_was_taken_is_there_after_opening_again(tmp_path: Path) -> None:
    for _ in range(2):
        store = SqliteStore(tmp_path / "readings.sqlite3")
        await store.open()
        await store.open()
        await store.write([block(1.0)], [])
        assert await store.count(LEVEL) == 1
        await store.close()
        await store.close()


async def test_a_killed_process_leaves_every_write_that_it_was_told_of(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(path)]
    process = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = 0
    while told < 50:
        told = int(await asyncio.to_thread(process.stdout.readline))
    process.kill()
    rest, _ = process.communicate()
    told = int(rest.split("\n")[-2]) if rest.count("\n") else told
    store = SqliteStore(path)
    await store.open()
    assert await store.count(LEVEL) in (told * 10, told * 10 + 10), "whole writes only; one may be untold"
    await store.close()


async def test_a_store_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "nowhere" / "readings.sqlite3")
    with pytest.raises(StoreUnavailableError, match="unable to open"):
        await store.open()
    for attempt in (store.write([block(1.0)], []), store.count(LEVEL), store.check()):
        with pytest.raises(StoreUnavailableError, match="not open"):
            await attempt


async def test_a_write_that_fails_is_undone_and_can_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "readings.sqlite3"
    store = SqliteStore(path)
    await store.open()
    with sqlite3.connect(path) as file:
        file.execute("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        await store.write([block(1.0)], [rating()])
    assert await store.count(LEVEL) == 0
    with file:
        file.execute("DROP TRIGGER full")
    file.close()
    assert await store.write([block(1.0)], [rating()]) == []
    assert await store.count(LEVEL) == 1
    await store.close()
