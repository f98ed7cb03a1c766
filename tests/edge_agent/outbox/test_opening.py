"""The outbox on a real disk: one owner, power cuts, flipped bits, a full disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device_profiles.wire import Receipt, decode_batch, size_of
from edge_agent.outbox.base import Bounds, Load, Outbox, OutboxBrokenError, OutboxTakenError, Priority
from edge_agent.outbox.opening import open_outbox
from edge_agent.outbox.shelving import ShelfOutbox
from edge_agent.outbox.sqlite import FILE, SCHEMA_VERSION, SqliteShelf, sqlite_outbox
from tests.disks import small_disk
from tests.edge_agent.samples import NOW, load


def fill(folder: Path, batches: int) -> str:
    with open_outbox(folder, now=NOW) as outbox:
        for number in range(batches):
            outbox.append([load(values=20, begin=NOW + number)], now=NOW + number)
        return outbox.counters().epoch


def counted(folder: Path, gateway: str) -> tuple[str, int]:
    with open_outbox(folder, now=NOW, gateway=gateway) as outbox:
        return outbox.counters().epoch, outbox.counters().backlog_batches


def test_what_a_box_kept_without_a_name_is_the_gateways_that_it_becomes(tmp_path: Path) -> None:
    epoch = fill(tmp_path, 3)
    assert counted(tmp_path, "gw-1") == (epoch, 3)
    assert counted(tmp_path, "") == (epoch, 3)
    assert counted(tmp_path, "gw-1") == (epoch, 3)


def test_what_was_kept_for_one_gateway_never_travels_under_the_name_of_another(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    epoch, _ = counted(tmp_path, "gw-1")
    later, left = counted(tmp_path, "gw-2")
    assert (later != epoch, left) == (True, 0)
    (copy,) = quarantined(tmp_path)
    assert len(read_all(sqlite_outbox(copy.parent))) == 3
    assert counted(tmp_path, "gw-2") == (later, 0)


def test_a_name_that_cannot_be_written_keeps_no_gateway_from_starting(tmp_path: Path) -> None:
    epoch = fill(tmp_path, 1)
    (tmp_path / ".outbox.gateway.new").mkdir()  # as on a full disk
    assert counted(tmp_path, "gw-1") == (epoch, 1)


def read_all(outbox: Outbox) -> list[int]:
    return [parcel.sequence for parcel in outbox.peek(Priority.READINGS, after=0, before=2**53, limit=10_000)]


def spoil(path: Path, *, at: int, length: int = 64) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(os.urandom(length))


def quarantined(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"quarantine-*/{FILE}"))


def test_a_second_agent_is_turned_away(tmp_path: Path) -> None:
    taken = pytest.raises(OutboxTakenError, match="another agent")
    with open_outbox(tmp_path, now=NOW), taken, open_outbox(tmp_path, now=NOW):
        pass
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert outbox.append([load()], now=NOW) == [1]


def test_the_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    epoch = fill(tmp_path, 3)
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert outbox.counters().epoch == epoch
        assert outbox.append([load()], now=NOW) == [4]
        assert read_all(outbox) == [1, 2, 3, 4]
        assert outbox.counters().accepted == 63


@pytest.mark.parametrize("junk", [b"", b"not a database at all" * 500])
def test_a_file_that_is_no_outbox_is_set_aside_and_a_new_epoch_begins(tmp_path: Path, junk: bytes) -> None:
    epoch = fill(tmp_path, 3)
    (tmp_path / FILE).write_bytes(junk)
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert outbox.counters().epoch != epoch
        assert outbox.append([load()], now=NOW) == [1]
    assert len(quarantined(tmp_path)) == (1 if junk else 0)


def test_a_damaged_page_is_found_when_the_file_is_opened(tmp_path: Path) -> None:
    epoch = fill(tmp_path, 200)
    size = (tmp_path / FILE).stat().st_size
    for page in range(1, size // 4096, 3):
        spoil(tmp_path / FILE, at=page * 4096)
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert outbox.counters().epoch != epoch
    assert len(quarantined(tmp_path)) == 1


def test_a_flipped_bit_in_one_batch_costs_that_batch_and_is_declared(tmp_path: Path) -> None:
    epoch = fill(tmp_path, 5)
    base = sqlite3.connect(tmp_path / FILE)
    base.execute("UPDATE batches SET payload = CAST(x'00' || substr(payload, 2) AS BLOB) WHERE sequence = 3")
    base.commit()
    base.close()
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert read_all(outbox) == [1, 2, 4, 5]
        [sequence] = outbox.append([load(values=1)], now=NOW)
        [parcel] = outbox.fetch([sequence])
        [drop] = decode_batch(parcel.payload).dropped
        assert (drop.first, drop.last, drop.reason, drop.readings) == (3, 3, "corrupt", 20)
        assert outbox.counters().epoch == epoch


def test_a_file_from_yesterday_is_not_worked_with(tmp_path: Path) -> None:
    """A restored backup, or a log that was lost: its numbers were used already, for other readings (F10)."""
    epoch = fill(tmp_path, 2)
    shutil.copy(tmp_path / FILE, tmp_path / "yesterday")
    fill(tmp_path, 2)
    shutil.move(tmp_path / "yesterday", tmp_path / FILE)
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert outbox.counters().epoch != epoch
    assert len(quarantined(tmp_path)) == 1


def test_a_torn_end_of_the_log_costs_nothing_that_was_committed(tmp_path: Path) -> None:
    live, after = tmp_path / "live", tmp_path / "after"
    live.mkdir()
    outbox = sqlite_outbox(live)
    outbox.append([load()], now=NOW)
    outbox.append([load()], now=NOW)
    shutil.copytree(live, after)
    outbox.close()
    with (after / f"{FILE}-wal").open("ab") as log:
        log.write(os.urandom(3000))
    with open_outbox(after, now=NOW) as again:
        assert read_all(again) == [1, 2]


def test_an_older_agents_file_is_taken_over_with_its_backlog(tmp_path: Path) -> None:
    """F16: version 1 knew no undated batches; its checksums and numbers still hold."""
    epoch = fill(tmp_path, 3)
    base = sqlite3.connect(tmp_path / FILE)
    base.executescript(
        "DROP INDEX batches_undated; ALTER TABLE batches DROP COLUMN boot;"
        " ALTER TABLE tally DROP COLUMN spent_day; ALTER TABLE tally DROP COLUMN spent_bytes; PRAGMA user_version = 1;"
    )
    base.close()
    with open_outbox(tmp_path, now=NOW) as outbox:
        assert outbox.counters().epoch == epoch
        assert read_all(outbox) == [1, 2, 3]
        assert outbox.append([load()], now=NOW) == [4]
    assert quarantined(tmp_path) == []


def test_undated_batches_survive_the_agent_but_not_a_flipped_bit(tmp_path: Path) -> None:
    undated = replace(load(begin=5000), boot="b1", clock="doubtful")
    with open_outbox(tmp_path, now=0) as outbox:
        outbox.append([undated, undated], now=9000)
    base = sqlite3.connect(tmp_path / FILE)
    base.execute("UPDATE batches SET boot = 'b2' WHERE sequence = 2")
    base.commit()
    base.close()
    with open_outbox(tmp_path, now=0) as outbox:
        assert outbox.counters().undated_batches == 2
        outbox.date(boot="b1", offset_ms=NOW, now=NOW + 9000)
        outbox.sweep(now=NOW + 9000)
        kept = [decode_batch(parcel.payload) for parcel in outbox.fetch([1, 2, 3])]
        assert [each.sequence for each in kept] == [1, 3]
        assert kept[0].devices[0].times[0] == NOW + 5000
        assert [drop.reason for drop in kept[1].dropped] == ["corrupt"]


def test_a_newer_agents_file_is_refused_clearly(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    base = sqlite3.connect(tmp_path / FILE)
    base.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    base.close()
    with pytest.raises(OutboxBrokenError, match="newer agent"), open_outbox(tmp_path, now=NOW):
        pass
    assert quarantined(tmp_path) == []


def test_a_folder_that_cannot_be_used_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxBrokenError, match="cannot be used"), open_outbox(tmp_path / "file", now=NOW):
        pass


def test_the_settings_that_durability_rests_on(tmp_path: Path) -> None:
    shelf = SqliteShelf(tmp_path)
    settings = {name: shelf._read(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "locking_mode")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive"}
    shelf.close()
    assert not (tmp_path / f"{FILE}-shm").exists()
    assert oct((tmp_path / FILE).stat().st_mode)[-3:] == "600"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def random_load(number: int) -> Load:
    """Numbers that no packer shortens."""
    import random

    from device_profiles.wire import DeviceBlock

    dice = random.Random(number)
    column: list[int | float | bool | str | None] = [dice.random() for _ in range(200)]
    times = [NOW + number, *[1] * 199]
    return Load(Priority.READINGS, NOW, NOW, devices=(DeviceBlock("gauge", "test_station", times, {"p": column}),))


def test_what_is_receipted_is_forgotten_also_on_a_disk_without_a_free_byte(disk: Path) -> None:
    with open_outbox(disk / "data", now=NOW, bounds=Bounds(max_bytes=2**30)) as outbox:
        for number in range(1500):
            outbox.append([random_load(number)], now=NOW)
        epoch = outbox.counters().epoch
        with contextlib.suppress(OSError), (disk / "somebody else").open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        assert shutil.disk_usage(disk).free == 0
        outbox.settle([Receipt(v=1, epoch=epoch, committed=[(1, 700), (701, 1500)])])
        assert outbox.counters().backlog_batches == 0


def test_a_small_disk_fills_and_the_oldest_go(disk: Path) -> None:
    """F07: the disk is smaller than the bound; everything still balances, and the file stays sound."""
    stored = declared = 0
    with open_outbox(disk / "data", now=NOW, bounds=Bounds(max_bytes=2**30)) as outbox:
        for number in range(1500):
            outbox.append([random_load(number)], now=NOW)
        counters = outbox.counters()
        assert counters.dropped_readings > 0
        assert counters.accepted == 1500 * 200
        while parcels := outbox.peek(Priority.READINGS, after=0, before=2**53, limit=50):
            for parcel in parcels:
                batch = decode_batch(parcel.payload)
                stored += size_of(batch)
                declared += sum(drop.readings for drop in batch.dropped)
            ranges = [(parcel.sequence, parcel.sequence) for parcel in parcels]
            outbox.settle([Receipt(v=1, epoch=counters.epoch, committed=ranges)])
        assert stored + declared == counters.accepted


def test_somebody_else_fills_the_disk_and_gives_it_back(disk: Path) -> None:
    from edge_agent.outbox.base import OutboxFullError

    ballast = disk / "ballast"
    with open_outbox(disk / "data", now=NOW) as outbox:
        for number in range(20):
            outbox.append([random_load(number)], now=NOW)
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        refused = 0
        for number in range(20, 320):
            try:
                outbox.append([random_load(number)], now=NOW)
            except OutboxFullError:
                refused += 1
        before = outbox.counters()
        assert before.accepted == (320 - refused) * 200
        ballast.unlink()
        outbox.append([random_load(999)], now=NOW)
        kept = [
            decode_batch(parcel.payload)
            for parcel in outbox.peek(Priority.READINGS, after=0, before=2**53, limit=10_000)
        ]
        explained = sum(size_of(batch) + sum(drop.readings for drop in batch.dropped) for batch in kept)
        assert explained == outbox.counters().accepted == before.accepted + 200


def test_a_failing_disk_is_fatal_and_nothing_is_claimed(tmp_path: Path) -> None:
    """F09: what the disk refused is not accepted, and nobody tries again on a disk that fails."""
    shelf = SqliteShelf(tmp_path)
    outbox = ShelfOutbox(shelf)
    outbox.append([load(values=3)], now=NOW)
    shelf.close()  # every statement fails from here on, as on a disk that was torn out
    with pytest.raises(OutboxBrokenError):
        outbox.append([load(values=3)], now=NOW)
    with pytest.raises(OutboxBrokenError):
        outbox.peek(Priority.READINGS, after=0, before=9, limit=9)
    assert outbox.counters().accepted == 3
