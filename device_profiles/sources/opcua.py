"""Where a point lies in the address space of an OPC UA server."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict

#  i=2258 | ns=2;s=Level | nsu=http://vendor/model;s=Level
NODE = r"^(?:ns=[0-9]+;|nsu=[^;\s]+;)?(?:i=[0-9]+|s=.+|g=[0-9A-Fa-f-]+|b=[A-Za-z0-9+/]+=*)$"


class OpcUaSource(Strict):
    """Where a point lies in the address space of an OPC UA server."""

    protocol: Literal["opcua"] = "opcua"
    node: str = Field(
        pattern=NODE,
        max_length=500,
        description="Node: ns=2;s=Level, or nsu=<namespace>;s=Level, which survives other numbers.",
    )
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
