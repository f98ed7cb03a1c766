"""An exercise (diễn tập): its table in the programs' files, and the folder that gives its programs one time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from device_profiles.clock import Clock, Pace, ScaledClock, SystemClock, machine_at
from device_profiles.schema import Identifier, Strict

PACE = "pace.json"
LOOK_S = 0.1  # real seconds between two looks at the pace
AHEAD_S = 0.5  # a new pace begins so much later, so that every program knows it in time
SPEED = 3600.0  # an hour of the story in a second: beyond it a blink of the network is a lost afternoon
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANY_SPEED = Field(ge=0, le=SPEED)

_PACES: TypeAdapter[tuple[Pace, ...]] = TypeAdapter(tuple[Pace, ...])


class ExerciseConfig(Strict):
    """Makes a program part of an exercise: its time is the story's, and nothing of it may reach anybody outside."""

    name: Identifier = Field(description="Which exercise, such as `yagi_2024`; it stands on everything that is shown.")
    begin: AwareDatetime = Field(description="When the story begins, with its offset: 2024-09-07T00:00:00+07:00.")
    speed: Annotated[float, ANY_SPEED] = Field(
        1.0, description="Seconds of the story in a real second until `folder` says otherwise; 0 = it waits."
    )
    folder: Path = Field(description="Folder that all programs of the exercise share, on one machine.")

    @property
    def begin_ms(self) -> int:
        """When the story begins, in ms since 1970 UTC."""
        return round(self.begin.astimezone(UTC).timestamp() * 1000)

    def clock(self) -> ScaledClock:
        """The exercise's clock, at the pace that holds now."""
        clock = ScaledClock(self.begin_ms, self.speed)
        clock.follow(read_paces(self.folder))
        return clock


def read_paces(folder: Path) -> tuple[Pace, ...]:
    """Every pace that was set, oldest first; none when nobody has set one, or the file is no list of paces."""
    try:
        return _PACES.validate_json((folder / PACE).read_bytes())
    except (OSError, ValidationError):
        return ()


def write_paces(folder: Path, paces: Sequence[Pace]) -> None:
    """Replaces the paces, as a whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=folder, prefix=PACE)
    with os.fdopen(number, "wb") as file:
        file.write(_PACES.dump_json(tuple(paces)))
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(folder / PACE)


def set_speed(folder: Path, speed: float, *, end_s: float | None = None, machine: Clock | None = None) -> Pace:
    """Lets the story run so fast from a moment ahead on, until `end_s` of it are over, and says from when."""
    now = (machine or SystemClock()).monotonic()
    paces = [pace for pace in read_paces(folder) if pace.since_s <= now]
    since_s = now + AHEAD_S if paces else now
    pace = Pace(since_s, paces[-1].elapsed_at(since_s) if paces else 0.0, speed)
    ends_at = machine_at([pace], end_s) if end_s is not None else None
    end = [Pace(ends_at, end_s, 0.0)] if ends_at is not None and end_s is not None else []
    write_paces(folder, [*paces, pace, *end])
    return pace


class PaceFollower:
    """Keeps a clock at the pace that the exercise's folder says."""

    def __init__(self, clock: ScaledClock, folder: Path, *, machine: Clock | None = None) -> None:
        self._clock = clock
        self._folder = folder
        self._machine: Clock = machine or SystemClock()
        self._seen = -1

    def _look(self) -> None:
        stamp = _stamp(self._folder / PACE)
        if stamp != self._seen:
            self._seen = stamp
            self._clock.follow(read_paces(self._folder))

    async def run(self) -> NoReturn:
        """Looks for ever: a few hundred bytes. A program that stops does so in real time, also in a pause."""
        try:
            while True:
                self._look()
                await self._machine.sleep(LOOK_S)
        finally:
            self._clock.follow([Pace(self._machine.monotonic(), self._clock.monotonic(), 1.0)])


def _stamp(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def is_here(host: str) -> bool:
    """Whether an address is on this machine: an exercise has a broker of its own, never the province's."""
    return host in LOOPBACK
