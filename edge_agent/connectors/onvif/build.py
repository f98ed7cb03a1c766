"""Builds the listeners and writers of ONVIF cameras."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.onvif.config import OnvifConnection
from edge_agent.connectors.onvif.connector import OnvifCamera
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One listener per camera, which also takes its commands."""
    cameras = {
        each.id: OnvifCamera(each.id, each.connection, each.profile, period_s=each.period_s, clock=around.clock)
        for each in devices
        if isinstance(each.connection, OnvifConnection)
    }
    return Connectors(listeners=cameras, writers=cameras)
