"""Builds the doors to kiosks."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.connectors.kiosk.connector import build_kiosk
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One door per kiosk, for reading and for writing."""
    del around
    kiosks = {
        each.id: build_kiosk(each.id, each.connection, each.profile)
        for each in devices
        if isinstance(each.connection, KioskConnection)
    }
    return Connectors(pollers=kiosks, writers=kiosks)
