"""The push endpoint: devices that own the pace post their readings, and hear 202 when these are safe on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Deliver
from edge_agent.connectors.http_json.config import PushConnection


class ListenAddress(Protocol):
    """Where the endpoint listens."""

    @property
    def host(self) -> str:
        """Address of the interface."""

    @property
    def port(self) -> int:
        """Port; 0 for a free one."""


class PushServer:
    """The listener for every device that pushes."""

    def __init__(self, listen: ListenAddress, devices: Mapping[str, tuple[PushConnection, DeviceProfile]]) -> None:
        self._listen = listen
        self._devices = devices

    async def listen(self, deliver: Deliver) -> None:
        """Serves until cancelled; LinkError when the port cannot be had."""
        raise NotImplementedError
