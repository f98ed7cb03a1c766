"""A camera connector at work, and what it delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import Happening, LinkError, Observation, Sample, Scalar
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.connector import Camera, build_camera

DEVICE = "cam-1"
PATIENCE_S = 90.0  # of a test, on a machine that does many other things
QUICK_SIGHT = {"frozen_after_s": 2, "hold_s": 0.5, "learn_s": 1.5}


class Heard:
    """Everything that was delivered; tests wait on it."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Scalar | str | None]] = []  # per delivery: point -> value, or its fault
        self.events: list[Happening] = []
        self.lost: LinkError | None = None
        self._changed = asyncio.Condition()

    async def deliver(self, observations: Sequence[Observation]) -> None:
        async with self._changed:
            samples = [one for one in observations if isinstance(one, Sample)]
            self.rows.append({one.point: one.fault or one.value for one in samples})
            self.events += [one for one in observations if isinstance(one, Happening)]
            self._changed.notify_all()

    async def lose(self, error: LinkError) -> None:
        async with self._changed:
            self.lost = error
            self._changed.notify_all()

    async def until(self, condition: Callable[[Heard], bool], within_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def row_with(
        self, within_s: float = PATIENCE_S, *, begin: int | None = None, **values: Scalar
    ) -> dict[str, Scalar | str | None]:
        """The first row with these values from now on, or from the row of this number on."""
        begin = len(self.rows) if begin is None else begin
        await self.until(lambda heard: any(_has(row, values) for row in heard.rows[begin:]), within_s)
        return next(row for row in self.rows[begin:] if _has(row, values))

    def kinds(self) -> list[str]:
        """What happened, in order, without motion."""
        return [event.kind for event in self.events if event.kind != "motion"]


def _has(row: dict[str, Scalar | str | None], values: dict[str, Scalar]) -> bool:
    return all(row.get(point) == value for point, value in values.items())


@asynccontextmanager
async def watching(camera: Camera) -> AsyncIterator[Heard]:
    """The connector runs until the block is left or the camera is lost."""
    heard = Heard()

    async def run() -> None:
        try:
            await camera.listen(heard.deliver)
        except LinkError as error:
            await heard.lose(error)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run())
        yield heard
        task.cancel()


def camera_of(url: str, folder: Path, *, profile: DeviceProfile | None = None, **settings: object) -> Camera:
    """A connector that decides quickly unless told otherwise."""
    usual = {"sight": QUICK_SIGHT, "cooldown_s": 0, "snapshots": {"purpose": "Giữ gìn trật tự tại cầu"}}
    connection = CameraConnection.model_validate({"url": url, **usual, **settings})
    return build_camera(DEVICE, connection, profile or ip_camera(), snapshots=folder, clock=SystemClock())


def ip_camera() -> DeviceProfile:
    return load_catalogue()["ip_camera"]


def ffmpeg_children() -> list[psutil.Process]:
    """The ffmpeg processes that this process has started and that still run."""
    return [child for child in psutil.Process().children(recursive=True) if _is_ffmpeg(child)]


def _is_ffmpeg(child: psutil.Process) -> bool:
    try:
        return "ffmpeg" in child.name() and child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
