"""How a CAP channel is configured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from device_profiles.schema import Identifier, Strict, Text

Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
]  # fmt: skip
CapSeverity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
POINT = r"-?\d{1,2}(?:\.\d+)?,-?\d{1,3}(?:\.\d+)?"
POLYGON = re.compile(rf"{POINT}(?: {POINT}){{3,}}")
CIRCLE = re.compile(rf"{POINT} \d+(?:\.\d+)?")
# Rules whose names begin like this. Categories of the standard; which of ours is which is our own reading, unconfirmed.
CATEGORIES: dict[str, tuple[Category, ...]] = {
    "flood": ("Met",), "flash_flood": ("Met",), "river": ("Met",), "rain": ("Met",), "wind": ("Met",),
    "weather": ("Met",), "reservoir": ("Met", "Infra"), "dam": ("Infra", "Safety"), "landslide": ("Geo",),
    "air": ("Env",), "water": ("Env",), "fire": ("Fire",), "sos": ("Security",), "traffic": ("Transport",),
    "road": ("Transport",), "ford": ("Transport",), "vaccine": ("Health",), "hospital": ("Health",),
}  # fmt: skip
# Báo động I, II, III are severities 3, 2, 1 of our flood rules: Minor, Moderate, Severe. An engineering default.
SEVERITIES: dict[Literal["1", "2", "3", "4"], CapSeverity] = {
    "1": "Severe", "2": "Moderate", "3": "Minor", "4": "Minor",
}  # fmt: skip


class CapArea(Strict):
    """The area that an alarm at a site concerns."""

    description: Text | None = Field(None, description="areaDesc; left out = the name of the site.")
    polygons: tuple[str, ...] = Field((), description="Polygons: `lat,lon lat,lon ...`, the last point is the first.")
    circles: tuple[str, ...] = Field((), description="Circles: `lat,lon radius`, in kilometres.")
    geocodes: dict[str, str] = Field(default_factory=dict, description="Codes of areas, by the name of their system.")

    @field_validator("polygons")
    @classmethod
    def _are_closed(cls, polygons: tuple[str, ...]) -> tuple[str, ...]:
        for polygon in polygons:
            points = polygon.split(" ")
            if not POLYGON.fullmatch(polygon) or points[0] != points[-1]:
                raise ValueError(f"{polygon[:40]!r} is no closed polygon of `lat,lon` points")
        return polygons

    @field_validator("circles")
    @classmethod
    def _are_circles(cls, circles: tuple[str, ...]) -> tuple[str, ...]:
        for circle in circles:
            if not CIRCLE.fullmatch(circle):
                raise ValueError(f"{circle[:40]!r} is not `lat,lon radius`")
        return circles


class CapConfig(Strict):
    """Writes a CAP 1.2 message for every change of an alarm, and an Atom feed of them."""

    kind: Literal["cap"]
    name: Identifier = Field(description="Name of the channel, as rules call it.")
    folder: Path = Field(description="Where messages and feed.atom are written; made when missing.")
    base_url: str = Field("", pattern=r"^(https?://\S+)?$", description="Where the folder is published, for links.")
    sender: str = Field(pattern=r"^[^\s,<&]{1,200}$", description="Who sends: a name that is unique in the world.")
    sender_name: str = Field("", max_length=200, description="The same for people.")
    contact: str = Field("", max_length=200, description="Whom to ask.")
    status: Literal["Actual", "Exercise", "Test"] = Field("Actual", description="What it is all about; tests are Test.")
    scope: Literal["Public", "Restricted", "Private"] = Field("Restricted", description="Whom messages are meant for.")
    restriction: str = Field("Dùng nội bộ cơ quan vận hành", description="Why the scope is restricted.")
    addresses: tuple[str, ...] = Field((), description="For whom messages are; needed when the scope is private.")
    categories: dict[str, tuple[Category, ...]] = Field(
        default_factory=lambda: dict(CATEGORIES),
        description="Categories of rules, by how their ids begin; the longest counts.",
    )
    category: Category = Field("Infra", description="Category of all other rules.")
    severities: dict[Literal["1", "2", "3", "4"], CapSeverity] = Field(
        default_factory=lambda: dict(SEVERITIES), description="What our severities are in CAP."
    )
    extreme_rules: tuple[str, ...] = Field(
        ("flood",), description="Rules, by how their ids begin, that may be Extreme: water levels in metres."
    )
    extreme_above_m: float = Field(
        1.0, ge=0, description="So far above the threshold of severity 1 it is Extreme; 0 = never."
    )
    expires_h: float = Field(6.0, gt=0, le=168, description="How long a message is good when nothing follows it.")
    areas: dict[str, CapArea] = Field(default_factory=dict, description="Areas of sites.")
    radius_km: float = Field(5.0, gt=0, le=500, description="Circle around a site whose area is not configured.")
    keep_days: int = Field(30, ge=1, le=3650, description="How long messages stay in the folder.")
    feed_entries: int = Field(100, ge=1, le=1000, description="Most messages in the feed.")
    per_minute: int = Field(600, ge=1, le=6000, description="Most notices per minute; the rest wait.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.scope == "Private" and not self.addresses:
            raise ValueError("addresses are missing: the scope is Private")
        if self.scope == "Restricted" and not self.restriction:
            raise ValueError("restriction is missing: the scope is Restricted")
        missing = sorted(set(SEVERITIES) - set(self.severities))
        if missing:
            raise ValueError(f"severities of {', '.join(missing)} are missing")
        return self
