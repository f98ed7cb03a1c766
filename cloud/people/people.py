"""What a file of people may say: persons, their addresses and absences, and teams with their shifts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from cloud.people.hours import HANOI, Hours
from device_profiles.schema import Identifier, Strict, Text

CALL_LIST = "call_list"  # in a person's chain: somebody on duty calls them by telephone, and ticks it
MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
PHONE = re.compile(r"(?:\+?84|0)(\d{9})")
DAY = r"^\d{4}-\d{2}-\d{2}$"
MOMENT = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$"


class QuietHours(Hours):
    """When a person is not to be disturbed but by emergencies."""


class Absence(Strict):
    """A time for which somebody is away; a date without a time means the whole day, the last one included."""

    begin: str = Field(pattern=MOMENT, description="First day, or first minute, at Hà Nội.")
    end: str = Field(pattern=MOMENT, description="Last day, or the minute of the return.")
    deputy: Identifier | Literal[""] = Field("", description="Who is told instead; empty = the rest of the shift.")

    @model_validator(mode="after")
    def _is_a_stretch(self) -> Self:
        if self.until() <= self.since():
            raise ValueError(f"ends at {self.end}, before it begins")
        return self

    def since(self) -> datetime:
        """The first moment."""
        return _moment(self.begin)

    def until(self) -> datetime:
        """The first moment behind it."""
        return _moment(self.end) + (timedelta() if "T" in self.end else timedelta(days=1))


class Person(Strict):
    """Somebody who is told. Addresses are personal data: they are in no log and in no repr."""

    id: Identifier = Field(description="Name that teams and notices call them by.")
    name: str = Field(min_length=1, max_length=80, repr=False, description="Name and office.")
    language: Literal["vi", "en"] = Field("vi", description="Language of their notices.")
    email: str = Field("", repr=False, description="E-mail address.")
    phone: str = Field("", repr=False, description="Phone number, 0xxxxxxxxx or 84xxxxxxxxx.")
    zalo: str = Field("", repr=False, description="Phone number of their Zalo account; empty = `phone`.")
    channels: tuple[Identifier, ...] = Field(
        min_length=1, max_length=8, description="Channels, the first to be tried first; `call_list` = a telephone call."
    )
    quiet: tuple[QuietHours, ...] = Field((), max_length=8, description="When only emergencies may disturb.")
    absences: tuple[Absence, ...] = Field((), description="When somebody else is told instead.")

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, email: str) -> str:
        if email and not MAIL.fullmatch(email):
            raise ValueError("is no e-mail address")  # never says which: faults are shown and logged
        return email

    @field_validator("phone", "zalo")
    @classmethod
    def _is_a_number(cls, number: str) -> str:
        found = PHONE.fullmatch(re.sub(r"[ .-]", "", number))
        if number and not found:
            raise ValueError("is no phone number of Vietnam: 0 or 84 and nine digits")
        return f"84{found[1]}" if found else ""

    @model_validator(mode="after")
    def _channels_stand_once(self) -> Self:
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("a channel stands twice in the chain")
        return self


class Shift(Hours):
    """Who is on duty in a stretch of the day."""

    persons: tuple[Identifier, ...] = Field(min_length=1, max_length=50, description="Who is on duty then.")


class FixedDate(Strict):
    """A day on which other shifts hold than those of the week, such as Tết; none = nobody is on duty."""

    date: str = Field(pattern=DAY, description="The day, YYYY-MM-DD.")
    shifts: tuple[Shift, ...] = Field((), max_length=24, description="The shifts that start on that day.")

    @field_validator("date")
    @classmethod
    def _is_a_day(cls, day: str) -> str:
        date.fromisoformat(day)
        return day


class Team(Strict):
    """Who is on duty when; a team always ends at somebody."""

    id: Identifier = Field(description="Name that rules call it by.")
    name: Text = Field(description="What it is called.")
    shifts: tuple[Shift, ...] = Field((), max_length=100, description="The shifts of a week.")
    dates: tuple[FixedDate, ...] = Field((), max_length=1000, description="Days that override the week.")
    otherwise: str = Field(
        pattern=r"^(person|team):[A-Za-z0-9._:-]{1,64}$",
        description="Who is told when nobody is on duty: `person:<id>` or `team:<id>`.",
    )


class PeopleFile(Strict):
    """One file, such as a department's."""

    persons: tuple[Person, ...] = Field((), description="People of the department.")
    teams: tuple[Team, ...] = Field((), description="Its teams.")


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, and every team, by id."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)


def _moment(text: str) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text).replace(tzinfo=HANOI)
    return datetime.combine(date.fromisoformat(text), time(), HANOI)
