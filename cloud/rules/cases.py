"""What a rule's test file says: cases of readings and times, and the alarms that they must make."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from cloud.rules.case_readings import MAX_ROWS, MINUTE_MS, Drawn, Line, Origin, Reading, Row, Series, is_date
from device_profiles.schema import Identifier, Key, Strict

BEGIN = 1_725_797_600_000 - 1_725_797_600_000 % 3_600_000  # any full hour will do
VIETNAM = timezone(timedelta(hours=7))
WORDS = "raised|escalated|eased|cleared|missed|missed_end|withdrawn|suppressed|unsuppressed|latched|flapping"
EXPECTED = re.compile(rf"(?P<at>\S+) (?P<what>{WORDS})( .+)?")
DATE = "%Y-%m-%dT%H:%M"


def _sound_expectation(line: str) -> str:
    found = EXPECTED.fullmatch(line)
    if found is None or not (_is_number(found["at"]) or is_date(found["at"] + ":00+07:00")):
        raise ValueError(f'{line!r} is not "time {WORDS} level"')
    return line


class Case(Strict):
    """One story and its alarms."""

    name: Key = Field(description="What it shows.")
    source: str = Field("", description="Where the figures come from; what is assumed is said, too.")
    with_rules: tuple[Key, ...] = Field(
        (), description="Other rules of the folder that run, too; expected is this one."
    )
    site: Identifier = Field("tram-yen-bai", description="Where the devices stand.")
    areas: tuple[Identifier, ...] = Field((), description="The site's area and all above it.")
    site_areas: dict[Identifier, tuple[Identifier, ...]] = Field(
        default_factory=dict, description="The same of further sites; left out = as the case's site."
    )
    gateway: Identifier = Field("gateway-1", description="Gateway of the devices.")
    device: Identifier = Field("device-1", description="Device of the readings in short form.")
    profile: Key | None = Field(None, description="Profile of the devices; left out = the rule's.")
    point: Key | None = Field(None, description="Point of the readings; left out = the rule's.")
    begin: AwareDatetime | None = Field(None, description="Minute 0 of the clock; then alarms are told by date.")
    every: float | None = Field(None, gt=0, description="Readings stand so many minutes apart, on a straight line.")
    readings: Drawn = Field(
        (), max_length=MAX_ROWS, description="In order of arrival: [time, value] or [time, value, quality]."
    )
    rows: tuple[Row, ...] = Field((), max_length=MAX_ROWS, description="Readings in full, in order of arrival.")
    series: tuple[Series, ...] = Field((), max_length=1000, description="Readings of further devices or points.")
    until: float | None = Field(None, ge=0, le=1_000_000, description="Time passes to this minute: silence is judged.")
    read_until: float | None = Field(None, ge=0, description="The device is read up to here, and has nothing new.")
    notices: int | None = Field(None, ge=0, description="How many notices each channel gets; left out = any number.")
    expect: tuple[Annotated[str, AfterValidator(_sound_expectation)], ...] = Field(
        description="What becomes of alarms: time, what, level; empty = nothing."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.readings and not self.rows and not self.series:
            raise ValueError("a case needs readings, rows or series")
        drawn = [words for line, _ in self._lines() for words in line.readings]
        if self.begin is None and any(isinstance(words[0], str) for words in drawn):
            raise ValueError("readings by date need `begin`")
        made = max((line.drawn() * copies for line, copies in self._lines()), default=0)
        if made > MAX_ROWS:
            raise ValueError(f"`every` makes {made} readings; more than {MAX_ROWS} are not allowed")
        return self

    @property
    def begin_ms(self) -> int:
        """Minute 0, in ms since 1970 UTC."""
        return BEGIN if self.begin is None else round(self.begin.timestamp() * 1000)

    @property
    def steps(self) -> int:
        """What it takes to try the case: its readings, and half minutes of waiting."""
        lines = self._lines()
        last = max([*(line.span() for line, _ in lines), *(row.arrives or row.at for row in self.rows)])
        waits = 0 if self.until is None else 2 * max(self.until, last)
        read = sum((len(line.readings) + line.drawn()) * copies for line, copies in lines)
        return len(self.rows) + read + math.ceil(waits)

    def at(self, minute: float) -> int:
        """A minute of the case, in ms since 1970 UTC."""
        return self.begin_ms + round(minute * MINUTE_MS)

    def told(self, at: int) -> str:
        """A time as the case's expectations write it."""
        if self.begin is None:
            return f"{(at - BEGIN) / MINUTE_MS:.12g}"
        return datetime.fromtimestamp(at / 1000, VIETNAM).strftime(DATE)

    def areas_of(self, site: str) -> tuple[str, ...]:
        """The areas that a site lies in."""
        return self.site_areas.get(site, self.areas)

    def stream(self, profile: str, point: str) -> list[Reading]:
        """Every reading in order of arrival; `profile` and `point` where the case names none."""
        own = Origin(self.site, self.gateway, self.device, self.profile or profile, self.point or point)
        short = list(Line(self.readings, self.every, self.begin_ms).stream(own))
        more = [*self._further(own), *(self._full(row, own) for row in self.rows)]
        arrived = self.begin_ms
        in_order = []
        for reading in sorted([*short, *more], key=lambda each: each.received_at) if more else short:
            arrived = max(arrived, reading.received_at)
            in_order.append(replace(reading, received_at=arrived))
        return in_order

    def _lines(self) -> list[tuple[Line, int]]:
        """The readings in short form, and how many devices read them."""
        further = [(Line(each.readings, each.every, self.begin_ms), len(each.devices) or 1) for each in self.series]
        return [(Line(self.readings, self.every, self.begin_ms), 1), *further]

    def _further(self, own: Origin) -> Iterator[Reading]:
        for each in self.series:
            line = Line(each.readings, each.every, self.begin_ms)
            for device in each.devices or (self.device,):
                yield from line.stream(_of(each, own, device))

    def _full(self, row: Row, own: Origin) -> Reading:
        arrives = row.at if row.arrives is None else row.arrives
        value = None if row.quality.startswith("bad:") else row.value
        return Reading(self.at(row.at), self.at(arrives), _of(row, own, row.device), value, row.quality)


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


def _of(said: Row | Series, own: Origin, device: str) -> Origin:
    """What readings are of: what they say themselves, and the case's where they say nothing."""
    return Origin(
        said.site or own.site,
        said.gateway or own.gateway,
        device,
        said.profile or own.profile,
        said.point or own.point,
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
