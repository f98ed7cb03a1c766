"""Builds the interlocks of a gateway, and says what does not fit its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.interlock.listener import Interlock
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.interlocks.config import InterlockConnection


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One listener and writer per interlock."""
    interlocks = {
        each.id: Interlock(each.id, each.connection, around)
        for each in devices
        if isinstance(each.connection, InterlockConnection)
    }
    return Connectors(listeners=interlocks, writers=interlocks)
