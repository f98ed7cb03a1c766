"""What the public door may do: closed unless somebody opens it."""

from __future__ import annotations

from pydantic import Field

from device_profiles.schema import Identifier, Strict


class CitizenConfig(Strict):
    """`[citizen]` of centre.toml."""

    open: bool = Field(False, description="Whether strangers may see the public page and report.")
    hidden_sites: tuple[Identifier, ...] = Field((), description="Sites whose figures the public page leaves out.")
    cache_s: float = Field(30.0, ge=1, le=600, description="The public page is worked out anew so seldom.")
    severity: int = Field(3, ge=2, le=4, description="Severity of an incident that a report opens; people change it.")
    reports_per_hour: int = Field(4, ge=1, le=1000, description="Reports from one address within an hour.")
    reports_per_day: int = Field(300, ge=1, le=100_000, description="Reports from everybody within a day.")
    answers_per_hour: int = Field(60, ge=1, le=10_000, description="Survey answers from one address within an hour.")
    photo_minutes: int = Field(30, ge=1, le=1440, description="A report takes its photos within this time.")
    photos: int = Field(3, ge=0, le=10, description="Photos of one report; 0 = none are taken.")
    personal_days: int = Field(
        30,
        ge=1,
        le=365,
        description="Days after the end of its incident that words, name and telephone of a report stay.",
    )
    most_days: int = Field(180, ge=1, le=1825, description="Days after which they go, whether it has ended or not.")
