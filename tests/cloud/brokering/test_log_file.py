"""A log is followed over everything that happens to logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.brokering import log_file
from cloud.brokering.log_file import FULL, LogFile


def test_it_begins_at_the_end_and_gives_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("long ago\n")
    log = LogFile(path)
    assert log.new_lines() == []
    with path.open("a") as writer:
        writer.write("one\ntwo\nhal")
        writer.flush()
        assert log.new_lines() == ["one", "two"]
        writer.write("f\n\N{LINE SEPARATOR}still one line\n")
        writer.flush()
    assert log.new_lines() == ["half", "\N{LINE SEPARATOR}still one line"]


@pytest.mark.parametrize("how", ["emptied", "replaced"])
def test_a_log_that_somebody_else_turns_over_is_read_from_its_beginning(how: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a line of before\n")
    log = LogFile(path)
    log.new_lines()
    if how == "replaced":
        path.rename(tmp_path / "log.1")
    path.write_text("new\n")
    assert log.new_lines() == ["new"]


def test_it_is_emptied_before_it_grows_large_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    log = LogFile(path)
    log.new_lines()
    line = "x" * 1023
    count = FULL // 1024
    with path.open("a") as writer:
        writer.write(f"{line}\n" * count)
        writer.flush()
        seen = 0
        while lines := log.new_lines():
            seen += len(lines)
        assert seen == count
        assert path.stat().st_size == 0
        writer.write("after\n")
        writer.flush()
    assert log.new_lines() == ["after"]


def test_a_log_that_is_not_there_is_said_each_time_and_found_later(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = LogFile(path)
    with pytest.raises(OSError, match="log"):
        log.new_lines()
    path.write_text("first\n")
    assert log.new_lines() == ["first"]


def test_a_line_without_an_end_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    log = LogFile(path)
    log.new_lines()
    path.write_bytes(b"y" * (log_file.LONGEST_LINE + 1))
    assert log.new_lines() == []
    assert log._rest == b""
