"""Where a point lies in the tree of an SNMP agent."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Strict

#  1.3.6.1.2.1.31.1.1.1.6.{uplink}: which row the uplink is, the connection of each device says
#  no counted repetition here: the compiled pattern of {1,127} took 13 MB in every gateway
OID = r"^[0-2](\.([0-9]+|\{[a-z][a-z0-9_]*\}))+$"
LONGEST = 600


class SnmpSource(Strict):
    """Where a point lies in the tree of an SNMP agent."""

    protocol: Literal["snmp"] = "snmp"
    oid: str = Field(
        pattern=OID, max_length=LONGEST, description="Numeric OID of one value; {name} stands for a row of the device."
    )
    reads: Literal["value", "per_s", "mean", "sum", "least", "most", "count"] = Field(
        "value",
        description="value: as it is; per_s: growth of a counter; mean, sum, least, most, count: of the column below.",
    )
    equals: int | None = Field(None, description="True when the answer is this; with count: only the rows that are.")
    codes: dict[str, int] = Field(
        default_factory=dict, description="The device's number -> the point's own; every other number is bad."
    )
    over: str = Field(
        "",
        pattern=OID + "|^$",
        max_length=LONGEST,
        description="OID whose value it is divided by, such as a link's speed.",
    )
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")

    @property
    def is_column(self) -> bool:
        """Whether everything below the OID is read, instead of one value."""
        return self.reads not in ("value", "per_s")

    @model_validator(mode="after")
    def _fields_go_together(self) -> Self:
        if self.equals is not None and self.reads not in ("value", "count"):
            raise ValueError(f"equals does not go with reads = {self.reads!r}: use value or count")
        if self.codes and (self.reads != "value" or self.equals is not None or self.over):
            raise ValueError("codes go with one value alone: leave out reads, equals and over")
        if self.equals is not None and self.over:
            raise ValueError("what is true or false cannot be divided: leave out over")
        if self.is_column and self.over:
            raise ValueError(f"over does not go with reads = {self.reads!r}: use value or per_s")
        return self
