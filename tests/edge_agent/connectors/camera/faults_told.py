"""Five cameras on GStreamer's server, each with a fault of its own at the same time, and how soon each is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from device_profiles.clock import SystemClock
from edge_agent.connector import LinkError, Scalar
from edge_agent.connectors.camera.connector import Camera
from tests.edge_agent.connectors.camera.gstreamer import RtspServer, gst_server
from tests.edge_agent.connectors.camera.watching import Heard, camera_of

AGAIN_S = 0.2  # until the next attempt
TOLD: dict[str, dict[str, Scalar]] = {
    "freeze": {"frozen": True},
    "black": {"black": True},
    "turned": {"moved": True},
    "cut": {"online": False},
    "half_open": {"online": False},
}


async def seconds_until_told(folder: Path, names: Sequence[str] = (*TOLD,), **settings: Any) -> dict[str, float]:
    """Fault -> seconds from its beginning until it was delivered; all of these at the same time."""
    async with AsyncExitStack() as stack:
        servers = {name: await stack.enter_async_context(gst_server([name])) for name in names}
        heard = {
            name: await stack.enter_async_context(kept_watched(camera_of(server.url(name), folder / name, **settings)))
            for name, server in servers.items()
        }
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(_measured(name, servers[name], heard[name])) for name in names}
        return {name: task.result() for name, task in tasks.items()}


@asynccontextmanager
async def kept_watched(camera: Camera) -> AsyncIterator[Heard]:
    """The connector runs, and runs again when the camera is lost, as under the supervisor."""
    heard = Heard()

    async def run() -> None:
        while True:
            with suppress(LinkError):
                await camera.listen(heard.deliver)
            await asyncio.sleep(AGAIN_S)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run())
        yield heard
        task.cancel()


async def _measured(name: str, server: RtspServer, heard: Heard) -> float:
    await heard.row_with(online=True, moved=False, black=False)  # it knows its place
    clock = SystemClock()
    began, rows = clock.monotonic(), len(heard.rows)  # a fault may be told before the server says that it is there
    if name == "cut":
        server.kill()
    elif name == "half_open":
        server.pause()
    else:
        await server.show(name, name)
    await heard.row_with(begin=rows, **TOLD[name])  # type: ignore[arg-type]
    return clock.monotonic() - began
