"""The bytes of a stream as lines: octet counting and line feeds, told apart frame by frame (RFC 6587); pure.

```
 "57 <34>1 2024-09-08T..."   a digit begins: so many bytes follow the space      RFC 5425, RFC 6587 3.4.1
 "<34>Sep  8 10:15:00 ...\\n" anything else: up to the line feed (or a zero byte)  RFC 6587 3.4.2
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LENGTH = re.compile(rb"([1-9][0-9]{0,8}) ")
LONGEST_LENGTH = 10  # digits and the space
ENDS = re.compile(rb"[\n\0]")


class Frames:
    """Cuts a stream into lines of at most `max_bytes`; what is beyond that is dropped, and counted in `cut`."""

    def __init__(self, max_bytes: int) -> None:
        self.cut = 0
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._skip = 0  # bytes of a counted frame that are not wanted any more
        self._to_line_end = False  # the rest of a line that was too long is not wanted

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are whole now; the buffer never holds more than one frame and what came with its end."""
        self._buffer += data
        while (line := self._next()) is not None:
            if line:
                yield line

    def _next(self) -> bytes | None:
        """The next line, empty when there was nothing in it; None when more bytes are needed."""
        if self._skip:
            return self._skipped()
        if self._to_line_end:
            return self._rest_dropped()
        if not self._buffer:
            return None
        if self._buffer[:1].isdigit():
            if length := LENGTH.match(self._buffer):
                return self._counted(int(length[1]), length.end())
            if len(self._buffer) < LONGEST_LENGTH and self._buffer.isdigit():
                return None  # the rest of the number is on its way
        return self._ended()

    def _counted(self, length: int, begin: int) -> bytes | None:
        wanted = min(length, self._max_bytes)
        if len(self._buffer) < begin + wanted:
            return None
        line = bytes(self._buffer[begin : begin + wanted])
        del self._buffer[: begin + wanted]
        if length > wanted:
            self.cut += 1
            self._skip = length - wanted
        return line.rstrip(b"\r\n\0")

    def _ended(self) -> bytes | None:
        end = ENDS.search(self._buffer)
        if end is None:
            if len(self._buffer) <= self._max_bytes:
                return None
            self._to_line_end = True
        place = min(end.start() if end else self._max_bytes, self._max_bytes)
        line = bytes(self._buffer[:place])
        del self._buffer[: end.end() if end else place]
        if end is None or end.start() > place:
            self.cut += 1
        return line.rstrip(b"\r")

    def _skipped(self) -> bytes | None:
        gone = min(self._skip, len(self._buffer))
        del self._buffer[:gone]
        self._skip -= gone
        return None if self._skip else b""

    def _rest_dropped(self) -> bytes | None:
        end = ENDS.search(self._buffer)
        if end is None:
            self._buffer.clear()
            return None
        del self._buffer[: end.end()]
        self._to_line_end = False
        return b""
