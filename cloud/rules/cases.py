"""What a rule's test file says: cases of readings and times, and the alarms that they must make."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from device_profiles.schema import Identifier, Key, Strict
from device_profiles.wire.messages import Cell

MINUTE_MS = 60_000
BEGIN = 1_725_797_600_000 - 1_725_797_600_000 % 3_600_000  # any full hour will do
VIETNAM = timezone(timedelta(hours=7))
GAP = "gap"
QUALITY = re.compile(r"(uncertain|bad):[a-zA-Z0-9_]+")
EXPECTED = re.compile(r"(?P<at>\S+) (?P<what>raised|escalated|eased|cleared|missed)( .+)?")
DATE = "%Y-%m-%dT%H:%M"
MAX_ROWS = 100_000

Word = float | bool | str


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a case; `quality` "" is good, and a bad one has no value. Times in ms since 1970 UTC."""

    at: int
    received_at: int
    device: str
    point: str
    value: Cell
    quality: str = ""


def _sound_reading(words: tuple[Word, ...]) -> tuple[Word, ...]:
    if not 2 <= len(words) <= 3:
        raise ValueError("a reading is [time, value] or [time, value, quality]")
    time, value, *quality = words
    if isinstance(time, bool) or (isinstance(time, str) and not _is_date(time)):
        raise ValueError(f"{time} is neither a number of minutes nor a date and time with its offset")
    if isinstance(value, str) and value != GAP and not value.startswith("bad:"):
        raise ValueError(f'{value!r} is neither a value nor "gap" nor "bad:..."')
    for code in [*quality, *([value] if isinstance(value, str) and value != GAP else [])]:
        if not isinstance(code, str) or not QUALITY.fullmatch(code):
            raise ValueError(f"{code!r} is no quality code such as uncertain:rate or bad:timeout")
    return words


def _sound_expectation(line: str) -> str:
    found = EXPECTED.fullmatch(line)
    if found is None or not (_is_number(found["at"]) or _is_date(found["at"] + ":00+07:00")):
        raise ValueError(f'{line!r} is not "time raised|escalated|eased|cleared|missed level"')
    return line


class Row(Strict):
    """A reading in full, for what the short form does not say."""

    at: float = Field(description="Minute at which it was observed.")
    arrives: float | None = Field(None, description="Minute at which it arrives; left out = at once.")
    device: Identifier = Field("device-1", description="Which device.")
    point: Key | None = Field(None, description="Point; left out = the case's.")
    value: float | bool | None = Field(None, description="Value; left out when the quality is bad.")
    quality: str = Field("", pattern=r"^$|^(uncertain|bad):[a-zA-Z0-9_]+$", description="Quality code; empty = good.")


class Case(Strict):
    """One story and its alarms."""

    name: Key = Field(description="What it shows.")
    source: str = Field("", description="Where the figures come from; what is assumed is said, too.")
    site: Identifier = Field("tram-yen-bai", description="Where the devices stand.")
    areas: tuple[Identifier, ...] = Field((), description="The site's area and all above it.")
    gateway: Identifier = Field("gateway-1", description="Gateway of the devices.")
    device: Identifier = Field("device-1", description="Device of the readings in short form.")
    point: Key | None = Field(None, description="Point of the readings; left out = the rule's.")
    begin: AwareDatetime | None = Field(None, description="Minute 0 of the clock; then alarms are told by date.")
    every: float | None = Field(None, gt=0, description="Readings stand so many minutes apart, on a straight line.")
    readings: tuple[Annotated[tuple[Word, ...], AfterValidator(_sound_reading)], ...] = Field(
        (), max_length=MAX_ROWS, description="In order of arrival: [time, value] or [time, value, quality]."
    )
    rows: tuple[Row, ...] = Field((), max_length=MAX_ROWS, description="Readings in full, in order of arrival.")
    until: float | None = Field(None, ge=0, le=1_000_000, description="Time passes to this minute: silence is judged.")
    read_until: float | None = Field(None, ge=0, description="The device is read up to here, and has nothing new.")
    notices: int | None = Field(None, ge=0, description="How many notices each channel gets; left out = any number.")
    expect: tuple[Annotated[str, AfterValidator(_sound_expectation)], ...] = Field(
        description="What becomes of alarms: time, what, level; empty = nothing."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.readings and not self.rows:
            raise ValueError("a case needs readings or rows")
        if self.begin is None and any(isinstance(words[0], str) for words in self.readings):
            raise ValueError("readings by date need `begin`")
        if self.every is not None and self._span() / self.every > MAX_ROWS:
            raise ValueError(f"every {self.every} min makes more than {MAX_ROWS} readings")
        return self

    @property
    def begin_ms(self) -> int:
        """Minute 0, in ms since 1970 UTC."""
        return BEGIN if self.begin is None else round(self.begin.timestamp() * 1000)

    def at(self, minute: float) -> int:
        """A minute of the case, in ms since 1970 UTC."""
        return self.begin_ms + round(minute * MINUTE_MS)

    def told(self, at: int) -> str:
        """A time as the case's expectations write it."""
        if self.begin is None:
            return f"{(at - BEGIN) / MINUTE_MS:.12g}"
        return datetime.fromtimestamp(at / 1000, VIETNAM).strftime(DATE)

    def stream(self, point: str) -> list[Reading]:
        """Every reading in order of arrival; `point` where the case names none."""
        short = [self._short(words, self.point or point) for words in self._filled()]
        full = [self._full(row, self.point or point) for row in self.rows]
        arrived = self.begin_ms
        in_order = []
        for reading in sorted([*short, *full], key=lambda each: each.received_at) if full else short:
            arrived = max(arrived, reading.received_at)
            in_order.append(Reading(reading.at, arrived, reading.device, reading.point, reading.value, reading.quality))
        return in_order

    def _short(self, words: tuple[Word, ...], point: str) -> Reading:
        at, value = self._moment(words[0]), words[1]
        if isinstance(value, str):
            return Reading(at, at, self.device, point, None, value)
        return Reading(at, at, self.device, point, value, str(words[2]) if len(words) == 3 else "")

    def _full(self, row: Row, point: str) -> Reading:
        arrives = row.at if row.arrives is None else row.arrives
        value = None if row.quality.startswith("bad:") else row.value
        return Reading(self.at(row.at), self.at(arrives), row.device, row.point or point, value, row.quality)

    def _filled(self) -> Iterator[tuple[Word, ...]]:
        """The short readings, with those on the straight lines between them; a gap has none."""
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
        return (self._moment(time) - self.begin_ms) / MINUTE_MS

    def _moment(self, time: Word) -> int:
        if isinstance(time, str):
            return round(datetime.fromisoformat(time).timestamp() * 1000)
        return self.at(time)

    def _span(self) -> float:
        minutes = [self._minute(words[0]) for words in self.readings] or [0]
        return max(minutes) - min(minutes)


class Cases(Strict):
    """The test file of one rule."""

    case: tuple[Case, ...] = Field(min_length=2, description="Stories that raise, and stories that do not.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [case.name for case in self.case]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two cases are called {twice[0]}")
        return self


def _on_line(first: Word, second: Word, part: float) -> Word:
    """A value between two; three digits behind the comma, as gauges have them."""
    if isinstance(first, float | int) and not isinstance(first, bool) and isinstance(second, float | int):
        return round(first + (second - first) * part, 3)
    return first


def _is_date(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
