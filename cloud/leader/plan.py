"""Which figures the leader sees, and from where on they are good or poor."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.load import read_toml
from device_profiles.schema import Strict, Text

Measure = Literal[
    "critical_unacknowledged", "waiting_min", "flood_level", "incidents_overdue", "vn_aqi", "gateways_online_pct",
    "fresh_pct", "cameras_good_pct", "stored_pct",
]  # fmt: skip


class Target(Strict):
    """One figure. Between `good` and `poor` it needs attention; when `poor` is below `good`, more is better."""

    measure: Measure = Field(description="What is worked out.")
    text: Text = Field(description="What the leader reads.")
    good: float = Field(description="Up to here (or from here on, when more is better) it is good.")
    poor: float = Field(description="From here on (or below it, when more is better) something must be done.")
    unit: str = Field("", max_length=12, description="Stands behind the figure.")
    digits: int = Field(0, ge=0, le=3, description="Digits behind the comma.")
    page: str = Field(pattern=r"^/[a-z]", description="Where the details are.")
    source: str = Field(min_length=1, description="Where the limits come from.")
    confirmed: bool = Field(description="True when somebody responsible has confirmed them.")

    @property
    def more_is_better(self) -> bool:
        """The direction of the figure."""
        return self.poor < self.good

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.good == self.poor:
            raise ValueError("good and poor are the same: which way is better?")
        return self


class LeaderPlan(Strict):
    """The file `leader_plan` of centre.toml."""

    targets: tuple[Target, ...] = Field(min_length=1, max_length=30, description="The figures, in their order.")

    @model_validator(mode="after")
    def _measures_differ(self) -> Self:
        measures = [each.measure for each in self.targets]
        if len(set(measures)) != len(measures):
            raise ValueError("a measure stands twice")
        return self


def read_leader_plan(path: Path | None) -> LeaderPlan:
    """The plan in a file, or the packaged proposal; FileFaultsError with every fault."""
    if path is not None:
        return read_toml(path, LeaderPlan)
    with as_file(files("cloud.leader").joinpath("plan.toml")) as packaged:
        return read_toml(packaged, LeaderPlan)
