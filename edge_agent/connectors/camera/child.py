"""The ffmpeg child: started, listened to, and killed without fail; no task, no thread, the newest picture only."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

from edge_agent.connector import LinkError
from edge_agent.connectors.camera.ffmpeg import fault_of, is_progress, packets_in

COMPLAINTS_KEPT = 12
COMPLAINT_CHARACTERS = 300
ENDING_S = 5.0  # after SIGKILL only a hanging disk keeps a process alive
ENVIRONMENT = {"LC_ALL": "C"}  # nothing of the agent's own, which may hold passwords

STDIN, STDOUT = 0, 1


def find_ffmpeg() -> str:
    """The system's ffmpeg, else the one of the package imageio-ffmpeg; LinkError when there is none."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # type: ignore[import-untyped]  # noqa: PLC0415 -- rarely needed

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise LinkError("missing", "no ffmpeg on this gateway: install it or the package imageio-ffmpeg") from error


class FfmpegChild(asyncio.SubprocessProtocol):
    """What the child has said so far."""

    def __init__(self, picture_bytes: int, *, redact: Callable[[str], str]) -> None:
        self.packets = 0  # of the camera, judged or not
        self.unread = 0  # pictures that were overtaken by newer ones before anybody looked
        self._picture_bytes = picture_bytes
        self._redact = redact
        self._partial = bytearray()
        self._picture = b""
        self._line = b""
        self._complaints: deque[str] = deque(maxlen=COMPLAINTS_KEPT)
        self._news = asyncio.Event()
        self._exited = asyncio.Event()
        self._closed = asyncio.Event()
        self._transport: asyncio.SubprocessTransport | None = None
        self._pidfd = -1

    @property
    def pid(self) -> int:
        """The child's process id; 0 before it runs."""
        return self._transport.get_pid() or 0 if self._transport else 0

    @property
    def ended(self) -> bool:
        """True when the child has gone."""
        return self._exited.is_set()

    def loss(self) -> LinkError:
        """Why it ended, in its own words but without user and password."""
        said = " / ".join(self._complaints)
        return LinkError(fault_of(said), said or "the stream ended")

    def tell(self, script: bytes) -> None:
        """Gives the child its script; nothing more can be said to it afterwards."""
        stdin = self._transport.get_pipe_transport(STDIN) if self._transport else None
        if isinstance(stdin, asyncio.WriteTransport):
            stdin.write(script)
            stdin.write_eof()

    async def news(self, within_s: float) -> None:
        """Returns when there is a new picture or count, when the child has ended, or when the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, within_s)):
                await self._news.wait()
        if not self.ended:
            self._news.clear()

    def take(self) -> bytes:
        """The newest picture that nobody has taken; empty when there is none."""
        picture, self._picture = self._picture, b""
        return picture

    async def end(self) -> None:
        """Kills the child and waits until it is gone."""
        with suppress(ProcessLookupError):
            if self._pidfd >= 0 and not self.ended:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)  # never hits a stranger with a reused number
        async with asyncio.timeout(ENDING_S):
            await self._exited.wait()
            if self._transport is not None:
                self._transport.close()
            await self._closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio calls this when the child runs."""
        self._transport = cast("asyncio.SubprocessTransport", transport)  # asyncio promises it for subprocess_exec
        with suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(self.pid)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """asyncio calls this with whatever the child writes."""
        if fd == STDOUT:
            self._hear_picture(data)
        else:
            self._hear_text(data)

    def process_exited(self) -> None:
        """asyncio calls this when the child is gone."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        self._exited.set()
        self._news.set()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this last, when child and pipes are gone."""
        self._closed.set()

    def _hear_picture(self, data: bytes) -> None:
        self._partial += data
        while len(self._partial) >= self._picture_bytes:
            self.unread += bool(self._picture)
            self._picture = bytes(self._partial[: self._picture_bytes])
            del self._partial[: self._picture_bytes]
            self._news.set()

    def _hear_text(self, data: bytes) -> None:
        *lines, rest = (self._line + data).split(b"\n")
        self._line = rest[-COMPLAINT_CHARACTERS:]
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            packets = packets_in(text)
            if packets is not None:
                self.packets = packets
                self._news.set()
            elif text and not is_progress(text):
                self._complaints.append(self._redact(text)[:COMPLAINT_CHARACTERS])


@asynccontextmanager
async def running(
    arguments: list[str], script: bytes, *, picture_bytes: int, redact: Callable[[str], str]
) -> AsyncIterator[FfmpegChild]:
    """A running child; it is gone when the block is left, whatever happens in it. The script goes to its stdin."""
    pipe = asyncio.subprocess.PIPE
    _, child = await asyncio.get_running_loop().subprocess_exec(
        lambda: FfmpegChild(picture_bytes, redact=redact),
        *arguments,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=ENVIRONMENT,
        start_new_session=True,  # Ctrl-C at the agent's terminal is the agent's business
    )
    try:
        child.tell(script)
        yield child
    finally:
        await child.end()
