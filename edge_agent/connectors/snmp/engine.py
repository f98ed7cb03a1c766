"""Questions to SNMP agents through pysnmp: values, columns, sets. Devices with one log-in share one engine.

pysnmp matches an answer by its message number, so a late one is never taken for the answer to another question.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import (
    ContextData,
    Gauge32,
    Integer32,
    ObjectIdentity,
    ObjectType,
    OctetString,
    SnmpEngine,
    TimeTicks,
    Udp6TransportTarget,
    UdpTransportTarget,
    bulk_cmd,
    get_cmd,
    set_cmd,
)
from pysnmp.proto import errind

from edge_agent.connector import CommandError, EdgeError, LinkError
from edge_agent.connectors.snmp.answers import MISSING, Answer, Kind
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.login import keys_of, login

Pairs: TypeAlias = Sequence[tuple[str, Answer]]

LONGEST_TEXT = 255
OPAQUE_FLOAT = b"\x9f\x78\x04"  # net-snmp and others wrap an IEEE 754 float like this
KINDS: Mapping[str, Kind] = {
    "Integer32": "integer", "Integer": "integer", "Unsigned32": "gauge", "Gauge32": "gauge",
    "Counter32": "counter32", "Counter64": "counter64", "TimeTicks": "ticks",
}  # fmt: skip
NOT_THERE = frozenset({"Null", "NoSuchObject", "NoSuchInstance", "EndOfMibView"})
STRANGERS = (
    errind.AuthenticationError, errind.AuthenticationFailure, errind.UnknownUserName, errind.UnknownSecurityName,
    errind.WrongDigest, errind.DecryptionError, errind.UnsupportedSecurityLevel, errind.UnknownCommunityName,
    errind.UnsupportedAuthProtocol, errind.UnsupportedPrivProtocol, errind.NotInTimeWindow,
)  # fmt: skip
TOO_BIG, AUTHORISATION, GENERAL = 1, 16, 5
REFUSED_SETS = {
    2: "the device has no such value", 3: "the device refuses the value", 4: "the device lets nobody set this",
    6: "this user may not set this", 7: "the device wants another type", 8: "the value is too long",
    10: "the device refuses the value", 11: "the device refuses to make it", 16: "this user may not do that",
    17: "the device lets nobody set this", 18: "the device refuses the name",
}  # fmt: skip


class TooBigError(EdgeError):
    """The agent cannot answer so much at once, or one of the values breaks it."""


class Engine:
    """One engine of pysnmp: the sockets, and what it has learned of agents. Made when first used.

    It keeps keys that it derived from passwords, so a changed log-in begins with another engine.
    """

    def __init__(self) -> None:
        self._engine: Any = None
        self._keys: object = None
        self._users: set[object] = set()

    @property
    def in_use(self) -> bool:
        """Whether some device still asks through it."""
        return bool(self._users)

    def join(self, user: object, keys: object = None) -> Any:
        """The engine for these keys, for who will say when it is not needed any more."""
        self._users.add(user)
        if self._engine is None or keys != self._keys:
            self.forget()
            self._engine, self._keys = SnmpEngine(), keys
        return self._engine

    def leave(self, user: object) -> None:
        """The last one to leave closes the sockets."""
        self._users.discard(user)
        if not self._users:
            self.forget()

    def forget(self) -> None:
        """Closes the sockets and forgets all agents; whoever asks next begins anew."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close_dispatcher()


class Agent:
    """One device's agent; every method raises LinkError when it does not answer, or does not know us."""

    def __init__(self, connection: SnmpConnection, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine
        self._target: Any = None

    async def get(self, oids: Sequence[str]) -> dict[str, Answer]:
        """These values; TooBigError when the agent cannot say all of them at once."""
        pairs = await self._ask(get_cmd, [ObjectType(ObjectIdentity(oid)) for oid in oids])
        return {oid: answer for oid, (_, answer) in zip(oids, pairs, strict=False)}

    async def below(self, column: str, *, at_once: int, most: int) -> AsyncGenerator[tuple[str, Answer], None]:
        """What stands below this OID, with GETBULK; ends with the column, and with an agent that turns in circles."""
        last, found = _numbers(column), 0
        while True:
            ask = [ObjectType(ObjectIdentity(".".join(map(str, last))))]
            pairs = await self._ask(bulk_cmd, ask, 0, min(at_once, most + 1))
            for name, answer in pairs:
                here = _numbers(name)
                if not name.startswith(f"{column}.") or here <= last or answer is MISSING:
                    return
                last, found = here, found + 1
                yield name, answer
                if found > most:
                    return
            if not pairs:
                return

    async def put(self, oid: str, value: float | str, kind: Kind) -> None:
        """Sets one value, in the type that it has; CommandError when the agent refuses."""
        typed = _typed(value, kind)
        await self._ask(set_cmd, [ObjectType(ObjectIdentity(oid), typed)], writing=True)

    def close(self) -> None:
        """Lets go of the engine."""
        self._target = None
        self._engine.leave(self)

    async def _ask(
        self, command: Callable[..., Awaitable[Any]], what: Sequence[Any], *how: int, writing: bool = False
    ) -> Pairs:
        who = login(self._connection, writing=writing)
        engine = self._engine.join(self, keys_of(who))
        try:
            target = await self._reached()
            context = ContextData(contextName=self._connection.context.encode())
            heard, status, index, pairs = await command(engine, who, target, context, *how, *what, lookupMib=False)
        except PySnmpError as error:
            raise LinkError("no_answer", f"{self._connection.host}: {error}") from error
        if heard:
            self._give_up(heard)
        if int(status):
            _refuse(int(status), int(index), writing=writing, host=self._connection.host)
        return [(str(pair[0]), answer_of(pair[1])) for pair in pairs]

    async def _reached(self) -> Any:
        """The address of the device, looked up once."""
        if self._target is None:
            kind = Udp6TransportTarget if ":" in self._connection.host else UdpTransportTarget
            address = (self._connection.host, self._connection.port)
            try:
                self._target = await kind.create(
                    address, timeout=self._connection.timeout_s, retries=self._connection.retries
                )
            except PySnmpError as error:
                raise LinkError("refused", f"{self._connection.host} has no address: {error}") from error
        return self._target

    def _give_up(self, heard: Any) -> None:
        where = f"{self._connection.host}:{self._connection.port}"
        if isinstance(heard, errind.RequestTimedOut):
            self._target = None  # a name may lead elsewhere by now
            raise LinkError("timeout", f"no answer from {where}")
        if isinstance(heard, errind.NotInTimeWindow):  # it was replaced, or lost its count of restarts: meet it anew
            self._engine.forget()
        if isinstance(heard, STRANGERS):
            raise LinkError("unauthorised", f"{where} does not know this log-in: {heard}")
        if isinstance(heard, errind.TooBig):
            raise TooBigError
        raise LinkError("no_answer", f"{where}: {heard}")


def answer_of(said: Any) -> Answer:
    """What pysnmp decoded, as an answer of ours."""
    name = type(said).__name__
    if name in NOT_THERE:
        return MISSING
    if name in KINDS:
        return Answer(KINDS[name], int(said))
    if name == "IpAddress":
        return Answer("address", said.prettyPrint())
    if name in ("ObjectIdentifier", "ObjectIdentity", "ObjectName"):
        return Answer("address", str(said))
    octets = bytes(said)
    if octets.startswith(OPAQUE_FLOAT) and len(octets) == len(OPAQUE_FLOAT) + 4:
        return Answer("float", float(f"{struct.unpack('>f', octets[3:])[0]:.7g}"))
    return Answer("text", _text(octets[:LONGEST_TEXT]))


def _text(octets: bytes) -> str:
    """Readable text as it is, everything else in hex."""
    try:
        text = octets.decode("utf-8").rstrip("\0")
    except UnicodeDecodeError:
        return octets.hex()
    return text if text.isprintable() else octets.hex()


def _typed(value: float | str, kind: Kind) -> Any:
    if kind == "text":
        return OctetString(str(value).encode())
    if isinstance(value, str) or value != int(value):
        raise CommandError(f"the device takes whole numbers, not {value}")
    types = {"integer": Integer32, "gauge": Gauge32, "ticks": TimeTicks}
    if kind not in types:
        raise CommandError(f"a {kind} cannot be set")
    try:
        return types[kind](int(value))
    except PySnmpError as error:
        raise CommandError(f"{value} is too large for the device") from error


def _refuse(status: int, index: int, *, writing: bool, host: str) -> None:
    if writing:
        raise CommandError(REFUSED_SETS.get(status, f"the device answers error {status} to value {index}"))
    if status == AUTHORISATION:
        raise LinkError("unauthorised", f"{host} shows this user nothing")
    raise TooBigError


def _numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.split("."))
