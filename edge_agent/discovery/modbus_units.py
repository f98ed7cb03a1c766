"""Which units are on a Modbus wire and which models they could be: reads only, one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import LinkError, Observation, Sample
from edge_agent.connectors.modbus.bus import Bus, RefusedError
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import ModbusDevice
from edge_agent.connectors.modbus.plan import Block
from edge_agent.discovery.fitting import Fit, fit, suggested

NOBODY_THERE = frozenset({0x0A, 0x0B})  # a gateway answers for a unit that does not
PROBE = Block("input", 0, 1, ())


def modbus_profiles(catalogue: Catalogue) -> tuple[DeviceProfile, ...]:
    """The models that are read by Modbus."""
    return tuple(profile for profile in catalogue.profiles.values() if profile.protocol == "modbus")


async def is_there(bus: Bus, unit: int, *, timeout_s: float) -> bool:
    """Whether a unit answers at all, be it that it refuses; LinkError only when the wire itself cannot be reached."""
    try:
        await bus.read(unit, PROBE, timeout_s=timeout_s)
    except RefusedError as refusal:
        return refusal.code not in NOBODY_THERE
    except LinkError as error:
        if error.fault == "refused":
            raise
        return False
    return True


async def fits_of(connection: ModbusConnection, profiles: Sequence[DeviceProfile]) -> Sequence[Fit]:
    """The models that the values of this unit speak for, the best first."""
    fits: list[Fit] = []
    bus = Bus(connection)
    try:
        for profile in profiles:
            device = ModbusDevice("found", connection, profile, bus)
            try:
                fits.append(fit(profile, _samples(await device.poll())))
            except LinkError:  # it keeps silent about addresses that it does not have: let a late answer pass, go on
                await bus.close()
                await asyncio.sleep(2 * connection.timeout_s)
                bus = Bus(connection)
    finally:
        await bus.close()
    return suggested(fits)


def _samples(observations: Sequence[Observation]) -> list[Sample]:
    return [each for each in observations if isinstance(each, Sample)]
