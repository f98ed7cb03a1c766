"""F16: files that an older version left are taken over with everything in them, however often that is interrupted."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from cloud.store.schema_version import upgrade
from edge_agent.outbox.sqlite import FILE, SCHEMA_VERSION
from tests.faults.conftest import Score
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Starter
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

OLD_STATE = "0001"
AS_VERSION_2 = """
ALTER TABLE tally DROP COLUMN spent_day; ALTER TABLE tally DROP COLUMN spent_bytes; PRAGMA user_version = 2;
"""
INTERRUPTIONS = 6
LONGEST_START_S = 0.8


def outbox_as_version_2(made: Platform) -> None:
    """The file as the agent before the byte budget left it; its program is not running."""
    with closing(sqlite3.connect(made.data / FILE)) as base:
        base.executescript(AS_VERSION_2)


def state_as_version_1(made: Platform) -> None:
    """The database as the first centre left it: its own tables, and in them what it knew."""
    newer, older = made.centre_data / "newer.sqlite3", made.centre_data / "centre.sqlite3"
    with closing(sqlite3.connect(older)) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.move(older, newer)
    for suffix in ("-wal", "-shm"):
        older.with_name(older.name + suffix).unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{older}")
    with engine.begin() as connection:
        upgrade(connection, OLD_STATE)
    engine.dispose()
    with closing(sqlite3.connect(older)) as base:
        base.execute("ATTACH ? AS newer", (str(newer),))
        for (table,) in base.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table in ("alembic_version", "sqlite_sequence"):
                continue
            columns = ", ".join(row[1] for row in base.execute(f"PRAGMA main.table_info({table})"))
            base.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")  # noqa: S608
        base.commit()


def state_version(made: Platform) -> str:
    with closing(sqlite3.connect(made.centre_data / "centre.sqlite3")) as base:
        return str(base.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def outbox_version(made: Platform) -> int:
    with closing(sqlite3.connect(made.data / FILE)) as base:
        return int(base.execute("PRAGMA user_version").fetchone()[0])


async def with_backlog(made: Platform) -> None:
    """Some readings are stored, others wait on the gateway; then both programs end."""
    await eventually(lambda: made.verdict().stored > 0)
    made.link.become(down=True)
    made.link.cut()
    for _ in range(3):
        await made.ready()
    await made.kill_agent()
    await made.kill_centre()


async def test_f16_an_update_takes_over_the_backlog_and_the_ledger(
    tmp_path: Path, starter: Starter, score: Score
) -> None:
    async with platform(tmp_path, starter) as made:
        await with_backlog(made)
        outbox_as_version_2(made)
        state_as_version_1(made)
        made.link.become(down=False)
        made.start_centre()
        made.start_agent()
        await made.ready()
        verdict = await made.drained()
        score.add(verdict, cycles=1, blow="F16 update")
        assert verdict.is_clean, f"{verdict}\n{made.timeline}"
        assert verdict.dropped == 0
        await made.kill_agent()  # it holds its file for itself
        assert outbox_version(made) == SCHEMA_VERSION
        assert state_version(made) > OLD_STATE


async def test_f16_an_update_that_is_killed_again_and_again_is_done_wholly(
    tmp_path: Path, starter: Starter, score: Score
) -> None:
    chance = random.Random(1)
    async with platform(tmp_path, starter) as made:
        await with_backlog(made)
        outbox_as_version_2(made)
        state_as_version_1(made)
        made.link.become(down=False)
        for _ in range(INTERRUPTIONS):
            made.start_centre()
            made.start_agent()
            await asyncio.sleep(chance.uniform(0, LONGEST_START_S))  # the random moment, also within the migration
            await made.kill_agent()
            await made.kill_centre()
        made.start_centre()
        made.start_agent()
        await made.ready()
        verdict = await made.drained()
        score.add(verdict, cycles=INTERRUPTIONS, blow="F16 update killed")
        assert verdict.is_clean, f"{verdict}\n{made.timeline}"
        assert "outbox damaged" not in made.log("agent")


async def test_f16_an_older_program_refuses_newer_files_and_says_so(
    tmp_path: Path, starter: Starter, score: Score
) -> None:
    async with platform(tmp_path, starter) as made:
        await with_backlog(made)
        with closing(sqlite3.connect(made.data / FILE)) as base:
            base.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        with closing(sqlite3.connect(made.centre_data / "centre.sqlite3")) as base:
            base.execute("UPDATE alembic_version SET version_num = '9999'")
            base.commit()
        made.start_agent()
        made.start_centre()
        assert made.agent is not None
        assert made.centre is not None
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(made.agent.wait) > 0
            assert await asyncio.to_thread(made.centre.wait) > 0
        assert "newer agent" in made.log("agent")
        assert "newer Thacba" in made.log("centre")
        assert not list(made.data.glob("quarantine-*")), "what a newer agent wrote is no damage"
        score.blows["F16 newer refused"] = 1
