"""The Modbus connector: one poller per unit, one bus per wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence

from device_profiles.load import FileFaultsError
from device_profiles.schema import DeviceProfile
from device_profiles.sources.modbus import REGISTERS, ModbusSource
from device_profiles.writing import Write
from edge_agent.connector import CommandError, LinkError, Sample, Scalar
from edge_agent.connectors.modbus.bus import Bus, RefusedError, quiet_vendor_log
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.decode import decode
from edge_agent.connectors.modbus.encode import encode
from edge_agent.connectors.modbus.lines import line_conflicts, wire_of
from edge_agent.connectors.modbus.plan import Block, Spot, plan, split
from edge_agent.connectors.modbus.readout import read_out, without
from edge_agent.ordering import ordered, shows

ADDRESS_REFUSED = frozenset({0x02, 0x03})  # illegal address, illegal value: perhaps of one register among many
LOOK_AGAIN_S = 0.2  # a contactor needs a moment
UNIT_UNREACHABLE = frozenset({0x0A, 0x0B})  # a gateway answers for a unit that does not


class ModbusDevice:
    """One unit. A request that the unit refuses as a whole is cut until only the refused registers stay refused."""

    def __init__(self, device: str, connection: ModbusConnection, profile: DeviceProfile, bus: Bus) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._bus = bus
        self._blocks = plan(profile.points, max_registers=connection.max_registers, max_gap=connection.max_gap)
        self._indivisible: set[Block] = set()

    async def poll(self) -> Sequence[Sample]:
        """Every point once; points whose request failed say why. LinkError when the unit answers nothing at all."""
        self._bus.join(self)
        samples: list[Sample] = []
        learned: list[Block] = []
        lost: LinkError | None = None
        given_up = ""
        for block in self._blocks:
            if given_up:
                samples += without(self._device, block, given_up)
                learned.append(block)
                continue
            try:
                read, blocks = await self._read(block)
            except LinkError as error:
                lost, given_up = error, error.fault
                read, blocks = without(self._device, block, error.fault), (block,)
            samples += read
            learned += blocks
            given_up = given_up or _unreachable(read)
        if lost and all(sample.fault == lost.fault for sample in samples):
            raise lost
        self._blocks = tuple(learned)
        return samples

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Sets what the profile allows and reads it back; LinkError when the unit does not show it in time."""
        order, value = ordered(self._profile, verb, arguments)
        source = order.source
        if not isinstance(source, ModbusSource):
            raise CommandError(f"{verb} names no place in a Modbus device")
        unit, timeout_s = self._connection.unit, self._connection.timeout_s
        try:
            words = encode(source, value)
            await self._bus.write(unit, source.table, source.address, words, timeout_s=timeout_s)
            return await self._shown(order, source, value)
        except RefusedError as refusal:
            raise CommandError(f"unit {unit} refuses {verb}: {refusal}") from refusal

    async def _shown(self, order: Write, source: ModbusSource, value: Scalar) -> str:
        """What the unit shows, once it is what was ordered."""
        block = Block(source.table, source.address, REGISTERS[source.encoding], (Spot("order", source),))
        shown: Scalar | None = None
        try:
            async with asyncio.timeout(order.within_s):
                while not shows(order, value, shown):
                    words = await self._bus.read(self._connection.unit, block, timeout_s=self._connection.timeout_s)
                    shown = decode(source, words)
                    if not shows(order, value, shown):
                        await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            raise LinkError("not_shown", f"{value!r} was ordered, the unit still shows {shown!r}") from None
        return f"the unit shows {shown!r}"

    async def close(self) -> None:
        """Lets go of the bus; it goes on for the units that still need it."""
        await self._bus.leave(self)

    async def _read(self, block: Block) -> tuple[list[Sample], tuple[Block, ...]]:
        """The samples of a block, and the blocks that will be asked for next time."""
        try:
            words = await self._bus.read(self._connection.unit, block, timeout_s=self._connection.timeout_s)
        except RefusedError as refusal:
            if refusal.code in ADDRESS_REFUSED and len(block.spots) > 1 and block not in self._indivisible:
                return await self._read_apart(block)
            return without(self._device, block, refusal.fault), (block,)
        return read_out(self._device, block, words), (block,)

    async def _read_apart(self, block: Block) -> tuple[list[Sample], tuple[Block, ...]]:
        first, second = split(block)
        samples, blocks = await self._read(first)
        more, further = await self._read(second)
        samples += more
        if all(sample.fault for sample in samples):  # not a register, the whole unit refuses: stay with one request
            self._indivisible.add(block)
            return samples, (block,)
        return samples, (*blocks, *further)


def build_modbus(
    devices: Sequence[tuple[str, ModbusConnection, DeviceProfile]],
    wires: MutableMapping[tuple[object, ...], Bus] | None = None,
) -> dict[str, ModbusDevice]:
    """The pollers of these devices by id; units on one serial line or behind one host share its bus.

    `wires` are those in use: a device that is built later joins the bus that its neighbours already have.
    """
    quiet_vendor_log()
    faults = line_conflicts((device, connection) for device, connection, _ in devices)
    if faults:
        raise FileFaultsError(faults)
    buses = {} if wires is None else wires
    for wire in [wire for wire, bus in buses.items() if not bus.in_use]:
        del buses[wire]
    pollers: dict[str, ModbusDevice] = {}
    for device, connection, profile in devices:
        bus = buses.setdefault(wire_of(connection), Bus(connection))
        pollers[device] = unit = ModbusDevice(device, connection, profile, bus)
        bus.join(unit)
    return pollers


def _unreachable(samples: Sequence[Sample]) -> str:
    """The fault when a gateway says that the unit is not there: asking on would only keep others waiting."""
    codes = {f"exception_{code:02X}" for code in UNIT_UNREACHABLE}
    return next((sample.fault for sample in samples if sample.fault in codes), "")
