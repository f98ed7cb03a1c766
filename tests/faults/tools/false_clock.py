"""A wall clock that a test sets while programs run: libfaketime in front of them. The monotonic clock stays true."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.tools.warm import Starter, warm_starter
from tests.servers import ServerError

MISSING = "libfaketime is missing: apt-get install faketime"


@dataclass(frozen=True, slots=True)
class FalseClock:
    """Starts programs whose wall clock is wrong by what was set last."""

    starter: Starter
    file: Path

    def set(self, by_s: float) -> None:
        """From now on the wall clock is wrong by so much; in one step, as an operator or NTP sets it."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{by_s:+f}\n")
        os.replace(new, self.file)


@contextmanager
def false_clock(folder: Path) -> Iterator[FalseClock]:
    """A warm interpreter in a world of its own time; ServerError when libfaketime is not there."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise ServerError(MISSING)
    file = folder / "faketimerc"
    file.write_text("+0\n")
    world = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",  # steps and wrong times are of the wall clock; timers go on
    }
    with warm_starter(world) as starter:
        yield FalseClock(starter, file)
