"""What the page of one sector shows: its devices, figures and charts, as a file states them; pure."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.schema import Key, Strict, Text

How = Literal["sum", "mean", "minimum", "maximum", "count", "share"]
COUNTING: tuple[How, ...] = ("count", "share")


class Target(Strict):
    """What a figure should reach; an internal technical mark unless a law is its source."""

    value: float = Field(description="The mark, in the figure's unit.")
    better: Literal["higher", "lower"] = Field(description="On which side of it all is well; the mark itself is well.")
    source: str = Field(min_length=1, description="Law, standard, plan or person behind it.")
    confirmed: bool = Field(False, description="True when somebody responsible has confirmed it.")

    def is_met(self, value: float) -> bool:
        """Whether a figure is where it should be."""
        return value >= self.value if self.better == "higher" else value <= self.value


class Figure(Strict):
    """One figure of a sector, worked out from the newest values of its devices."""

    name: Text = Field(description="Name on the screens.")
    profile: Key = Field(description="Which devices: what they report as.")
    point: Key = Field(description="Which of their points.")
    how: How = Field(description="How many values become one; count and share look at a condition.")
    at_least: float | None = Field(None, description="Counted from this value on.")
    at_most: float | None = Field(None, description="Counted up to this value.")
    target: Target | None = Field(None, description="What the figure should reach.")

    @model_validator(mode="after")
    def _says_what_it_counts(self) -> Self:
        is_told = self.at_least is not None or self.at_most is not None
        if is_told != (self.how in COUNTING):
            raise ValueError("at_least or at_most belong to count and share, and these need one of them")
        return self

    def counts(self, value: float) -> bool:
        """Whether a value is one of those that are counted."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


class Chart(Strict):
    """One point over a day, a line for each of the devices that need a look most."""

    name: Text = Field(description="Name on the screens.")
    profile: Key = Field(description="Which devices: what they report as.")
    point: Key = Field(description="Which of their points.")


class SectorPlan(Strict):
    """The file of one sector's page."""

    id: Key = Field(description="Identifier; also the name of the file and the end of the page's address.")
    name: Text = Field(description="Name on the screens.")
    order: int = Field(100, ge=0, le=1000, description="Place among the sectors; the lower the earlier.")
    owner: str = Field("", max_length=200, description="Department in charge.")
    source: str = Field("", max_length=500, description="Where the choice of figures comes from.")
    confirmed: bool = Field(False, description="True when the department has confirmed the page.")
    profiles: tuple[Key, ...] = Field(min_length=1, max_length=60, description="What its devices report as.")
    figures: tuple[Figure, ...] = Field((), max_length=24, description="Its figures, the most telling first.")
    charts: tuple[Chart, ...] = Field((), max_length=6, description="Its charts.")
