"""Builds the pollers and writers of BACnet/IP devices."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError
from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One poller per device; a writer where the profile names what may be written."""
    del around
    try:
        from edge_agent.connectors.bacnet.connector import BacnetDevice  # noqa: PLC0415 -- an extra: it may be missing
    except ModuleNotFoundError as error:
        hint = "install the extra: pip install 'thacba[bacnet]'"
        fault = Fault("gateway", f"devices[{devices[0].id}].connection.kind", f"needs {error.name}", hint)
        raise FileFaultsError([fault]) from error
    made = {
        each.id: BacnetDevice(each.id, each.connection, each.profile)
        for each in devices
        if isinstance(each.connection, BacnetConnection)
    }
    writers = {each.id: made[each.id] for each in devices if any(command.write for command in each.profile.commands)}
    return Connectors(pollers=made, writers=writers)
