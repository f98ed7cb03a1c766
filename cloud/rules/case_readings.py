"""The readings of a case: how a test file writes them down, and the stream that becomes of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from device_profiles.schema import Identifier, Key, Strict
from device_profiles.wire.messages import Cell

MINUTE_MS = 60_000
GAP = "gap"
QUALITY = re.compile(r"(uncertain|bad):[a-zA-Z0-9_]+")
MAX_ROWS = 100_000

Word = float | bool | str


@dataclass(frozen=True, slots=True)
class Origin:
    """What readings are of; an empty profile or point is the rule's own."""

    site: str
    gateway: str
    device: str
    profile: str = ""
    point: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a case; `quality` "" is good, and a bad one has no value. Times in ms since 1970 UTC."""

    at: int
    received_at: int
    origin: Origin
    value: Cell
    quality: str = ""


def _sound_reading(words: tuple[Word, ...]) -> tuple[Word, ...]:
    if not 2 <= len(words) <= 3:
        raise ValueError("a reading is [time, value] or [time, value, quality]")
    time, value, *quality = words
    if isinstance(time, bool) or (isinstance(time, str) and not is_date(time)):
        raise ValueError(f"{time} is neither a number of minutes nor a date and time with its offset")
    if isinstance(value, str) and value != GAP and not value.startswith("bad:"):
        raise ValueError(f'{value!r} is neither a value nor "gap" nor "bad:..."')
    for code in [*quality, *([value] if isinstance(value, str) and value != GAP else [])]:
        if not isinstance(code, str) or not QUALITY.fullmatch(code):
            raise ValueError(f"{code!r} is no quality code such as uncertain:rate or bad:timeout")
    return words


Drawn = tuple[Annotated[tuple[Word, ...], AfterValidator(_sound_reading)], ...]


class Row(Strict):
    """A reading in full, for what the short form does not say."""

    at: float = Field(description="Minute at which it was observed.")
    arrives: float | None = Field(None, description="Minute at which it arrives; left out = at once.")
    site: Identifier | None = Field(None, description="Site; left out = the case's.")
    gateway: Identifier | None = Field(None, description="Gateway; left out = the case's.")
    device: Identifier = Field("device-1", description="Which device.")
    profile: Key | None = Field(None, description="Profile of the device; left out = the case's.")
    point: Key | None = Field(None, description="Point; left out = the case's.")
    value: float | bool | None = Field(None, description="Value; left out when the quality is bad.")
    quality: str = Field("", pattern=r"^$|^(uncertain|bad):[a-zA-Z0-9_]+$", description="Quality code; empty = good.")


class Series(Strict):
    """Readings in short form of devices that are not the case's own, or of another point."""

    devices: tuple[Identifier, ...] = Field(
        (), max_length=1000, description="All read the same; left out = the case's."
    )
    site: Identifier | None = Field(None, description="Site; left out = the case's.")
    gateway: Identifier | None = Field(None, description="Gateway; left out = the case's.")
    profile: Key | None = Field(None, description="Profile of the devices; left out = the case's.")
    point: Key | None = Field(None, description="Point; left out = the case's.")
    every: float | None = Field(None, gt=0, description="Readings stand so many minutes apart, on a straight line.")
    readings: Drawn = Field(min_length=1, max_length=MAX_ROWS, description="[time, value] or [time, value, quality].")


@dataclass(frozen=True, slots=True)
class Line:
    """Readings in short form, on the clock of a case whose minute 0 is `begin`."""

    readings: Sequence[tuple[Word, ...]]
    every: float | None
    begin: int

    def span(self) -> float:
        """How many minutes they cover."""
        minutes = [self._minute(words[0]) for words in self.readings] or [0]
        return max(minutes) - min(minutes)

    def drawn(self) -> int:
        """How many readings the lines between them add, about."""
        return math.ceil(self.span() / self.every) if self.every is not None else 0

    def stream(self, origin: Origin) -> Iterator[Reading]:
        """The readings, with those on the straight lines between them; a gap has none."""
        for words in self._filled():
            at, value = self._moment(words[0]), words[1]
            if isinstance(value, str):
                yield Reading(at, at, origin, None, value)
            else:
                yield Reading(at, at, origin, value, str(words[2]) if len(words) == 3 else "")

    def _filled(self) -> Iterator[tuple[Word, ...]]:
        for words, following in pairwise([*self.readings, ()]):
            if words[1] != GAP:
                yield words
                if following and self.every is not None:
                    yield from self._between(words, following)

    def _between(self, words: tuple[Word, ...], following: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
        """Readings at whole steps since minute 0, up to the following one; truths and doubts go on as they are."""
        begin, end = self._minute(words[0]), self._minute(following[0])
        step = self.every or math.inf
        for number in range(math.floor(begin / step) + 1, math.ceil(end / step)):
            minute = number * step
            yield (minute, _on_line(words[1], following[1], (minute - begin) / (end - begin)), *words[2:])

    def _minute(self, time: Word) -> float:
        return (self._moment(time) - self.begin) / MINUTE_MS

    def _moment(self, time: Word) -> int:
        if isinstance(time, str):
            return round(datetime.fromisoformat(time).timestamp() * 1000)
        return self.begin + round(time * MINUTE_MS)


def is_date(text: str) -> bool:
    """True for a date and time with its offset."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _on_line(first: Word, second: Word, part: float) -> Word:
    """A value between two; three digits behind the comma, as gauges have them."""
    if isinstance(first, float | int) and not isinstance(first, bool) and isinstance(second, float | int):
        return round(first + (second - first) * part, 3)
    return first
