"""Which indicators a monthly report has: where each comes from, how it is worked out, and its target."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.load import read_toml
from device_profiles.schema import Strict, Text

PACKAGED = Path(__file__).with_name("plan.toml")

How = Literal["share", "hours", "mean", "median"]


class Indicator(Strict):
    """One indicator (KPI) of a component project."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", description="Names it in the CSV file.")
    project: Text = Field(description="The component project.")
    text: Text = Field(description="What is measured.")
    formula: Text = Field(description="How it is worked out, in words.")
    profile: str = Field(min_length=1, description="The device model that measures.")
    point: str = Field(min_length=1, description="Its point.")
    how: How = Field(
        description="share: per cent of the covered time in the range; hours: hours in it; mean, median: by time."
    )
    at_least: float | None = Field(None, description="Lower end of the range, for share and hours.")
    at_most: float | None = Field(None, description="Upper end of the range, for share and hours.")
    hold_s: float = Field(3600, gt=0, le=86400, description="So long a reading counts when no other follows.")
    unit: str = Field("", max_length=12, description="Stands behind the figure.")
    digits: int = Field(1, ge=0, le=3, description="Digits behind the comma.")
    target: float | None = Field(None, description="The target; none: only the trend is shown.")
    better: Literal["higher", "lower"] = Field("higher", description="Which side of the target is good.")
    source: str = Field(min_length=1, description="Where definition and target come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.how in ("share", "hours") and self.at_least is None and self.at_most is None:
            raise ValueError("share and hours need at_least or at_most")
        return self


class ReportPlan(Strict):
    """The file with the indicators of a report."""

    indicators: tuple[Indicator, ...] = Field(min_length=1, max_length=200, description="In the order of the report.")

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [each.id for each in self.indicators]
        if len(set(ids)) != len(ids):
            raise ValueError("an id stands twice")
        return self


def read_report_plan(path: Path | None) -> ReportPlan:
    """The plan in a file, or the packaged proposal; FileFaultsError with every fault."""
    return read_toml(path or PACKAGED, ReportPlan)
