"""What every index must be told: whose readings it takes, where its results go, and where its figures come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import Field, model_validator

from cloud.indices.signal import Figures, Signal, Times
from device_profiles.schema import Key, Strict

Signals = Mapping[str, Signal]  # by the index's own word for a point; a point without readings is not there
Results = dict[str, Figures]  # point of the derived profile -> a figure for each time


@dataclass(frozen=True, slots=True)
class Place:
    """What an index may know of where a device stands: the attributes of its site."""

    attributes: Mapping[str, float | str] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        """An attribute that is a number."""
        value = self.attributes.get(name)
        return float(value) if isinstance(value, int | float) else None


class Intake(Strict):
    """Readings of one device model that an index is worked out from."""

    profile: Key = Field(description="The measurement.")
    points: dict[Key, Key] = Field(description="The index's word for a point -> the point of that measurement.")


class IndexTable(Strict):
    """The part that all indices share. One file is one index."""

    id: Key = Field(
        description="Identifier; also the file's name, and behind a dot the end of the derived device's id."
    )
    version: int = Field(ge=1, description="Raised with every change of figures.")
    profile: Key = Field(description="Derived profile whose measurement takes the results.")
    source: str = Field(min_length=10, description="Where the figures come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")
    inputs: tuple[Intake, ...] = Field(min_length=1, description="Whose readings it is worked out from.")
    step_s: int = Field(ge=60, le=86_400, description="How far apart its results are, on the clock of Vietnam.")
    offset_s: int = Field(
        0, ge=0, lt=86_400, description="They are so long after the full step; a day's at noon: 43200."
    )
    hold_s: int = Field(ge=60, le=86_400, description="How long a reading counts when no newer one comes.")

    @model_validator(mode="after")
    def _fits_a_day(self) -> Self:
        if 86_400 % self.step_s:
            raise ValueError("step_s must divide a day")
        profiles = [each.profile for each in self.inputs]
        if len(set(profiles)) < len(profiles):
            raise ValueError("every profile of inputs once")
        return self

    @property
    def reach_ms(self) -> int:
        """How far back of a result its readings may lie."""
        raise NotImplementedError

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The words for points without which nothing can be said, and further ones that it understands."""
        raise NotImplementedError

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """The results at each time; NaN where nothing can be said."""
        raise NotImplementedError
