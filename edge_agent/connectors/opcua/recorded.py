"""What this room makes of recorded values: {"ns=2;s=Level": 3.2, "ns=2;s=Gate": {"status": "BadSensorFailure"}}; pure.

A plain value is good; {"value": 3.2, "status": "UncertainLastUsableValue"} is what its status says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.opcua.readout import NO_SUCH_NODE, Severity, Told, sample, spots_of


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point once; a node that was not recorded is one that the server does not know."""
    nodes = raw if isinstance(raw, Mapping) else {}
    return [
        sample(device, spot, _told(nodes[spot.source.node]) if spot.source.node in nodes else NO_SUCH_NODE)
        for spot in spots_of(profile)
    ]


def _told(raw: object) -> Told:
    if not isinstance(raw, Mapping):
        return Told(raw)
    status = str(raw.get("status", ""))
    severity: Severity = "bad" if status.startswith("Bad") else "uncertain" if status.startswith("Unc") else "good"
    return Told(raw.get("value"), severity, status)
