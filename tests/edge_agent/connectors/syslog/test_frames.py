"""Streams of log lines: both framings, cut anywhere, never larger than allowed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connectors.syslog.frames import Frames

LINE = b"<34>1 2024-09-08T10:15:00Z fw-01 sshd 212 - - Failed password"
COUNTED = b"%d %s" % (len(LINE), LINE)


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (LINE + b"\n", [LINE]),
        (LINE + b"\r\n<30>two\n", [LINE, b"<30>two"]),
        (LINE + b"\0", [LINE]),
        (COUNTED + COUNTED, [LINE, LINE]),
        (COUNTED + b"<30>two\n" + COUNTED, [LINE, b"<30>two", LINE]),
        (b"8 two\nline<30>x\n", [b"two\nline", b"<30>x"]),
        (b"\n\n\n<30>x\n", [b"<30>x"]),
        (b"7 half", []),
        (b"2024-09-08 no count, no header\n", [b"2024-09-08 no count, no header"]),
    ],
    ids=["line feed", "two lines", "zero byte", "counted", "mixed", "line feed inside", "empty lines", "half", "bare"],
)
def test_a_stream_becomes_lines_however_it_is_cut(stream: bytes, lines: list[bytes]) -> None:
    assert list(Frames(1000).feed(stream)) == lines
    slowly = Frames(1000)
    assert [line for byte in stream for line in slowly.feed(bytes([byte]))] == lines


def test_what_is_too_long_is_cut_and_the_next_line_is_whole() -> None:
    frames = Frames(10)
    assert list(frames.feed(b"a" * 25 + b"\n<30>next\n")) == [b"a" * 10, b"<30>next"]
    assert list(frames.feed(b"25 " + b"b" * 25 + b"8 <30>next")) == [b"b" * 10, b"<30>next"]
    assert frames.cut == 2


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60)), st.integers(1, 20))
def test_nothing_that_arrives_stops_the_reading_or_fills_the_memory(pieces: list[bytes], most: int) -> None:
    frames = Frames(most)
    lines = [line for piece in pieces for line in frames.feed(piece)]
    assert all(0 < len(line) <= most for line in lines)
    assert len(frames._buffer) <= most + 10  # a number that announces a frame, and the frame


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda line: line == line.rstrip(b"\r\n\0")), max_size=8))
def test_counted_lines_come_out_as_they_went_in(lines: list[bytes]) -> None:
    stream = b"".join(b"%d %s" % (len(line), line) for line in lines)
    assert list(Frames(100).feed(stream)) == lines
