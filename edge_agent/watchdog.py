"""Ends the program when its event loop stands still, so that whoever started it starts it again (F15)."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

log = logging.getLogger(__name__)

STUCK = 70  # exit code, EX_SOFTWARE of sysexits.h
BEATS = 12  # so often in a row the loop has to miss
TELL_WITHIN_S = 2.0  # the loop may stand still because nobody takes the log
FRAMES = 4  # of where it stands, the innermost first


@contextmanager
def watched(*, within_s: float) -> Iterator[None]:
    """The running loop has to turn within so many seconds, as long as this block lasts."""
    over = threading.Event()
    parts = asyncio.get_running_loop(), over, within_s, threading.get_ident()
    threading.Thread(target=_watch, args=parts, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(loop: asyncio.AbstractEventLoop, over: threading.Event, within_s: float, watched_thread: int) -> None:
    """Counts its own beats, not the time: a program that was stopped or suspended as a whole has missed one at most."""
    turned, missed = threading.Event(), 0
    while missed < BEATS:
        turned.clear()
        with suppress(RuntimeError):  # closed: the block has ended, too
            loop.call_soon_threadsafe(turned.set)
        if over.wait(within_s / BEATS):
            return
        missed = 0 if turned.is_set() else missed + 1
    facts = {"for_s": within_s, "in": _place(watched_thread)}
    telling = threading.Thread(target=lambda: log.critical("event loop stands still", extra=facts), daemon=True)
    telling.start()
    telling.join(TELL_WITHIN_S)
    os._exit(STUCK)  # nothing else ends a thread that stands; what was accepted is on disk


def _place(watched_thread: int) -> str:
    stack = traceback.extract_stack(sys._current_frames()[watched_thread])
    return " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(stack[-FRAMES:]))
