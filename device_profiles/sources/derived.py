"""A point that the centre works out from other readings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Key, Strict


class DerivedSource(Strict):
    """A point that the centre works out from other readings (cloud/indices); no device measures it."""

    protocol: Literal["derived"] = "derived"
    index: Key = Field(description="The index that gives it.")
