"""The lossy disk itself: it keeps what was fsynced, forgets the rest, and is dead without power."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.tools.lossy_disk import Disk, lossy_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with lossy_disk(tmp_path / "disk") as made:
        yield made


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def test_what_was_fsynced_stays_and_the_rest_goes(disk: Disk) -> None:
    path = disk.folder / "letters"
    with path.open("wb") as file:
        file.write(b"kept")
        file.flush()
        os.fsync(file.fileno())
        sync_folder(disk.folder)
        file.write(b" and forgotten")
        file.flush()
        assert path.read_bytes() == b"kept and forgotten"
        disk.cut("forget")
        with pytest.raises(OSError, match="Input/output"):
            os.fsync(file.fileno())
    with pytest.raises(OSError, match="Input/output"):
        path.read_bytes()
    disk.power_on()
    assert path.read_bytes() == b"kept"


def test_a_name_is_safe_after_its_folder_was_fsynced(disk: Disk) -> None:
    for name in ("one", "two"):
        with (disk.folder / name).open("wb") as file:
            os.fsync(file.fileno())
        if name == "one":
            sync_folder(disk.folder)
    (disk.folder / "one").rename(disk.folder / "other")
    disk.cut("forget")
    disk.power_on()
    assert [path.name for path in disk.folder.iterdir()] == ["one"]


def test_a_shortened_file_grows_back(disk: Disk) -> None:
    path = disk.folder / "log"
    with path.open("wb") as file:
        file.write(b"0123456789")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(disk.folder)
    os.truncate(path, 3)
    assert path.read_bytes() == b"012"
    disk.cut("forget")
    disk.power_on()
    assert path.read_bytes() == b"0123456789"


def test_torn_writes_are_a_mixture_of_old_and_new(disk: Disk) -> None:
    path = disk.folder / "pages"
    with path.open("wb", buffering=0) as file:
        file.write(b"a" * 65536)
        os.fsync(file.fileno())
        sync_folder(disk.folder)
        for page in range(16):
            os.pwrite(file.fileno(), b"b" * 4096, page * 4096)
        disk.cut("tear")
    disk.power_on()
    assert set(path.read_bytes()) == set(b"ab")


def test_a_link_is_as_safe_as_its_name(disk: Disk) -> None:
    for name in ("kept", "gone"):
        (disk.folder / name).symlink_to("elsewhere")
        if name == "kept":
            sync_folder(disk.folder)
    assert (disk.folder / "gone").readlink() == Path("elsewhere")
    disk.cut("forget")
    disk.power_on()
    assert [(path.name, path.readlink()) for path in disk.folder.iterdir()] == [("kept", Path("elsewhere"))]


def test_the_cut_comes_instead_of_the_step_that_it_waits_for(disk: Disk) -> None:
    before = disk.steps
    disk.cut_at(3, "forget")
    for name in ("one", "two", "three"):
        (disk.folder / name).mkdir()
        try:
            sync_folder(disk.folder)
        except OSError:
            assert name == "three"
    assert (disk.is_on, disk.steps - before) == (False, 3)
    disk.power_on()
    assert {path.name for path in disk.folder.iterdir()} == {"one", "two"}
    sync_folder(disk.folder)
    assert disk.is_on


@pytest.mark.parametrize(("setting", "kept"), [("FULL", True), ("NORMAL", False)])
def test_the_disk_tells_a_durable_commit_from_one_that_is_not(disk: Disk, setting: str, kept: bool) -> None:
    path = disk.folder / "base.sqlite3"
    base = sqlite3.connect(path, isolation_level=None)
    for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
        base.execute(f"PRAGMA {pragma}")
    base.execute("CREATE TABLE t(n)")
    base.execute("INSERT INTO t VALUES (1)")
    sync_folder(disk.folder)
    base.execute(f"PRAGMA synchronous = {setting}")
    base.execute("INSERT INTO t VALUES (2)")
    disk.cut("forget")
    with pytest.raises(sqlite3.Error):
        base.execute("INSERT INTO t VALUES (3)")
    base.close()
    disk.power_on()
    again = sqlite3.connect(path)
    again.execute("PRAGMA locking_mode = EXCLUSIVE")
    assert again.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert again.execute("SELECT n FROM t").fetchall() == [(1,), *([(2,)] if kept else [])]
    again.close()
