"""How tests wait for something to become true: with a deadline, and never longer than needed."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 0.02
PATIENCE_S = 20.0  # nobody waits so long but for something that never comes: the machine may do other things too


async def eventually(
    condition: Callable[[], T | Awaitable[T]], within_s: float = PATIENCE_S, *, every_s: float = LOOK_EVERY_S
) -> T:
    """The first true value of a condition (a plain or an async function); TimeoutError names it after the deadline."""
    deadline = time.monotonic() + within_s
    while True:
        seen = condition()
        value: T = await seen if inspect.isawaitable(seen) else seen
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s} s: {_name(condition)}, last {value!r}")
        await asyncio.sleep(every_s)


def until(condition: Callable[[], T], within_s: float = PATIENCE_S) -> T:
    """The same for code without an event loop."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s} s: {_name(condition)}, last {value!r}")
        pause.wait(LOOK_EVERY_S)
    return value


def _name(condition: Callable[..., object]) -> str:
    """The source line of a lambda says more than its name."""
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
