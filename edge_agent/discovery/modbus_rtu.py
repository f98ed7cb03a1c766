"""Modbus RTU: which units answer on the gateway's serial lines, at which speed, and which models those could be.

Ports that the agent uses are left alone: two masters on one line spoil each other's readings.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from device_profiles.load import Catalogue
from edge_agent.connector import LinkError
from edge_agent.connectors.modbus.bus import Bus, quiet_vendor_log
from edge_agent.connectors.modbus.config import LAST_SERIAL_UNIT, ModbusConnection
from edge_agent.discovery.finding import Finding, News, Progress, Scope, SerialLine
from edge_agent.discovery.fitting import evidence_of
from edge_agent.discovery.modbus_units import fits_of, is_there, modbus_profiles
from edge_agent.discovery.serial_ports import Ports, SerialPort, ports_there

KIND: Final = "modbus_rtu"


class ModbusRtuRoom:
    """Asks each unit at each setting; the first setting at which somebody answers is that of the line."""

    def __init__(self, catalogue: Catalogue, ports: Ports = ports_there) -> None:
        self._profiles = modbus_profiles(catalogue)
        self._ports = ports

    async def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """Line by line; a port that cannot be opened is named in a note."""
        quiet_vendor_log()
        for port in self._wanted(scope):
            if {port.name, port.device} & scope.busy:
                yield Progress(KIND, 0, 0, note=f"{port.name} is in use")
                continue
            for line in scope.lines:
                found = False
                async for item in self._line(port.name, line, scope):
                    found = found or isinstance(item, Finding)
                    yield item
                if found:
                    break

    def _wanted(self, scope: Scope) -> list[SerialPort]:
        """Named ports also when the system does not list them: a terminal server's, a pseudo terminal."""
        there = {port.name: port for port in self._ports()}
        named = scope.serial_ports or tuple(there)
        return [there.get(name, SerialPort(name, name, name)) for name in named]

    async def _line(self, port: str, line: SerialLine, scope: Scope) -> AsyncGenerator[News, None]:
        units = [unit for unit in scope.units if 1 <= unit <= LAST_SERIAL_UNIT]
        answering: list[int] = []
        bus = Bus(_connection(port, line, 1, scope))
        try:
            for place, unit in enumerate(units, start=1):
                if await is_there(bus, unit, timeout_s=scope.timeout_s):
                    answering.append(unit)
                yield Progress(KIND, place, len(units), note=f"{port} {_words(line)}")
        except LinkError:
            yield Progress(KIND, 0, len(units), note=f"{port} cannot be opened")
            return
        finally:
            await bus.close()
        for unit in answering:
            yield await self._finding(port, line, unit, scope)

    async def _finding(self, port: str, line: SerialLine, unit: int, scope: Scope) -> Finding:
        connection = _connection(port, line, unit, scope)
        fits = await fits_of(connection, self._profiles)
        kept = {"kind", "transport", "serial_port", "baud_rate", "parity", "stop_bits", "unit"}
        return Finding(
            KIND,
            f"{port}/{unit}",
            f"Modbus RTU unit {unit}, {_words(line)}",
            profiles=tuple(each.profile for each in fits),
            connection=connection.model_dump(include=kept),
            evidence={"line": _words(line), **evidence_of(fits)},
        )


def _connection(port: str, line: SerialLine, unit: int, scope: Scope) -> ModbusConnection:
    return ModbusConnection(
        transport="rtu",
        serial_port=port,
        baud_rate=line.baud_rate,
        parity=line.parity,
        stop_bits=line.stop_bits,
        unit=unit,
        timeout_s=scope.timeout_s,
    )


def _words(line: SerialLine) -> str:
    return f"{line.baud_rate} 8{line.parity[0].upper()}{line.stop_bits}"
