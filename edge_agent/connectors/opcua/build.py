"""Builds the listeners and writers of devices behind OPC UA servers."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.device import Connectors, Device, Surroundings

FOLDER = "opcua"  # below data_dir: our certificate, and those of the servers


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One session per device; a writer where the profile names what may be written."""
    try:
        from edge_agent.connectors.opcua.connector import OpcUaDevice  # noqa: PLC0415 -- an extra: it may be missing
    except ModuleNotFoundError as error:
        hint = "install the extra: pip install 'thacba[opcua]'"
        fault = Fault("gateway", f"devices[{devices[0].id}].connection.kind", f"needs {error.name}", hint)
        raise FileFaultsError([fault]) from error
    made = {
        each.id: OpcUaDevice(
            each.id,
            each.connection,
            each.profile,
            folder=around.data_dir / FOLDER,
            clock=around.clock,
            round_s=each.period_s,
        )
        for each in devices
        if isinstance(each.connection, OpcUaConnection)
    }
    writers = {each.id: made[each.id] for each in devices if any(command.write for command in each.profile.commands)}
    return Connectors(listeners=made, writers=writers)
