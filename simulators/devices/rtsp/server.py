"""The RTSP server of one simulated camera: one JPEG stream over TCP, log-in, and the faults of its switches."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self, TypeAlias

from simulators.devices.rtsp.faults import CameraFaults
from simulators.devices.rtsp.jpeg_rtp import (
    JPEG_PAYLOAD_TYPE,
    OTHER_PAYLOAD_TYPE,
    Stamp,
    interleaved,
    packets_of,
    take_apart,
)
from simulators.devices.rtsp.messages import Request, RequestError, answer, challenge, is_logged_in, take
from simulators.devices.rtsp.scene import Look
from simulators.devices.rtsp.scenes import SceneName, scene_of
from simulators.devices.rtsp.session import Session

Signal: TypeAlias = Callable[[float], Mapping[str, float | int | bool]]

SLOW_FRAMES_PER_S = 0.2
RTP_CLOCK_HZ = 90_000
CLOSING_S = 5.0


class RtspCamera:
    """`async with RtspCamera(...) as camera: camera.url`; `signal` may give `water` and `daylight`, both 0..1."""

    def __init__(  # noqa: PLR0913 -- each is one property of the camera, by name
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str = "",
        password: str = "",
        scheme: Literal["basic", "digest"] = "digest",
        frames_per_s: float = 5.0,
        seed: int = 1,
        scene: SceneName = "river",
        signal: Signal | None = None,
    ) -> None:
        self.faults = CameraFaults()
        self.requests: Counter[str] = Counter()  # answered, by method
        self.refused = 0  # requests answered with 401
        self.frames_sent = 0
        self._host = host
        self._port = port
        self._login = (username, password)
        self._scheme = scheme
        self._frames_per_s = frames_per_s
        self._scene = scene_of(scene, seed)
        self._signal = signal
        self._nonce = secrets.token_hex(16)
        self._started = 0.0
        self._last_jpeg = b""
        self._open: set[asyncio.StreamWriter] = set()
        self._all_closed = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """Its address, without user and password."""
        return f"rtsp://{self._host}:{self.port}/live"

    @property
    def connections(self) -> int:
        """How many TCP connections are open."""
        return len(self._open)

    async def __aenter__(self) -> Self:
        self._started = time.monotonic()
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self._all_closed.clear()
        for writer in self._open:
            writer.transport.abort()
        if self._open:
            async with asyncio.timeout(CLOSING_S):
                await self._all_closed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._talk(Session(), reader, writer)
        except (ConnectionError, RequestError):
            writer.transport.abort()  # the other side went away, or does not speak RTSP
        finally:
            self._open.discard(writer)
            writer.close()
            if not self._open:
                self._all_closed.set()

    async def _talk(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers requests as they come and sends a picture whenever one is due."""
        buffer = b""
        while not self.faults.cut and not session.ended:
            try:
                async with asyncio.timeout(max(0.0, session.next_look - time.monotonic())):
                    received = await reader.read(4096)
            except TimeoutError:
                session.next_look = max(time.monotonic(), session.next_look + 1 / self._frames_per_s)  # without drift
                await self._show(session, writer)
                continue
            if not received:
                return
            buffer += received
            if self.faults.silent:
                continue
            buffer = self._hear(session, buffer, writer)
            await writer.drain()

    def _hear(self, session: Session, buffer: bytes, writer: asyncio.StreamWriter) -> bytes:
        """Answers every whole request in the buffer and returns the rest."""
        request, rest = take(buffer)
        while request is not None:
            writer.write(self._answer(session, request))
            request, rest = take(rest)
        return rest

    def _answer(self, session: Session, request: Request) -> bytes:
        if request.method != "OPTIONS" and not self._admits(request):
            self.refused += 1
            return answer(request, 401, {"WWW-Authenticate": challenge(self._scheme, self._nonce)})
        self.requests[request.method] += 1
        return session.answer(request, url=self.url, frames_per_s=self._frames_per_s)

    def _admits(self, request: Request) -> bool:
        username, password = self._login
        if self.faults.wrong_password:
            password = secrets.token_hex(16)
        elif not username:
            return True
        return is_logged_in(request, scheme=self._scheme, nonce=self._nonce, username=username, password=password)

    async def _show(self, session: Session, writer: asyncio.StreamWriter) -> None:
        """Sends the picture of this moment."""
        if not session.playing or self.faults.silent or not self._is_due(session):
            return
        at_s = time.monotonic() - self._started
        if not (self.faults.freeze and self._last_jpeg):
            self._last_jpeg = self._scene.jpeg(self._look(at_s))
        codec = OTHER_PAYLOAD_TYPE if self.faults.other_codec else JPEG_PAYLOAD_TYPE
        stamp = Stamp(session.sequence, round(at_s * RTP_CLOCK_HZ), session.source, codec)
        packets = packets_of(take_apart(self._last_jpeg), stamp)
        session.sequence += len(packets)
        session.last_sent = time.monotonic()
        writer.write(b"".join(interleaved(packet, 0) for packet in packets))
        self.frames_sent += 1
        await writer.drain()

    def _is_due(self, session: Session) -> bool:
        return not self.faults.slow or time.monotonic() - session.last_sent >= 1 / SLOW_FRAMES_PER_S

    def _look(self, at_s: float) -> Look:
        values = self._signal(at_s) if self._signal else {}
        return Look(
            at_s=at_s,
            water=float(values.get("water", 0.5)),
            daylight=float(values.get("daylight", 1.0)),
            turned=self.faults.turned,
            black=self.faults.black,
            blurred=self.faults.blurred,
            small=self.faults.small,
        )
