"""How the program lives: the web server as we want it, and one centre from its start to a signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

import uvicorn

from cloud.api.deadline import prompt_protocol

STOP_S = 3  # open requests get so long; the whole stop stays below 5 s


class Living(Protocol):
    """A centre, as whoever starts it sees it."""

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set."""

    async def reload_rules(self) -> None:
        """Reads people, regulation and rules again."""


def web_server(site: Callable[..., Any], *, within_s: float) -> uvicorn.Server:
    """Serves API and pages; a request that takes longer than this to arrive is ended."""
    return uvicorn.Server(
        uvicorn.Config(
            site,
            http=prompt_protocol(within_s),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_S,
        )
    )


async def serve(centre: Living) -> None:
    """One centre until SIGTERM or SIGINT; SIGHUP reads the rules again."""
    stop, reload = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    async with asyncio.TaskGroup() as group:
        reloading = group.create_task(_reload_when(reload, centre))
        await centre.run(stop)
        reloading.cancel()


async def _reload_when(asked: asyncio.Event, centre: Living) -> NoReturn:
    while True:
        await asked.wait()
        asked.clear()
        await centre.reload_rules()
