"""SNMP agents that are not there: a profile's OIDs filled by a signal, or a table; v2c, GET, GETNEXT and GETBULK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto import api

from device_profiles.schema import DeviceProfile
from device_profiles.sources.snmp import SnmpSource
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Value
from simulators.faults import FaultKind, Faults

DESCRIPTION, OBJECT_ID, NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
ROW = 1  # every row that a profile names is the first
LINK_MBIT_S = 1000
MOST_REPETITIONS = 50
GARBAGE = bytes.fromhex("30 84 ff ff ff ff 02")

Numbers: TypeAlias = "tuple[int, ...]"
Answers: TypeAlias = Callable[[float], Mapping[str, Any]]  # seconds since the scenario began -> typed values by OID


def switch(name: str = "sw-tu-01") -> Mapping[str, str]:
    """What a field switch says of itself."""
    return {DESCRIPTION: "RouterOS RB260GS", OBJECT_ID: "1.3.6.1.4.1.14988.1", NAME: name}


class SnmpAgent(asyncio.DatagramProtocol):
    """One agent on UDP; `heard` counts questions, `written` the attempts to set something."""

    def __init__(
        self,
        table: Mapping[str, str] | Answers,
        *,
        community: str = "public",
        host: str = "127.0.0.1",
        port: int = 0,
        elapsed: Elapsed | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.faults = Faults()
        self.heard = 0
        self.written = 0
        self._answers: Answers = table if callable(table) else lambda _: _texts(table)
        self._community = community
        self._elapsed = elapsed or stopwatch()
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers what is a question with the right community."""
        try:
            message, _ = decoder.decode(data, asn1Spec=V2C.Message())
        except PyAsn1Error:
            return
        self.heard += 1
        if V2C.apiMessage.get_community(message).asOctets().decode() != self._community or self._transport is None:
            return
        active = self.faults.active(self._elapsed())
        if FaultKind.SILENT in active:
            return
        answer = self._answered(message)
        if answer is not None:
            self._transport.sendto(GARBAGE if FaultKind.GARBAGE in active else encoder.encode(answer), addr)

    def _answered(self, message: Any) -> Any:
        asked = V2C.apiMessage.get_pdu(message)
        table = self._answers(self._elapsed())
        names = [str(name) for name, _ in V2C.apiPDU.get_varbinds(asked)]
        if asked.isSameTypeWith(V2C.GetRequestPDU()):
            pairs = [(name, table.get(name, V2C.NoSuchObject(""))) for name in names]
        elif asked.isSameTypeWith(V2C.GetNextRequestPDU()):
            pairs = _following(table, names, 1)
        elif asked.isSameTypeWith(V2C.GetBulkRequestPDU()):
            pairs = _following(table, names, min(int(V2C.apiBulkPDU.get_max_repetitions(asked)), MOST_REPETITIONS))
        else:
            self.written += 1
            return None
        answer = V2C.apiMessage.get_response(message)
        V2C.apiPDU.set_varbinds(V2C.apiMessage.get_pdu(answer), [(V2C.ObjectIdentifier(name), v) for name, v in pairs])
        return answer


class SnmpDevice(SnmpAgent):
    """A device of the catalogue: whatever its profile asks for, as its signal says."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        community: str = "public",
        host: str = "127.0.0.1",
        port: int = 0,
        elapsed: Elapsed | None = None,
    ) -> None:
        super().__init__(self._at, community=community, host=host, port=port, elapsed=elapsed)
        self._profile = profile
        self._signal = signal

    def _at(self, elapsed_s: float) -> Mapping[str, Any]:
        said = self.faults.distorted(self._signal(elapsed_s), elapsed_s)
        return answers_of(self._profile, said, elapsed_s)


def answers_of(profile: DeviceProfile, values: Mapping[str, Value], elapsed_s: float) -> Mapping[str, Any]:
    """What an agent of this model answers while its points have these values; its rows are all the first."""
    table: dict[str, Any] = {UPTIME: V2C.TimeTicks(int(elapsed_s * 100) % 2**32), NAME: V2C.OctetString("mo-phong")}
    for point in profile.points:
        if isinstance(point.source, SnmpSource) and point.key in values:
            table |= _answers(point.source, values[point.key], elapsed_s)
    return table


def _answers(source: SnmpSource, value: Value, elapsed_s: float) -> Mapping[str, Any]:
    oid, over = _first_row(source.oid), _first_row(source.over)
    if isinstance(value, str):
        return {oid: V2C.OctetString(value)}
    raw = (float(value) - source.offset) / (source.scale or 1.0)
    if source.codes:
        raw = next((float(code) for code, own in source.codes.items() if own == value), -1.0)
    if source.reads == "count" and source.equals is not None:
        return {f"{oid}.{n + 1}": V2C.Integer32(source.equals if n < raw else source.equals + 1) for n in range(24)}
    if source.is_column:
        return {f"{oid}.{ROW}": V2C.Integer32(round(raw))}
    if source.equals is not None:
        return {oid: V2C.Integer32(source.equals if value else source.equals + 1)}
    divisor = {over: V2C.Gauge32(LINK_MBIT_S)} if over else {}
    raw *= LINK_MBIT_S if over else 1
    if source.reads == "per_s":  # as if it had always grown like this: right while the signal is steady
        return {oid: V2C.Counter64(int(raw * elapsed_s) % 2**64), **divisor}
    return {oid: V2C.Integer32(max(-(2**31), min(2**31 - 1, round(raw)))), **divisor}


def _first_row(oid: str) -> str:
    return ".".join(str(ROW) if part.startswith("{") else part for part in oid.split(".")) if oid else ""


def _following(table: Mapping[str, Any], names: Sequence[str], times: int) -> list[tuple[str, Any]]:
    """What comes after each of these names, so many times, as GETNEXT and GETBULK want it."""
    known = sorted(table, key=_numbers)
    pairs: list[tuple[str, Any]] = []
    for name in names:
        after = [each for each in known if _numbers(each) > _numbers(name)][:times]
        pairs += [(each, table[each]) for each in after] or [(name, V2C.EndOfMibView(""))]
    return pairs


def _numbers(oid: str) -> Numbers:
    return tuple(int(part) for part in oid.split("."))


def _texts(table: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        name: (V2C.ObjectIdentifier if name == OBJECT_ID else V2C.OctetString)(said) for name, said in table.items()
    }
