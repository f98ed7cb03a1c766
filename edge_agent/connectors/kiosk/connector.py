"""The kiosk connector: reads state and ratings, and carries out what the centre asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation, Scalar
from edge_agent.connectors.kiosk.config import KioskConnection


class Kiosk:
    """One kiosk: a poller and a writer."""

    async def poll(self) -> Sequence[Observation]:
        """Every point once, and each rating that was not read before."""
        raise NotImplementedError

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Carries out reboot or show_message."""
        raise NotImplementedError

    async def close(self) -> None:
        """Lets go of the kiosk."""


def build_kiosk(device: str, connection: KioskConnection, profile: DeviceProfile) -> Kiosk:
    """The poller and writer of this kiosk."""
    raise NotImplementedError
