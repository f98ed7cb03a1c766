"""Stations that send their files with curl and ftplib to vsftpd: whole, cut, repeated, late, wrong."""

from __future__ import annotations

import asyncio
import ftplib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_agent.connectors.station_file.station import (
    ftp_server,
    listener,
    listening,
    name,
    text,
)
from tests.fakes import YAGI_MS, ManualClock
from tests.servers import Server, program
from tests.waiting import eventually


@pytest.fixture(scope="module")
def ftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    with ftp_server(tmp_path_factory.mktemp("ftp")) as running:
        yield running


@pytest.fixture
def folder(ftp: tuple[Server, Path]) -> Iterator[Path]:
    """The folder that the server fills, empty again after the test."""
    yield ftp[1]
    for path in sorted(ftp[1].rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def station(ftp: tuple[Server, Path]) -> ftplib.FTP:
    client = ftplib.FTP()  # noqa: S321 - the protocol that the law names, on loopback
    client.connect("127.0.0.1", ftp[0].port, timeout=10)
    client.login()
    client.cwd("incoming")
    return client


async def upload(ftp: tuple[Server, Path], tmp_path: Path, stamp: str, contents: str) -> None:
    """One file by curl over FTPS."""
    local = tmp_path / name(stamp)
    local.write_text(contents)
    target = f"ftp://127.0.0.1:{ftp[0].port}/incoming/"
    trusted = ("--ssl-reqd", "--cacert", str(ftp[0].folder / "authority.pem"))
    process = await asyncio.create_subprocess_exec(program("curl"), "-sS", *trusted, "-T", str(local), target)
    assert await process.wait() == 0


async def test_files_come_over_ftps_in_any_order_and_are_read_once(
    ftp: tuple[Server, Path], folder: Path, tmp_path: Path
) -> None:
    for stamp, ph in (("20240908102000", "7.2"), ("20240908101500", "7.1")):
        await upload(ftp, tmp_path, stamp, text(stamp, ph=ph))
    async with listening(listener(folder)) as delivered:
        await eventually(lambda: len(names(folder / "done")) == 2)
        await upload(ftp, tmp_path, "20240908101500", text(ph="7.1"))  # the station had no answer, and sends it again
        await upload(ftp, tmp_path, "20240908102500", text("20240908102500", ph="7.3"))
        await eventually(lambda: names(folder) == ["done"])
        assert delivered.of("ph") == [(7.1, 0), (7.2, 5), (7.3, 10)]
        assert delivered.of("cod_mg_l") == [("calibrating", 0), ("calibrating", 5), ("calibrating", 10)]
    assert names(folder / "done") == [name(f"202409081{minute}00") for minute in ("015", "020", "025")]


async def test_a_file_is_not_read_while_it_is_written(ftp: tuple[Server, Path], folder: Path) -> None:
    whole = text().encode()
    client = station(ftp)
    async with listening(listener(folder, settled_s=0.3)) as delivered:
        with client.transfercmd(f"STOR {name()}") as data:
            for begin in range(0, len(whole), 40):
                data.sendall(whole[begin : begin + 40])
                await asyncio.sleep(0.05)  # the pace of a bad link
                assert not delivered.samples
        client.voidresp()
        await eventually(lambda: names(folder) == ["done"])
    assert len(delivered.samples) == 6
    client.close()


async def test_a_cut_upload_waits_for_the_rest_and_is_taken_as_far_as_it_goes_in_the_end(
    ftp: tuple[Server, Path], folder: Path
) -> None:
    cut = text()[:70]
    client = station(ftp)
    client.storbinary(f"STOR {name()}", io.BytesIO(cut.encode()))
    clock = ManualClock()
    async with listening(listener(folder, clock, unfinished_s=60)) as delivered:
        await clock.advance(30)
        assert not delivered.samples
        await clock.advance(40)
        assert delivered.of("flow_m3_h") == [(118.4, 0)]
        assert delivered.of("temp_c") == [("missing", 0)]
        client.storbinary(f"STOR {name()}", io.BytesIO(text().encode()))  # the station tries again
        await clock.advance(1)
        assert delivered.of("flow_m3_h") == [(118.4, 0)], "a line that is known is not told twice"
        assert delivered.of("temp_c") == [("missing", 0), (29.6, 0)]
    assert names(folder / "done") == [name(), f"{name()}.2"]
    client.close()


async def test_a_file_that_nobody_understands_is_kept_apart_and_said(ftp: tuple[Server, Path], folder: Path) -> None:
    client = station(ftp)
    client.storbinary(f"STOR {name()}", io.BytesIO(b"<html>the proxy says hello</html>\n"))
    client.storbinary(f"STOR {name('20240908102000')}", io.BytesIO(b"x" * 70_000))
    client.close()
    async with listening(listener(folder)) as delivered:
        await eventually(lambda: names(folder) == ["refused"])
    assert {each.fault for each in delivered.samples} == {"file"}
    assert len(names(folder / "refused")) == 2


async def test_what_is_no_plain_file_is_left_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(text())
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name()).symlink_to(secret)
    os.mkfifo(folder / name("20240908102000"))
    (folder / name("20240908102500")).mkdir()
    (folder / "other_20240908101500.txt").write_text(text())
    (folder / name("20240908103000")).write_text(text("20240908103000"))
    async with listening(listener(folder)) as delivered:
        await eventually(lambda: names(folder / "done") == [name("20240908103000")])
    assert delivered.of("ph") == [(7.12, 15)]
    assert len(names(folder)) == 5


async def test_a_restart_between_disk_and_folder_delivers_again_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / name()).write_text(text())
    again = listener(tmp_path)
    async with listening(again) as delivered:
        await eventually(lambda: delivered.samples)
        await eventually(lambda: names(tmp_path) == ["done"])
    (tmp_path / "done" / name()).rename(tmp_path / name())  # as if the power was cut before the file was put away
    async with listening(listener(tmp_path)) as delivered:
        await eventually(lambda: delivered.of("ph") == [(7.12, 0)])


async def test_silence_and_a_folder_that_is_gone_are_said(tmp_path: Path) -> None:
    clock = ManualClock(YAGI_MS)
    async with listening(listener(tmp_path, clock, silent_s=600)) as delivered:
        await clock.advance(590)
        assert (delivered.lost, delivered.samples) == ("", [])
        await clock.advance(20)
        await eventually(lambda: delivered.lost == "silent")
        assert {each.fault for each in delivered.samples} == {"silent"}
    async with listening(listener(tmp_path / "unmounted")) as delivered:
        await eventually(lambda: delivered.lost == "folder")


async def test_what_was_kept_long_enough_goes(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    for old, days in ((name("20240101000000"), 61), (name("20240102000000"), 59)):
        (tmp_path / "done" / old).write_text("x")
        moment = YAGI_MS / 1000 - days * 86_400
        os.utime(tmp_path / "done" / old, (moment, moment))
    (tmp_path / name()).write_text(text())
    clock = ManualClock(YAGI_MS)
    async with listening(listener(tmp_path, clock)):
        await clock.advance(1)
    assert names(tmp_path / "done") == [name("20240102000000"), name()]
    (tmp_path / name("20240908102000")).write_text(text("20240908102000"))
    async with listening(listener(tmp_path, clock, keep_days=0)) as delivered:
        await clock.advance(1)
    assert delivered.of("ph") == [(7.12, 5)]
    assert names(tmp_path / "done") == [name("20240102000000"), name()]
    assert not (tmp_path / name("20240908102000")).exists()
