"""Configuration of one BACnet/IP device: where it is, which device it must be, and whether it may be commanded."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.schema import Strict

DEFAULT_PORT = 47_808  # 0xBAC0
LOWEST_PRIORITY = 16


class BacnetConnection(Strict):
    """Ask one BACnet/IP device for its objects."""

    kind: Literal["bacnet"] = Field("bacnet", description="Always bacnet.")
    host: str = Field(min_length=1, max_length=253, description="IPv4 address or name of the device.")
    port: int = Field(DEFAULT_PORT, ge=1, le=65_535, description="UDP port of the device.")
    device: int = Field(ge=0, le=4_194_302, description="Its device instance; another device there is not read.")
    timeout_s: float = Field(3.0, ge=0.2, le=30, description="Longest wait for one answer.")
    retries: int = Field(1, ge=0, le=5, description="How often a question without answer is asked again.")
    max_objects: int = Field(20, ge=1, le=100, description="Most objects in one question.")
    priority: int = Field(8, ge=1, le=LOWEST_PRIORITY, description="At which priority commands write; 8: by hand.")
    writes: Literal["refused", "allowed"] = Field("refused", description="Whether commands may write anything.")
