"""Hears the traps of one device at a port that it shares with others."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Deliver, LinkError
from edge_agent.connectors.sharing import Hearer, SharedLine
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.connector import SnmpDevice
from edge_agent.connectors.snmp.login import identity
from edge_agent.connectors.snmp.trap_door import Members, TrapDoor, addresses_of
from edge_agent.connectors.snmp.traps import Trap, observations
from edge_agent.device import Wires

log = logging.getLogger(__name__)


class TrapPort:
    """One port of ours, as several devices share it."""

    def __init__(self, host: str, port: int) -> None:
        self.members = Members()
        self._where = host, port
        self._said = False
        self.line: SharedLine[Trap] = SharedLine(self._open)

    @property
    def in_use(self) -> bool:
        """Whether some device is heard here."""
        return self.line.in_use

    async def _open(self) -> TrapDoor:
        door = TrapDoor(self.members, *self._where)
        try:
            door.open()
        except LinkError as error:
            if not self._said:
                log.warning("traps are not heard", extra={"error": str(error)})
            self._said = True
            raise
        self._said = False
        return door


class SnmpTraps:
    """The traps of one device."""

    def __init__(self, device: SnmpDevice, connection: SnmpConnection, profile: DeviceProfile, port: TrapPort) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._port = port

    async def listen(self, deliver: Deliver) -> None:
        """Delivers the device's events until cancelled; LinkError when the port cannot be had."""
        members, name = self._port.members, self._device.name
        addresses = await addresses_of(self._connection.host)
        if not addresses:
            raise LinkError("refused", f"{self._connection.host} has no address")
        topic = f"{name}#{hashlib.sha256(self._connection.model_dump_json().encode()).hexdigest()[:12]}"
        who = identity(self._connection)
        members.connections[topic], members.addresses[topic] = self._connection, addresses

        async def take(traps: Sequence[Trap]) -> None:
            rows = self._device.rows
            found = [each for trap in traps for each in observations(name, self._profile, rows, trap)]
            if found:
                await deliver(found)

        def concerns(trap: Trap) -> bool:
            return trap.identity == who and trap.address in addresses

        try:
            await self._port.line.listen(Hearer(name, concerns, take, frozenset({topic})))
        finally:
            members.addresses.pop(topic, None)


def trap_port(wires: Wires, host: str, port: int) -> TrapPort:
    """The port that its neighbours already have, or a new one."""
    wire = ("snmp_traps", host, port)
    found = wires.get(wire)
    if not isinstance(found, TrapPort):
        found = wires[wire] = TrapPort(host, port)
    return found
