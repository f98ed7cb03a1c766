"""Which value of which SDI-12 command feeds a point."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict


class Sdi12Source(Strict):
    """Which value of which command; the address of the sensor belongs to the connection."""

    protocol: Literal["sdi12"] = "sdi12"
    command: str = Field("M", pattern=r"^([MC][1-9]?|R[0-9])$", description="M, M1-M9, C, C1-C9 or R0-R9.")
    value: int = Field(ge=1, le=99, description="Which of the values that it returns, counted from 1.")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
    faulty: tuple[float, ...] = Field((), max_length=8, description="Values by which the sensor says that it failed.")
