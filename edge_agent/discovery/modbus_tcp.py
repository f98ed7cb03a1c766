"""Modbus TCP: which hosts listen, which units are behind them, and which models those could be."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from device_profiles.load import Catalogue
from edge_agent.connector import LinkError
from edge_agent.connectors.modbus.bus import Bus, quiet_vendor_log
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.discovery.finding import Finding, News, Progress, Scope
from edge_agent.discovery.fitting import evidence_of
from edge_agent.discovery.modbus_units import fits_of, is_there, modbus_profiles
from edge_agent.discovery.networks import hosts_of
from edge_agent.discovery.sweep import Pace, is_open, sweep

AT_ONCE = 16
STRANGER = 246  # nobody has this address: a host that answers for it answers for all, and holds one device
KIND: Final = "modbus_tcp"


class ModbusTcpRoom:
    """Knocks at every address, asks those that open for their units, and reads those that answer."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._profiles = modbus_profiles(catalogue)

    async def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """Hosts in the order in which they answer."""
        quiet_vendor_log()
        pace = Pace(scope.probes_per_s)
        doors = [(host, port) for host in hosts_of(scope.networks) for port in scope.modbus_ports]
        asked = [door for door in doors if f"{door[0]}:{door[1]}" not in scope.busy]

        async def knock(door: tuple[str, int]) -> bool:
            await pace.turn()
            return await is_open(*door, timeout_s=scope.timeout_s)

        opened: list[tuple[str, int]] = []
        done = len(doors) - len(asked)
        async with aclosing(sweep(asked, knock, at_once=AT_ONCE)) as knocks:
            async for door, there in knocks:
                done += 1
                opened += [door] if there else []
                yield Progress(KIND, done, len(doors))
        for host, port in sorted(opened):
            async for item in self._behind(host, port, scope):
                yield item

    async def _behind(self, host: str, port: int, scope: Scope) -> AsyncGenerator[News, None]:
        """One finding for each unit of a host."""
        units = await self._units(host, port, scope)
        for place, unit in enumerate(units, start=1):
            connection = _connection(host, port, unit, scope)
            fits = await fits_of(connection, self._profiles)
            yield Finding(
                KIND,
                f"{host}:{port}/{unit}",
                f"Modbus TCP unit {unit}",
                profiles=tuple(each.profile for each in fits),
                connection={"kind": "modbus", "transport": "tcp", "host": host, "port": port, "unit": unit},
                evidence=evidence_of(fits),
            )
            yield Progress(KIND, place, len(units), note=f"{host}:{port}")

    async def _units(self, host: str, port: int, scope: Scope) -> tuple[int, ...]:
        """The units that answer; only the first wanted one when the host answers whatever the address."""
        bus = Bus(_connection(host, port, scope.units[0], scope))
        try:
            if await is_there(bus, STRANGER, timeout_s=scope.timeout_s):
                return scope.units[:1]
            return tuple([unit for unit in scope.units if await is_there(bus, unit, timeout_s=scope.timeout_s)])
        except LinkError:  # it opened and shut its door: somebody else is connected, and it takes only one
            return ()
        finally:
            await bus.close()


def _connection(host: str, port: int, unit: int, scope: Scope) -> ModbusConnection:
    return ModbusConnection(host=host, port=port, unit=unit, timeout_s=scope.timeout_s)
