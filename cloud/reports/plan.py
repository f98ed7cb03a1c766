"""Which indicators a monthly report has: where each comes from, how it is worked out, and its target."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.reports.opening import Opening
from device_profiles.load import read_toml
from device_profiles.schema import Strict, Text

PACKAGED = Path(__file__).with_name("plan.toml")
NAME = r"^[a-z][a-z0-9_]{1,40}$"

How = Literal["share", "hours", "mean", "median", "coverage", "excursions", "repair_h", "rise"]
IN_RANGE: frozenset[How] = frozenset({"share", "hours", "excursions", "repair_h"})
Side = Literal["higher", "lower"]
Measure = Literal[
    "detected", "acknowledged", "dispatched", "begun", "resolved", "repaired",
    "withdrawn", "rejected", "false", "concluded",
]  # fmt: skip
SHARES: frozenset[Measure] = frozenset({"withdrawn", "rejected", "false", "concluded"})


class Indicator(Strict):
    """One indicator (KPI) of a component project."""

    id: str = Field(pattern=NAME, description="Names it in the CSV file.")
    project: Text = Field(description="The component project.")
    text: Text = Field(description="What is measured.")
    formula: Text = Field(description="How it is worked out, in words.")
    profile: str = Field(min_length=1, description="The device model that measures.")
    point: str = Field(min_length=1, description="Its point.")
    how: How = Field(
        description="share: per cent of the covered time in the range; hours: hours in it; mean, median: by time; "
        "coverage: per cent of the time with data; excursions: stretches outside the range in 100 device-months; "
        "repair_h: mean hours of such a stretch; rise: what counters have counted."
    )
    at_least: float | None = Field(None, description="Lower end of the range.")
    at_most: float | None = Field(None, description="Upper end of the range.")
    least_s: float = Field(0, ge=0, le=86400, description="Stretches outside the range count from this length on.")
    from_h: float = Field(0, ge=0, le=24, description="Only from this hour of the day on.")
    to_h: float = Field(24, ge=0, le=24, description="Only until this hour of the day.")
    workdays: bool = Field(False, description="Only from Monday to Friday.")
    hold_s: float = Field(3600, gt=0, le=172_800, description="So long a reading counts when no other follows.")
    unit: str = Field("", max_length=12, description="Stands behind the figure.")
    digits: int = Field(1, ge=0, le=3, description="Digits behind the comma.")
    target: float | None = Field(None, description="The target; none: only the trend is shown.")
    better: Side = Field("higher", description="Which side of the target is good.")
    source: str = Field(min_length=1, description="Where definition and target come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")

    @property
    def opening(self) -> Opening:
        """The hours that it is about."""
        return Opening(self.from_h, self.to_h, self.workdays)

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.how in IN_RANGE and self.at_least is None and self.at_most is None:
            raise ValueError(f"{self.how} needs at_least or at_most")
        if self.from_h >= self.to_h:
            raise ValueError("to_h is not behind from_h")
        return self


class Module(Strict):
    """One kind of device in operation after its hand-over."""

    id: str = Field(pattern=NAME, description="Names it in the CSV file.")
    name: Text = Field(description="What the module is called.")
    profile: str = Field(min_length=1, description="Its device model.")
    point: str = Field(min_length=1, description="The point that tells that it works.")
    at_least: float | None = Field(None, description="It works from this value on; none: whenever it says anything.")
    hold_s: float = Field(3600, gt=0, le=172_800, description="So long a reading counts when no other follows.")
    target: float | None = Field(None, ge=0, le=100, description="Per cent of the month in which it shall work.")
    vnd_per_month: float | None = Field(None, ge=0, description="What its operation costs in a month, all devices.")
    budget_vnd: float | None = Field(None, ge=0, description="What one device may cost in a month.")
    source: str = Field(min_length=1, description="Where target and costs come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")


class Reaction(Strict):
    """One indicator of how soon people and machines react, from the histories of alarms and incidents."""

    id: str = Field(pattern=NAME, description="Names it in the CSV file.")
    project: Text = Field(description="The component project.")
    text: Text = Field(description="What is measured.")
    formula: Text = Field(description="How it is worked out, in words.")
    measure: Measure = Field(
        description="detected: measured until alarm raised; acknowledged: raised until acknowledged; dispatched, "
        "begun, resolved: raised until that move of its incident; repaired: raised until the value returned; "
        "withdrawn: share of raised alarms that late readings proved wrong; rejected: share of ended incidents; "
        "false: share of the ended incidents with a conclusion; concluded: how many of the ended ones have one."
    )
    rules: tuple[str, ...] = Field(
        ("*",), min_length=1, description="Names of rules; * stands for any letters, ! leaves out."
    )
    how: Literal["median", "p90", "mean"] = Field(
        "median", description="p90: nine of ten took no longer. Shares do not look at it."
    )
    unit: Literal["s", "min", "h", "%"] = Field("min", description="Of figure and target; % for shares alone.")
    digits: int = Field(1, ge=0, le=3, description="Digits behind the comma.")
    target: float | None = Field(None, ge=0, description="The target; none: only the trend is shown.")
    better: Side = Field("lower", description="Which side of the target is good.")
    source: str = Field(min_length=1, description="Where definition and target come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")

    @model_validator(mode="after")
    def _unit_fits(self) -> Self:
        if (self.unit == "%") != (self.measure in SHARES):
            raise ValueError(f"{self.measure} is not told in {self.unit}")
        if all(each.startswith("!") for each in self.rules):
            raise ValueError("rules leaves out without naming any: add *")
        return self


class Pending(Strict):
    """An indicator that is asked for and that nobody can work out yet."""

    id: str = Field(pattern=NAME, description="Names it in the CSV file.")
    project: Text = Field(description="The component project.")
    text: Text = Field(description="What is to be measured.")
    reason: Text = Field(description="Why there is no figure, and what is missing.")
    target: str = Field("", max_length=40, description="The target, as it is asked for.")
    source: str = Field(min_length=1, description="Who asks for it.")


class ReportPlan(Strict):
    """The file with the indicators of a report."""

    indicators: tuple[Indicator, ...] = Field(min_length=1, max_length=200, description="In the order of the report.")
    modules: tuple[Module, ...] = Field((), max_length=100, description="What is in operation after its hand-over.")
    reactions: tuple[Reaction, ...] = Field((), max_length=100, description="How soon people and machines react.")
    pending: tuple[Pending, ...] = Field((), max_length=100, description="Indicators without data yet, and why.")

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [*(each.id for each in self.indicators), *(each.id for each in self.modules)]
        ids += [each.id for each in self.reactions]
        ids += [each.id for each in self.pending]
        if len(set(ids)) != len(ids):
            raise ValueError("an id stands twice")
        return self


def read_report_plan(path: Path | None) -> ReportPlan:
    """The plan in a file, or the packaged proposal; FileFaultsError with every fault."""
    return read_toml(path or PACKAGED, ReportPlan)
