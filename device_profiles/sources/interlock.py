"""What an interlock of the gateway says of itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict


class InterlockSource(Strict):
    """Which fact of an interlock feeds a point."""

    protocol: Literal["interlock"] = "interlock"
    fact: Literal["tripped", "armed", "failed", "blind", "trips"] = Field(description="The fact's name.")
