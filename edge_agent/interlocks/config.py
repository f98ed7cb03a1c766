"""What an interlock is told: when it trips, what it does then, and what it does when it cannot see."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.schema import Identifier, Key, Strict

Value = bool | int | float | str


class Condition(Strict):
    """One thing that must be so at one point of a neighbouring device."""

    device: Identifier = Field(description="Device of this gateway.")
    point: Key = Field(description="Its point.")
    above: float | None = Field(None, description="So when the value is above this.")
    below: float | None = Field(None, description="So when the value is below this.")
    equals: Value | None = Field(None, description="So when the value is this.")
    rises_by: float | None = Field(None, gt=0, description="So when the value is so much above its least of `over_s`.")
    over_s: float = Field(600.0, ge=1, le=86_400, description="Time of `rises_by`.")
    hysteresis: float = Field(0.0, ge=0, description="It ends only when the value is back by this much.")
    readings: int = Field(2, ge=1, le=100, description="So many readings in a row, so that no single one trips.")
    doubtful: bool = Field(False, description="Whether readings of doubtful quality count, as of a very fast rise.")

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        given = [name for name in ("above", "below", "equals", "rises_by") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give one of above, below, equals and rises_by")
        return self


class Order(Strict):
    """One command to a neighbouring device."""

    device: Identifier = Field(description="Device of this gateway that takes commands.")
    verb: Key = Field(description="Command of its profile.")
    arguments: dict[Key, Value] = Field(default_factory=dict, description="Its arguments.")


class InterlockConnection(Strict):
    """An interlock: when all conditions hold it gives its orders, whatever the centre says or does not say."""

    kind: Literal["interlock"] = Field("interlock", description="Always interlock.")
    when: tuple[Condition, ...] = Field(min_length=1, max_length=8, description="All of them must hold.")
    then: tuple[Order, ...] = Field(min_length=1, max_length=8, description="Given when it trips, one after another.")
    after: tuple[Order, ...] = Field((), max_length=8, description="Given when it lets go.")
    least_s: float = Field(0.0, ge=0, le=86_400, description="It stays tripped at least so long.")
    most_s: float | None = Field(
        None, gt=0, le=86_400, description="It lets go after so long even while the conditions hold, as a siren must."
    )
    silent_s: float = Field(
        1800.0, ge=1, le=86_400, description="An input without a usable reading for so long is unknown."
    )
    blind: Literal["stay", "trip", "release"] = Field("stay", description="What it does while an input is unknown.")
    without_centre_s: float = Field(
        0.0, ge=0, le=86_400, description="It trips only when the centre has been out of reach for so long; 0 = always."
    )

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.most_s is not None and self.most_s <= self.least_s:
            raise ValueError(f"most_s {self.most_s:g} is not above least_s {self.least_s:g}")
        return self
