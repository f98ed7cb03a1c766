"""Builds the listeners of cameras."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.connector import build_camera
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One listener per camera."""
    snapshots = around.data_dir / "snapshots"
    cameras = {
        each.id: build_camera(each.id, each.connection, each.profile, snapshots=snapshots, clock=around.clock)
        for each in devices
        if isinstance(each.connection, CameraConnection)
    }
    return Connectors(listeners=cameras)
