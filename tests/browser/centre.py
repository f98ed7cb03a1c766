"""Runs the sample province behind a real server on loopback, in a thread of its own, for the browser."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import uvicorn

from cloud.web.app import create_site
from device_profiles.clock import SystemClock
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_report import add_report

T = TypeVar("T")


@dataclass(frozen=True)
class RunningCentre:
    """A centre that answers at `url`; `call` runs something on its event loop and waits for it."""

    url: str
    centre: FakeCentre
    loop: asyncio.AbstractEventLoop

    def call(self, act: Callable[[FakeCentre], T]) -> T:
        """Does something to the centre where it lives."""

        async def on_the_loop() -> T:
            return act(self.centre)

        return asyncio.run_coroutine_threadsafe(on_the_loop(), self.loop).result(timeout=10)


@contextmanager
def running_centre(folder: Path) -> Iterator[RunningCentre]:
    """Starts it, hands it over, stops it."""
    listener = socket.create_server(("127.0.0.1", 0))
    started: list[RunningCentre] = []
    ready = threading.Event()
    centre = FakeCentre(folder, SystemClock(), cookie_secure=False)
    centre.prepare()
    add_report(centre, folder / "reports")
    server = uvicorn.Server(uvicorn.Config(create_site(centre), log_level="warning", lifespan="off"))

    async def serve() -> None:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started.append(RunningCentre(url, centre, asyncio.get_running_loop()))
        ready.set()
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="centre")
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the server did not start")
        yield started[0]
    finally:
        server.should_exit = True
        if started:
            started[0].loop.call_soon_threadsafe(centre.hub.close)
        thread.join(10)
        listener.close()
        centre.state.close()
