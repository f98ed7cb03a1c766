"""Which object of a BACnet device a point is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict

#  analog-input,1 | multi-state-value,12: names of object types as ANSI/ASHRAE 135 spells them
OBJECT = (
    r"^(accumulator|analog-input|analog-output|analog-value|averaging|binary-input|binary-output|binary-value"
    r"|characterstring-value|integer-value|large-analog-value|loop|multi-state-input|multi-state-output"
    r"|multi-state-value|positive-integer-value|pulse-converter),[0-9]{1,7}$"
)


class BacnetSource(Strict):
    """Which object of a BACnet device a point is; its present value, with its status flags."""

    protocol: Literal["bacnet"] = "bacnet"
    object: str = Field(pattern=OBJECT, description="Type and instance of the object: analog-input,1.")
    codes: dict[str, int] = Field(
        default_factory=dict, description="The device's number -> the point's own; every other number is bad."
    )
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
