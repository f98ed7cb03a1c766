"""Builds the doors to devices that speak JSON over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Listener
from edge_agent.connectors.http_json.config import HttpJsonConnection, PushConnection
from edge_agent.connectors.http_json.connector import build_http_json
from edge_agent.connectors.http_json.push import PushServer
from edge_agent.device import Connectors, Device, Surroundings

PUSH = "push"  # the one listener of every device that pushes


def build_polled(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One poller per device that is asked."""
    del around
    pollers = {
        each.id: build_http_json(each.id, each.connection, each.profile)
        for each in devices
        if isinstance(each.connection, HttpJsonConnection)
    }
    return Connectors(pollers=pollers)


def build_pushed(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One endpoint for every device that pushes."""
    return Connectors(listeners={PUSH: PushServer(around.listen, _pushes(devices))})


def expect_pushes(listener: Listener, devices: Sequence[Device]) -> None:
    """The open endpoint expects these devices from now on, and none else."""
    if isinstance(listener, PushServer):
        listener.expect(_pushes(devices))


def _pushes(devices: Sequence[Device]) -> dict[str, tuple[PushConnection, DeviceProfile]]:
    return {each.id: (each.connection, each.profile) for each in devices if isinstance(each.connection, PushConnection)}
