"""What the province decides about the disaster page: how a line is drawn ahead, and the steps of an evacuation."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.schema import Key, Strict, Text

Counted = Literal["", "households", "people"]


class Outlook(Strict):
    """How the last hours of a level are drawn on: a straight line, which is no forecast."""

    window_min: float = Field(ge=30, le=1440, description="So much of the past the line is laid through.")
    least_min: float = Field(gt=0, le=720, description="Readings must span so much of it; else there is no line.")
    silence_min: float = Field(gt=0, le=360, description="Of a level older than this nothing is said ahead.")
    ahead_h: float = Field(gt=0, le=48, description="So far the line is drawn.")
    still_m_h: float = Field(ge=0, le=1, description="Slower than this a level counts as steady.")
    fast_m_h: float = Field(gt=0, le=5, description="From here on a rise is fast.")
    very_fast_m_h: float = Field(gt=0, le=5, description="From here on a rise is very fast.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.least_min > self.window_min:
            raise ValueError("least_min is longer than window_min")
        if not self.still_m_h < self.fast_m_h < self.very_fast_m_h:
            raise ValueError("still_m_h, fast_m_h and very_fast_m_h must rise")
        return self


class Step(Strict):
    """One step of the checklist of an evacuation."""

    id: Key = Field(description="Identifier; stays when the words change.")
    text: Text = Field(description="What is to be done.")
    counts: Counted = Field("", description="What is counted when it is ticked: households, people, or nothing.")


class DisasterPlan(Strict):
    """The file `disaster_plan` of centre.toml."""

    source: str = Field(min_length=1, description="Where the figures and steps come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")
    bulletin_days: float = Field(gt=0, le=30, description="A bulletin without an end is shown so long.")
    outlook: Outlook = Field(description="How levels are drawn on.")
    steps: tuple[Step, ...] = Field(min_length=1, max_length=40, description="The checklist of an evacuation.")

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [step.id for step in self.steps]
        if len(set(ids)) != len(ids):
            raise ValueError("two steps have the same id")
        return self
