"""Asks many addresses, some at once, and never faster than agreed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Pace:
    """Lets one through at a time, so many a second."""

    def __init__(self, per_s: float) -> None:
        self._gap_s = 1 / per_s
        self._next = 0.0

    async def turn(self) -> None:
        """Returns when it is the caller's turn."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._gap_s
        if mine > now:
            await asyncio.sleep(mine - now)


async def sweep(
    items: Sequence[T], ask: Callable[[T], Awaitable[R]], *, at_once: int
) -> AsyncGenerator[tuple[T, R], None]:
    """Each item with its answer, as they come; closing it ends all questions at once."""
    waiting = iter(items)
    answers: asyncio.Queue[tuple[T, R]] = asyncio.Queue(at_once)

    async def work() -> None:
        for item in waiting:  # shared: each worker takes the next one
            await answers.put((item, await ask(item)))

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work()) for _ in range(min(at_once, len(items)))]
        with suppress(GeneratorExit):  # the reader has left; a task group would make an error of it
            for _ in items:
                yield await answers.get()
        for worker in workers:
            worker.cancel()


async def is_open(host: str, port: int, *, timeout_s: float) -> bool:
    """Whether somebody listens there; the connection is closed at once."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
