"""Builds the listeners of stations whose files come into a folder."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.station_file.config import StationFileConnection
from edge_agent.connectors.station_file.connector import StationListener
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One listener per station; several may look into one folder."""
    listeners = {
        each.id: StationListener(each.id, each.connection, each.profile, clock=around.clock)
        for each in devices
        if isinstance(each.connection, StationFileConnection)
    }
    return Connectors(listeners=listeners)
