"""What a device model is: the profile, its points, how they are read, reported and judged for quality."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from device_profiles.units import is_unit

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
RESERVED_KEYS = frozenset({"time", "site", "gateway", "device", "point"})  # names that InfluxDB or our own tags own
RESERVED_PROFILES = frozenset({"quality", "event", "presence", "canary"})  # measurements of the centre itself
ROLL_UP_ENDINGS = ("_1m", "_15m", "_1h")  # the measurements of roll-ups: the profile's with one of these behind it

Key = Annotated[str, Field(pattern=NAME_PATTERN, max_length=48)]
Identifier = Annotated[str, Field(pattern=ID_PATTERN)]


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know; every configuration model of the house derives from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Text(Strict):
    """One text in the two languages of the house."""

    vi: str = Field(min_length=1, description="Vietnamese, with diacritics.")
    en: str = Field(min_length=1, description="English.")


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


class Encoding(StrEnum):
    """How a number lies in Modbus registers."""

    BIT = "bit"
    U16 = "u16"
    S16 = "s16"
    U32 = "u32"
    S32 = "s32"
    F32 = "f32"
    U64 = "u64"
    F64 = "f64"


REGISTERS = {
    Encoding.BIT: 1, Encoding.U16: 1, Encoding.S16: 1, Encoding.U32: 2, Encoding.S32: 2, Encoding.F32: 2,
    Encoding.U64: 4, Encoding.F64: 4,
}  # fmt: skip


class ModbusSource(Strict):
    """Where a point lies in a Modbus device."""

    protocol: Literal["modbus"] = "modbus"
    table: Literal["coil", "discrete", "input", "holding"] = Field("input", description="FC01, FC02, FC04 or FC03.")
    address: int = Field(ge=0, le=65535, description="0-based address of the first register or bit.")
    encoding: Encoding = Field(Encoding.U16, description="How the number lies in the registers.")
    word_order: Literal["big", "little"] = Field("big", description="Which 16-bit word comes first.")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")

    @model_validator(mode="after")
    def _bits_come_from_bit_tables(self) -> Self:
        if (self.table in ("coil", "discrete")) != (self.encoding is Encoding.BIT):
            raise ValueError(f"table {self.table} and encoding {self.encoding} do not go together")
        return self


class JsonSource(Strict):
    """Where a point lies in a JSON document."""

    protocol: Literal["http_json", "kiosk"] = "http_json"
    path: str = Field(min_length=1, description="Dotted path into the document, list positions as numbers: a.b.0.c")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")


class CameraSource(Strict):
    """Which of the camera connector's own measurements feeds a point."""

    protocol: Literal["camera"] = "camera"
    measure: Literal["online", "fps", "frozen", "black", "blurred", "moved", "motion", "brightness", "sharpness"] = (
        Field(description="The measurement's name.")
    )


class DerivedSource(Strict):
    """A point that the centre works out from other readings (cloud/indices); no device measures it."""

    protocol: Literal["derived"] = "derived"
    index: Key = Field(description="The index that gives it.")


Source = Annotated[ModbusSource | JsonSource | CameraSource | DerivedSource, Field(discriminator="protocol")]
Protocol = Literal["modbus", "http_json", "camera", "kiosk", "derived"]
# Kind of a connection -> the protocol that it speaks: a device's connection must speak what its profile needs.
SPEAKS = {"modbus": "modbus", "http_json": "http_json", "http_push": "http_json", "kiosk": "kiosk", "camera": "camera"}


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
    points: tuple[Point, ...] = Field(min_length=1, description="What it measures.")
    events: tuple[Key, ...] = Field((), description="Kinds of events that it can report.")
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
        return self

    def point(self, key: str) -> Point | None:
        """The point with this key, if the model has it."""
        return next((point for point in self.points if point.key == key), None)
