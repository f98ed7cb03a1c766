"""Which readings a rule looks at."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.schema import Identifier, Key, Strict


class Selector(Strict):
    """Which readings a rule looks at; an empty list means all."""

    profile: Key | Literal[""] = Field("", description="Device profile; only a combination leaves it out.")
    point: Key | Literal[""] = Field("", description="Point of the profile; only a stale rule may leave it out.")
    sites: tuple[Identifier, ...] = Field((), description="Only these sites.")
    areas: tuple[Identifier, ...] = Field((), description="Only sites in these areas, at any depth.")
    gateways: tuple[Identifier, ...] = Field((), description="Only these gateways.")
    devices: tuple[Identifier, ...] = Field((), description="Only these devices.")
    labels: tuple[Identifier, ...] = Field((), description="Only sites that carry all of these labels.")
    only_with: tuple[Key, ...] = Field((), description="Only sites that have all of these attributes.")
