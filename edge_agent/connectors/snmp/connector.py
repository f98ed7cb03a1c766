"""The SNMP connector: one poller and writer per device; what the agent cannot say at once is asked in halves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing

from device_profiles.schema import DeviceProfile
from device_profiles.sources.snmp import SnmpSource
from edge_agent.connector import CommandError, LinkError, Sample, Scalar
from edge_agent.connectors.snmp.answers import Answer
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.engine import Agent, Engine, TooBigError
from edge_agent.connectors.snmp.plan import filled, plan, row_names
from edge_agent.connectors.snmp.readout import Told, began_anew, read_out, value_of
from edge_agent.ordering import ordered, shows
from edge_agent.scaling import unscaled

#  ifName of the IF-MIB, then ifDescr, which older agents have alone
INTERFACE_NAMES = ("1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2")
BROKEN = Answer("missing", fault="device")  # the agent answers an error when it is asked for this alone
TOO_LONG = Answer("missing", fault="too_long")
LOOK_AGAIN_S = 0.3  # between two looks at a value that was set

log = logging.getLogger(__name__)


class SnmpDevice:
    """One device. Rows that are named by interface are looked up when it begins, and again after it restarted."""

    def __init__(self, device: str, connection: SnmpConnection, profile: DeviceProfile, engine: Engine) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._agent = Agent(connection, engine)
        self._rows: Mapping[str, int] | None = None
        self._before: Told | None = None

    @property
    def name(self) -> str:
        """The device's identifier."""
        return self._device

    @property
    def rows(self) -> Mapping[str, int]:
        """The numbers of its rows, as far as they are known."""
        fixed = {name: row for name, row in self._connection.rows.items() if isinstance(row, int)}
        return self._rows if self._rows is not None else fixed

    async def poll(self) -> Sequence[Sample]:
        """Every point once; LinkError when the agent answers nothing at all."""
        try:
            return await self._poll()
        except LinkError:
            self._rows = None
            raise

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Sets what the profile names, looks whether the device shows it, and says so."""
        if self._connection.writes != "allowed":
            raise CommandError('the configuration of this device allows no writes: writes = "allowed"')
        write, wanted = ordered(self._profile, verb, arguments)
        source = write.source
        rows = self._rows if self._rows is not None else await self._look_up()
        oid = filled(source.oid, rows) if isinstance(source, SnmpSource) else ""
        if not isinstance(source, SnmpSource) or not oid:
            raise CommandError("the row that is meant is not known: see rows of the connection")
        try:
            now = (await self._agent.get([oid]))[oid]
            if now.kind == "missing":
                raise CommandError("the device has no such value")
            await self._agent.put(oid, _raw(source, wanted), now.kind)
            async with asyncio.timeout(write.within_s):
                shown = await self._shown(source, oid)
                while not shows(write, wanted, shown):
                    await asyncio.sleep(LOOK_AGAIN_S)
                    shown = await self._shown(source, oid)
        except TimeoutError:
            raise LinkError(
                "device", f"written, but the device does not show {wanted} after {write.within_s:g} s"
            ) from None
        except TooBigError as error:
            raise LinkError("device", "the device answers an error") from error
        return f"{wanted} written, the device shows {shown}"

    async def close(self) -> None:
        """Lets go of the sockets."""
        self._agent.close()

    async def _poll(self) -> Sequence[Sample]:
        if self._rows is None:
            self._rows = await self._look_up()
        asked = plan(self._profile, self._rows)
        values = await self._values(asked.values)
        told = Told(values, {column: await self._column(column) for column in asked.columns})
        before = self._before
        if before is None or before.ticks != told.ticks:  # in the same hundredth of a second nothing can be counted
            self._before = told
        if began_anew(before, told):
            log.info("device restarted", extra={"device": self._device})
            self._rows = None  # its interfaces may have other numbers now
        return read_out(self._device, asked, told, before)

    async def _values(self, oids: Sequence[str]) -> dict[str, Answer]:
        """Single values; when the agent falls silent half-way, the rest is bad and not the whole poll lost."""
        found: dict[str, Answer] = {}
        lost = ""
        for begin in range(0, len(oids), self._connection.max_values):
            some = oids[begin : begin + self._connection.max_values]
            try:
                found |= _silent(some, lost) if lost else await self._some(some)
            except LinkError as error:
                if not found:
                    raise
                lost = error.fault
                found |= _silent(some, lost)
        return found

    async def _some(self, oids: Sequence[str]) -> dict[str, Answer]:
        try:
            return await self._agent.get(oids)
        except TooBigError:
            if len(oids) == 1:
                return {oids[0]: BROKEN}
        half = len(oids) // 2
        return await self._some(oids[:half]) | await self._some(oids[half:])

    async def _column(self, column: str) -> Sequence[Answer]:
        try:
            answers = list((await self._rows_below(column)).values())
        except LinkError as error:
            return [Answer("missing", fault=error.fault)]
        return answers if len(answers) <= self._connection.max_rows else [TOO_LONG]

    async def _rows_below(self, column: str) -> dict[str, Answer]:
        """What stands below a column by the rest of its name; an agent that cannot say it has none."""
        most, found = self._connection.max_rows, dict[str, Answer]()
        try:
            async with aclosing(self._agent.below(column, at_once=self._connection.max_values, most=most)) as rows:
                async for name, answer in rows:
                    found[name.removeprefix(f"{column}.")] = answer
        except TooBigError:
            return {}
        return found

    async def _look_up(self) -> Mapping[str, int]:
        """The numbers of all rows that the profile leaves open."""
        wanted = {name: self._connection.rows[name] for name in row_names(self._profile) & set(self._connection.rows)}
        rows = {name: row for name, row in wanted.items() if isinstance(row, int)}
        named = {name: row for name, row in wanted.items() if isinstance(row, str)}
        for column in INTERFACE_NAMES:
            if named:
                numbers = {str(said.value): row for row, said in (await self._rows_below(column)).items()}
                rows |= {name: int(numbers[row]) for name, row in named.items() if numbers.get(row, "").isdecimal()}
                named = {name: row for name, row in named.items() if name not in rows}
        if named:
            log.warning("rows not found", extra={"device": self._device, "rows": ", ".join(sorted(named.values()))})
        return rows

    async def _shown(self, source: SnmpSource, oid: str) -> Scalar | None:
        answer = (await self._agent.get([oid]))[oid]
        value, _ = value_of(source, answer, is_text=answer.kind == "text")
        return value


def _silent(oids: Sequence[str], fault: str) -> dict[str, Answer]:
    return {oid: Answer("missing", fault=fault) for oid in oids}


def _raw(source: SnmpSource, value: Scalar) -> float | str:
    if isinstance(value, str):
        return value
    raw = unscaled(value, scale=source.scale, offset=source.offset)
    if raw is None:
        raise CommandError("the profile's scale leads nowhere")
    return raw
