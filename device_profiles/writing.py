"""Where a command's value goes in a device, which values may go there, and how the device shows that it took it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from device_profiles.basics import Strict
from device_profiles.sources.registry import Source


class Write(Strict):
    """One value that may be set; whatever is not named here is refused."""

    source: Source = Field(description="Where the value goes, in the words of the protocol; scaled as a point is.")
    value: bool | int | float | str | None = Field(
        None, description="What is written when the command has no argument."
    )
    minimum: float | None = Field(None, description="Least value of the argument.")
    maximum: float | None = Field(None, description="Greatest value of the argument.")
    allowed: tuple[bool | int | float | str, ...] = Field((), max_length=64, description="Or: each value it may have.")
    tolerance: float = Field(0.0, ge=0, description="The device may show so much more or less than was written.")
    within_s: float = Field(5.0, gt=0, le=20, description="By then the device must show the value that was written.")

    @model_validator(mode="after")
    def _values_are_bounded(self) -> Self:
        ranged = self.minimum is not None and self.maximum is not None
        if [self.value is not None, ranged, bool(self.allowed)].count(True) != 1:
            raise ValueError("give one of value, minimum with maximum, and allowed")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum} is not below maximum {self.maximum}")
        if not ranged and (self.minimum is not None or self.maximum is not None):
            raise ValueError("minimum and maximum go together")
        return self
