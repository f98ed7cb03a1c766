"""How one rule stands with one device, and how a column of readings moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from cloud.rules.ladder import IDLE, Level, Standing
from cloud.store.base import Columns


class Steps(Protocol):
    """What every kind of rule can do; pure."""

    @property
    def band(self) -> tuple[float, float]:
        """Values strictly between these two cannot change an idle standing."""

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading."""

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds."""

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that is kept of one rule and one device.

    `live` follows the readings in order. `owed`: the alarm was raised by old news, nobody has been told yet.
    `stirred` is the newest time at which a rule that is idle now was not. `at` is the time of a group, which never goes
    back, and `moved` when its level changed last.
    """

    kind: str
    levels: int
    live: Standing = IDLE
    owed: bool = False
    stirred: int = 0
    index: Standing = IDLE
    at: int = 0
    moved: int = 0

    @property
    def idle(self) -> bool:
        """True when only a value outside the rule's band can change anything."""
        return is_idle(self.live)


@dataclass(frozen=True, slots=True)
class Move:
    """A standing's level changed: when, from which to which, and the figure that did it."""

    at: int
    before: int
    after: int
    figure: float | None


def is_idle(standing: Standing) -> bool:
    """True when nothing is reached and nothing remembered."""
    return not (standing.since or standing.memory)


def good_readings(block: Columns, point: str) -> list[tuple[int, float]]:
    """Times and values of the good readings of a point; numbers only, true counts as 1."""
    marks = block.quality.get(point)
    doubtful = {position for position, _ in marks} if marks else ()
    return [
        (at, float(cell))
        for position, (at, cell) in enumerate(zip(block.times, block.points[point], strict=True))
        if cell is not None and not isinstance(cell, str) and position not in doubtful
    ]


def advance(kind: Steps, standing: Standing, readings: Sequence[tuple[int, float]]) -> tuple[Standing, list[Move]]:
    """The standing after these readings, and every change of level on the way."""
    moves: list[Move] = []
    for at, value in readings:
        then = kind.step(standing, at, value)
        if then.level != standing.level:
            moves.append(Move(at, standing.level, then.level, kind.measure(standing, at, value)))
        standing = then
    return standing, moves


def encode_course(course: Course) -> str:
    """The course as JSON text, for a RuleStateRow."""
    return msgspec.json.encode(course).decode()


def decode_course(text: str) -> Course:
    """The course in a RuleStateRow."""
    return msgspec.json.decode(text, type=Course)
