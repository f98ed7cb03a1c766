"""What only one device of a gateway can have: an address on a line, a sender, a station's files; pure.

A connection that claims something has a property `claims`: what it is -> how it is called in a sentence. Devices on one
serial port must speak the same protocol, and agree about the port, where their connections say so by `line`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping

from device_profiles.explain import Fault
from edge_agent.device import Connection

Claims = Mapping[Hashable, str]


def claim_faults(connections: Iterable[tuple[str, Connection]], *, file: str) -> Iterator[Fault]:
    """One fault for each thing that two devices claim, and for each port that they disagree about."""
    owners: dict[Hashable, str] = {}
    ports: dict[str, tuple[str, Hashable]] = {}
    for device, connection in connections:
        where = f"devices[{device}].connection"
        claims: Claims = getattr(connection, "claims", {})
        for claim, called in claims.items():
            owner = owners.setdefault(claim, device)
            if owner != device:
                yield Fault(file, where, f"{called} is what {owner} has already", "give each device its own")
        port: str = getattr(connection, "serial_port", "")
        if port:
            manner = (connection.kind, getattr(connection, "line", None))
            owner, agreed = ports.setdefault(port, (device, manner))
            if manner != agreed:
                reason = f"uses {port} otherwise than {owner} does"
                yield Fault(file, f"{where}.serial_port", reason, "make kind and settings of the port equal")
