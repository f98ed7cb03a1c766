"""The HTTP JSON connector: asks one address and takes the points out of the answer."""

from __future__ import annotations

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Poller
from edge_agent.connectors.http_json.config import HttpJsonConnection


def build_http_json(device: str, connection: HttpJsonConnection, profile: DeviceProfile) -> Poller:
    """The poller of this device."""
    raise NotImplementedError
