"""What a device model is: the profile, its points, how they are read, reported and judged for quality."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from device_profiles.basics import ID_PATTERN, NAME_PATTERN, Identifier, Key, Strict, Text
from device_profiles.sources.registry import Protocol, Source
from device_profiles.units import is_unit
from device_profiles.writing import Write

__all__ = [
    "ID_PATTERN", "NAME_PATTERN", "RESERVED_KEYS", "RESERVED_PROFILES", "ROLL_UP_ENDINGS",
    "Command", "DeviceProfile", "Identifier", "Key", "Limits", "Point", "PointType", "Protocol", "Report", "Sector",
    "Source", "Strict", "Text",
]  # fmt: skip

RESERVED_KEYS = frozenset({"time", "site", "gateway", "device", "point"})  # names that InfluxDB or our own tags own
RESERVED_PROFILES = frozenset({"quality", "event", "presence", "canary"})  # measurements of the centre itself
ROLL_UP_ENDINGS = ("_1m", "_15m", "_1h")  # the measurements of roll-ups: the profile's with one of these behind it


class PointType(StrEnum):
    """The type of a point's values; pinned, because InfluxDB pins it with the first write."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    ENUM = "enum"
    STRING = "string"


class Sector(StrEnum):
    """The component projects of the province's smart-city scheme that a device can serve."""

    SECURITY = "security"
    TRAFFIC = "traffic"
    ENVIRONMENT = "environment"
    DISASTER = "disaster"
    EDUCATION = "education"
    HEALTH = "health"
    TOURISM = "tourism"
    ECONOMY = "economy"
    URBAN = "urban"
    AGRICULTURE = "agriculture"
    LABOUR = "labour"
    PUBLIC_SERVICE = "public_service"
    CYBER = "cyber"


class Report(Strict):
    """When a point's reading is worth sending: on change beyond the deadband, and at least every heartbeat."""

    deadband: float = Field(0.0, ge=0, description="Absolute change, in the point's unit, that is worth a reading.")
    deadband_percent: float = Field(0.0, ge=0, le=100, description="The same as a share of the last reported value.")
    heartbeat_s: float = Field(0.0, ge=0, le=86400, description="Longest silence while unchanged; 0 = report all.")


class Limits(Strict):
    """Beyond these a reading is doubted or refused, never silently corrected."""

    minimum: float | None = Field(None, description="Below this the reading is bad (range).")
    maximum: float | None = Field(None, description="Above this the reading is bad (range).")
    rate_per_s: float | None = Field(None, gt=0, description="A faster change makes the reading uncertain (rate).")
    flat_s: float | None = Field(None, gt=0, description="Unchanged for longer makes it uncertain (flat line).")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum} is not below maximum {self.maximum}")
        return self


class Point(Strict):
    """One quantity of a device."""

    key: Key = Field(description="Name on the wire and in the store.")
    name: Text = Field(description="Name on the screens.")
    unit: str = Field("1", description="UCUM code; 1 for plain numbers.")
    type: PointType = Field(PointType.FLOAT, description="Pinned type of the values.")
    source: Source = Field(description="Where the value comes from.")
    report: Report = Field(default_factory=lambda: Report.model_validate({}), description="When it is worth sending.")
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}), description="When it is doubted.")
    choices: dict[str, Text] = Field(default_factory=dict, description="For enum: number as text -> meaning.")

    @field_validator("key")
    @classmethod
    def _key_is_free(cls, key: str) -> str:
        if key in RESERVED_KEYS:
            raise ValueError(f"{key} is a reserved name")
        return key

    @field_validator("unit")
    @classmethod
    def _unit_is_known(cls, unit: str) -> str:
        if not is_unit(unit):
            raise ValueError(f"{unit} is not a UCUM unit that Thacba knows (device_profiles/units.py)")
        return unit

    @model_validator(mode="after")
    def _choices_go_with_enum(self) -> Self:
        if (self.type is PointType.ENUM) != bool(self.choices):
            raise ValueError("choices belong to type enum, and an enum needs them")
        if any(not choice.isdigit() for choice in self.choices):
            raise ValueError("choices are numbered: 0, 1, 2 ...")
        return self


class Command(Strict):
    """Something that a device of this model can be told to do."""

    verb: Key = Field(description="Name of the command.")
    name: Text = Field(description="Name on the screens.")
    arguments: tuple[Key, ...] = Field((), description="Names of the arguments that it takes.")
    dangerous: bool = Field(False, description="True when a second person must confirm it.")
    write: Write | None = Field(None, description="What is set in the device; none for what its connector knows.")

    @model_validator(mode="after")
    def _argument_is_what_is_written(self) -> Self:
        if self.write is not None and len(self.arguments) != (1 if self.write.value is None else 0):
            raise ValueError("a write takes one argument, or none when its value is fixed")
        return self


class DeviceProfile(Strict):
    """A device model: everything that is the same for every device of it, and nothing about one site.

    In a file the protocol stands once, at the top; `load.py` hands it down to each point's source.
    """

    profile: Key = Field(description="Identifier; also the measurement's name in the store.")
    version: int = Field(1, ge=1, description="Raised with every change that alters values.")
    name: Text = Field(description="Name on the screens.")
    vendor: str = Field(min_length=1, description="Maker, or 'generic'.")
    model: str = Field(min_length=1, description="Model or class.")
    sector: Sector = Field(description="Component project that it serves.")
    protocol: Protocol = Field(description="Which connector reads it.")
    period_s: float = Field(gt=0, le=86400, description="How often it is read.")
    owner: str = Field(min_length=1, description="Department that owns such devices.")
    source: str = Field(min_length=1, description="Where the facts of this profile come from.")
    confirmed: bool = Field(False, description="True when somebody has checked them against the real device.")
    reports_as: Key | Literal[""] = Field(
        "", description="Profile whose measurement its readings belong to; empty for one of its own."
    )
    points: tuple[Point, ...] = Field(min_length=1, description="What it measures.")
    events: tuple[Key, ...] = Field((), description="Kinds of events that it can report.")
    event_sources: dict[Key, str] = Field(
        default_factory=dict, description="Kind of event -> how the device names it, such as the OID of a notification."
    )
    commands: tuple[Command, ...] = Field((), description="What it can be told.")

    @field_validator("profile")
    @classmethod
    def _profile_is_free(cls, profile: str) -> str:
        if profile in RESERVED_PROFILES or profile.endswith(ROLL_UP_ENDINGS):
            raise ValueError(f"{profile} is a name that the store needs for itself")
        return profile

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        keys = [point.key for point in self.points]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"points named twice: {', '.join(twice)}")
        if unnamed := sorted(set(self.event_sources) - set(self.events)):
            raise ValueError(f"event_sources without their event: {', '.join(unnamed)}")
        return self

    def point(self, key: str) -> Point | None:
        """The point with this key, if the model has it."""
        return next((point for point in self.points if point.key == key), None)
