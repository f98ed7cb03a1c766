"""Serial ports of the gateway: which there are, under the names that survive a restart."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serial.tools import list_ports

from edge_agent.discovery.finding import Finding, News, Progress, Scope

BY_ID = Path("/dev/serial/by-id")
KIND: Final = "serial"


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A port by its lasting name, and what is plugged in."""

    name: str
    device: str
    what: str


Ports = Callable[[], Sequence[SerialPort]]


def ports_there() -> Sequence[SerialPort]:
    """Every serial port with something behind it; the bare UARTs of a PC that nothing hangs on are left out."""
    lasting = {os.path.realpath(path): str(path) for path in BY_ID.glob("*")} if BY_ID.is_dir() else {}
    found = [
        SerialPort(lasting.get(os.path.realpath(port.device), port.device), port.device, port.description)
        for port in list_ports.comports()
        if port.hwid != "n/a"
    ]
    return sorted(found, key=lambda port: port.device)


class SerialRoom:
    """Lists ports; opens none."""

    def __init__(self, ports: Ports = ports_there) -> None:
        self._ports = ports

    async def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """One finding for each port; a port that the agent uses says so."""
        ports = [port for port in self._ports() if not scope.serial_ports or port.name in scope.serial_ports]
        for port in ports:
            used = {port.name, port.device} & scope.busy
            yield Finding(
                KIND,
                port.name,
                port.what,
                connection={"kind": "modbus", "transport": "rtu", "serial_port": port.name},
                evidence={"device": port.device} | ({"in use": "by this gateway"} if used else {}),
                unfinished=("unit", "baud_rate", "parity"),
            )
        yield Progress(KIND, len(ports), len(ports))
