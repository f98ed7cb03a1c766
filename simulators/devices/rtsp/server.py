"""The RTSP server of one simulated camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeAlias

from simulators.devices.rtsp.faults import CameraFaults

Signal: TypeAlias = Callable[[float], Mapping[str, float | int | bool]]


class RtspCamera:
    """`async with RtspCamera(...) as camera: camera.url`; `signal` may give `water` and `daylight`, both 0..1."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str = "",
        password: str = "",
        frames_per_s: float = 5.0,
        seed: int = 1,
        signal: Signal | None = None,
    ) -> None:
        self.faults = CameraFaults()
        self._host = host
        self._port = port
        self._username = username
        self._password = password
        self._frames_per_s = frames_per_s
        self._seed = seed
        self._signal = signal

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """Its address, without user and password."""
        return f"rtsp://{self._host}:{self.port}/live"

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError
