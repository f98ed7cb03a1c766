"""What the provincial regulation says of incidents: how soon what must have happened, who is told when it has not."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cloud.incidents.office_hours import ALWAYS, DAYS, TIME, Clockwork, OfficeClock, minutes_of
from device_profiles.schema import Strict

TierName = Literal["commune", "department", "province"]
Minutes = Annotated[float, Field(gt=0, le=100_000)]


class Step(Strict):
    """Somebody who is told when so much of a target has passed."""

    tier: TierName = Field(description="Up to whom it is escalated.")
    after: float = Field(ge=0, le=100, description="Share of a target that has passed; 0 = at once, 1 = it is due.")


class SeverityRules(Strict):
    """The deadlines of one severity, in minutes from the opening, and its ladder."""

    severity: int = Field(ge=1, le=4, description="1 emergency to 4 low.")
    acknowledge_min: Minutes = Field(description="Until somebody has received it.")
    dispatch_min: Minutes = Field(description="Until it is dispatched.")
    first_action_min: Minutes = Field(description="Until work has begun.")
    resolve_min: Minutes = Field(description="Until it is resolved.")
    hours: Literal["always", "office"] = Field("always", description="Which minutes count.")
    escalate: tuple[Step, ...] = Field((), max_length=8, description="Who is told when, rising.")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if list(self.targets_ms) != sorted(self.targets_ms):
            raise ValueError("a later goal has an earlier deadline")
        order = ["commune", "department", "province"]
        steps = [(order.index(step.tier), step.after) for step in self.escalate]
        if steps != sorted(steps) or [after for _, after in steps] != sorted(after for _, after in steps):
            raise ValueError("the ladder does not rise from commune to province")
        return self

    @property
    def targets_ms(self) -> tuple[int, int, int, int]:
        """The four targets in the order of the goals."""
        minutes = (self.acknowledge_min, self.dispatch_min, self.first_action_min, self.resolve_min)
        first, second, third, fourth = (round(each * 60_000) for each in minutes)
        return first, second, third, fourth


class Span(Strict):
    """Part of an office day at Hà Nội."""

    start: str = Field(pattern=TIME, description="HH:MM.")
    end: str = Field(pattern=TIME, description="HH:MM, later on the same day.")

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"{self.start} to {self.end} is no time")
        return self


class Office(Strict):
    """When offices are open, at Hà Nội."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), min_length=1, description="Working days."
    )
    hours: tuple[Span, ...] = Field(min_length=1, max_length=8, description="From morning to evening.")
    holidays: tuple[date, ...] = Field((), max_length=1000, description="Days on which offices are closed.")

    @model_validator(mode="after")
    def _hours_follow_one_another(self) -> Self:
        times = [time for span in self.hours for time in (span.start, span.end)]
        if times != sorted(times):
            raise ValueError("the hours overlap, or do not run from morning to evening")
        return self


class Telling(Strict):
    """Whom a tier is, for these sectors and areas."""

    tier: TierName = Field(description="Who is meant.")
    sectors: tuple[str, ...] = Field((), description="Only incidents of these sectors; empty = all.")
    areas: tuple[str, ...] = Field((), description="Only incidents in these areas; empty = all.")
    channels: tuple[str, ...] = Field(min_length=1, description="Channels, or `team:<id>`.")


class Regulation(Strict):
    """Deadlines, ladders and office hours, with their origin."""

    source: str = Field(min_length=1, description="The regulation behind the numbers.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")
    severities: tuple[SeverityRules, ...] = Field(description="One for each of the four severities.")
    office: Office = Field(description="The hours that count where `hours` says office.")
    tell: tuple[Telling, ...] = Field((), description="Whom each tier is; none = an escalation is shown, not sent.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if sorted(each.severity for each in self.severities) != [1, 2, 3, 4]:
            raise ValueError("there must be one of each severity from 1 to 4")
        return self

    def of(self, severity: int) -> SeverityRules:
        """The rules of a severity."""
        return next(each for each in self.severities if each.severity == severity)

    def clock_of(self, severity: int) -> Clockwork:
        """Which hours count for a severity."""
        return ALWAYS if self.of(severity).hours == "always" else self.office_clock

    @cached_property
    def office_clock(self) -> OfficeClock:
        """The office hours as plain numbers."""
        return OfficeClock(
            frozenset(DAYS.index(day) for day in self.office.days),
            tuple((minutes_of(span.start), minutes_of(span.end)) for span in self.office.hours),
            frozenset(self.office.holidays),
        )

    def told(self, tier: TierName, *, sector: str, area: str) -> tuple[str, ...]:
        """Who is told: what names the sector or area goes before what is meant for all."""
        fitting = [
            each
            for each in self.tell
            if each.tier == tier
            and (not each.sectors or sector in each.sectors)
            and (not each.areas or area in each.areas)
        ]
        narrow = [each for each in fitting if each.sectors or each.areas]
        return tuple(dict.fromkeys(channel for each in narrow or fitting for channel in each.channels))
