"""Starts GStreamer's RTSP server for a test and tells its pictures what to do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ServerError

SYSTEM_PYTHON = "/usr/bin/python3"  # it alone has Debian's GObject bindings
CURE = (
    "GStreamer's RTSP server is missing: run `make test` as root or `apt-get install python3-gi"
    " gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly`"
)
START_WITHIN_S = 30.0


@dataclass(slots=True)
class RtspServer:
    """One server process with its mounts."""

    process: asyncio.subprocess.Process
    port: int

    def url(self, mount: str) -> str:
        """Where a mount is watched."""
        return f"rtsp://127.0.0.1:{self.port}/{mount}"

    async def show(self, mount: str, what: str) -> None:
        """Changes the picture of a mount that is being watched: live, freeze, black, turned, white."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{mount} {what}\n".encode())
        await self.process.stdin.drain()

    def pause(self) -> None:
        """The port accepts and nothing answers: a half-open connection."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()


@asynccontextmanager
async def gst_server(
    mounts: Sequence[str],
    *,
    login: tuple[str, str] | None = None,
    size: tuple[int, int] = (640, 360),
    frames_per_s: int = 5,
) -> AsyncIterator[RtspServer]:
    """A running server; ServerError says how to mend a missing one."""
    script = Path(__file__).with_name("gst_server.py")
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            SYSTEM_PYTHON, str(script), stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise ServerError(CURE) from error
    assert process.stdin is not None
    assert process.stdout is not None
    wanted = {"mounts": list(mounts), "login": login, "size": size, "frames_per_s": frames_per_s}
    try:
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        async with asyncio.timeout(START_WITHIN_S):
            port = await process.stdout.readline()
        if not port:
            raise ServerError(CURE)
        yield RtspServer(process, int(port))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
