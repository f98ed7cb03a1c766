"""Waits for the first of several things to happen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

CANCEL_AGAIN_S = 0.5


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Returns when one of the works has ended; the others are cancelled. The first error of any of them comes out."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await ended(tasks)
    except BaseExceptionGroup as errors:
        raise first_error(errors) from errors


async def ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancels these tasks until they have ended: a library may swallow a cancellation and go on."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_AGAIN_S)


def first_error(error: BaseException) -> BaseException:
    """The first error inside a group, at any depth."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
