"""What happens in a story of the whole province: storms, inflows, cuts, crowds, smoke, deeds and faults; strict models.

Every moment carries its offset from UTC. Quantities without a public source are engineering defaults (`confirmed`).
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from device_profiles.schema import Identifier, Key, Strict

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class FaultMode(StrEnum):
    """Every way in which a device of the province fails or lies."""

    STUCK = "stuck"  # repeats what it said when the fault began
    SPIKE = "spike"  # now and then a value far off
    DRIFT = "drift"  # slowly goes wrong: `amount` in the point's unit each hour
    SATURATED = "saturated"  # cannot say more than `amount`
    BLOCKED = "blocked"  # a funnel full of leaves: no rain arrives
    BATTERY_DROOP = "battery_droop"  # an old battery: `amount` volts less when the night ends
    CALIBRATION = "calibration"  # status 01: values are not of the world
    DEVICE_FAULT = "device_fault"  # status 02
    COUNTER_RESET = "counter_reset"  # counters begin at 0 again
    COUNTER_ROLL_OVER = "counter_roll_over"  # counters end at `amount` and begin again
    FRAME_COUNT_RESET = "frame_count_reset"  # a radio node has joined again: its frames are numbered from 0
    WRONG_UNIT = "wrong_unit"  # replaced by one that says `amount` times the value
    FROZEN_PICTURE = "frozen_picture"  # a camera repeats its last frame
    SILENT = "silent"  # says nothing
    DUPLICATED = "duplicated"  # every message comes twice
    OUT_OF_ORDER = "out_of_order"  # messages overtake each other
    CLOCK_DRIFT = "clock_drift"  # its clock is `amount` seconds ahead
    CLOCK_RESET_1970 = "clock_reset_1970"  # its clock began at 1 January 1970 when the fault began
    CLOCK_RESET_2000 = "clock_reset_2000"  # the same, in 2000


class Span(Strict):
    """Something that has a begin and an end."""

    begin: AwareDatetime = Field(description="When it begins.")
    end: AwareDatetime = Field(description="When it is over.")

    @model_validator(mode="after")
    def _ends_after_its_begin(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("the end is not after the begin")
        return self


class Storm(Span):
    """A rain cell that swells, moves and fades."""

    at: tuple[Latitude, Longitude] = Field(description="Its middle at the begin.")
    to: tuple[Latitude, Longitude] | None = Field(None, description="Its middle at the end; none = it stays.")
    radius_km: float = Field(gt=0, le=500, description="Where its rain is 1/e of the middle's.")
    peak_mm_h: float = Field(gt=0, le=150, description="Rain in its middle when it is strongest.")
    source: str = Field("engineering default: made so that the bulletins come out", min_length=1, description="Who.")
    confirmed: bool = Field(False, description="True when a radar has seen it.")


class Flow(Strict):
    """Discharge at one moment."""

    at: AwareDatetime = Field(description="When.")
    m3_s: float = Field(ge=0, le=30_000, description="Discharge.")


class Inflow(Strict):
    """Water that comes from outside the province, through its knots."""

    river: Identifier = Field(description="River of rivers.toml.")
    knots: tuple[Flow, ...] = Field(min_length=2, description="Discharge in the order of time.")
    source: str = Field(min_length=1, description="Who says so.")
    confirmed: bool = Field(False, description="True when a public source says so.")

    @model_validator(mode="after")
    def _in_order_of_time(self) -> Self:
        if any(later.at <= earlier.at for earlier, later in pairwise(self.knots)):
            raise ValueError("knots do not stand in the order of time")
        return self


class Spill(Strict):
    """What the lake's operator does: so many gates, and what they let through."""

    at: AwareDatetime = Field(description="When the gates stand so.")
    gates: int = Field(ge=0, le=20, description="Gates that are open.")
    m3_s: float = Field(ge=0, le=30_000, description="Discharge through them.")
    source: str = Field("engineering default", min_length=1, description="Who says so.")
    confirmed: bool = Field(False, description="True when a public source says so.")


class Lake(Strict):
    """The lake at the begin, and its gates."""

    level_m: float = Field(description="Level at the begin.")
    source: str = Field("engineering default", min_length=1, description="Who says so.")
    confirmed: bool = Field(False, description="True when a public source says so.")
    turbines_m3_s: float = Field(150.0, ge=0, description="Discharge through the turbines before the gates are needed.")
    spills: tuple[Spill, ...] = Field((), description="Positions of the gates, in the order of time.")


class Cut(Span):
    """A part of the province without mains, or without its line."""

    areas: tuple[Identifier, ...] = Field((), description="Communes that it strikes.")
    gateways: tuple[Identifier, ...] = Field((), description="Gateways that it strikes.")
    share: float = Field(1.0, gt=0, le=1, description="Share of the sites there that it strikes.")


class Crowd(Span):
    """Many people at one place."""

    area: Identifier = Field(description="Commune.")
    capacity_pct: float = Field(gt=0, le=400, description="Share of the place's capacity when it is fullest.")


class Smoke(Span):
    """A plume that swells and fades."""

    at: tuple[Latitude, Longitude] = Field(description="Where it burns.")
    radius_km: float = Field(gt=0, le=200, description="Where it is 1/e of the middle's.")
    pm25: float = Field(gt=0, le=900, description="Fine dust in the middle, at its worst, in µg/m³.")


class Deed(Span):
    """Something that somebody does to a device, or that befalls it alone: its points have these values meanwhile."""

    device: Identifier = Field(description="Device.")
    points: dict[Key, bool | int | float] = Field(min_length=1, description="Point -> value.")


class Fault(Span):
    """A device that fails or lies."""

    device: Identifier = Field(description="Device.")
    mode: FaultMode = Field(description="How.")
    amount: float = Field(1.0, description="How much; its meaning belongs to the mode.")
    point: Key | None = Field(None, description="The one point that is wrong; none = all that can be.")


class Awaited(Strict):
    """An alarm that this story has to raise, or must not raise."""

    model_config = ConfigDict(populate_by_name=True)

    rule: str = Field(pattern=r"^[a-z0-9_]+\*?$", description="Rule of deploy/rules; * behind it: all that begin so.")
    place: str = Field("", description="Area, site, gateway or device; empty = anywhere.")
    since: AwareDatetime | None = Field(None, alias="from", description="Not before this; none = the begin.")
    until: AwareDatetime | None = Field(None, alias="to", description="Not after this; none = the end.")
    level: str = Field("", description="Level that is reached; empty = any.")

    def matches_rule(self, rule: str) -> bool:
        """Whether it speaks of this rule."""
        return rule.startswith(self.rule[:-1]) if self.rule.endswith("*") else rule == self.rule

    def covers_ms(self, at_ms: int) -> bool:
        """Whether a moment in ms since 1970 UTC lies within."""
        at = at_ms / 1000
        return (self.since is None or self.since.timestamp() <= at) and (
            self.until is None or at <= self.until.timestamp()
        )
