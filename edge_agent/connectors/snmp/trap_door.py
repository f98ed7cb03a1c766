"""The UDP port where traps come in: pysnmp checks who they are from; an inform is confirmed when it is on disk.

```
 datagram ─ from a known address? short enough? ─▶ pysnmp: community, or user, signature, encryption ─▶ bounded queue
 inform's answer ◀── settled: every device that it concerns has it on disk
```
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config as usm
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import CommunityData, OctetString
from pysnmp.proto.api import v2c
from pysnmp.proto.rfc3411 import CONFIRMED_CLASS_PDUS

from edge_agent.connector import LinkError
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.engine import answer_of
from edge_agent.connectors.snmp.login import login
from edge_agent.connectors.snmp.traps import Trap

NOTIFICATIONS = (v2c.SNMPv2TrapPDU.tagSet, v2c.InformRequestPDU.tagSet)
LONGEST_DATAGRAM = 8192
MOST_PAIRS = 64
WAITING = 500  # between the port and the disk; a storm beyond it is dropped, counted and said
#  what pysnmp raises on octets that are no message
NONSENSE = (
    PyAsn1Error,
    PySnmpError,
    ArithmeticError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)

log = logging.getLogger(__name__)


class Members:
    """Whose traps are expected at one port: their log-ins and addresses, by the topic that their hearer asks for."""

    def __init__(self) -> None:
        self.connections: dict[str, SnmpConnection] = {}
        self.addresses: dict[str, frozenset[str]] = {}

    def knows(self, address: str) -> bool:
        """Whether some device has this address."""
        return any(address in some for some in self.addresses.values())


class TrapDoor:
    """An open port; a Line of `sharing`."""

    def __init__(self, members: Members, host: str, port: int) -> None:
        self._members = members
        self._where = host, port
        self._queue: asyncio.Queue[Trap] = asyncio.Queue(WAITING)
        self._confirms: dict[int, Callable[[], None]] = {}
        self._engine: Any = None
        self._let_in: dict[str, Any] = {}
        self.dropped = 0

    def open(self) -> None:
        """Binds the port; LinkError when it is taken, or needs rights that the agent has not."""
        host, port = self._where
        v6 = ":" in host
        door = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            door.setblocking(False)
            door.bind((host, port))
        except OSError as error:
            door.close()
            raise LinkError("refused", f"cannot hear traps on {host}:{port}: {error.strerror}") from error
        self._engine = SnmpEngine()
        carrier, domain = (udp6, udp6.DOMAIN_NAME) if v6 else (udp, udp.DOMAIN_NAME)
        guarded = _guarded(carrier.Udp6AsyncioTransport if v6 else carrier.UdpAsyncioTransport, self._members.knows)
        usm.add_transport(self._engine, domain, guarded().open_server_mode(sock=door))
        self._engine.message_dispatcher.register_context_engine_id(b"", NOTIFICATIONS, self._heard)

    async def want(self, topics: frozenset[str]) -> frozenset[str]:
        """Lets in these devices and nobody else."""
        for topic in set(self._let_in) - topics:
            self._turn_away(self._let_in.pop(topic))
        for topic in topics - set(self._let_in):
            connection = self._members.connections[topic]
            self._let_in[topic] = self._know(login(connection), connection.engine_id)
        return frozenset()

    async def receive(self) -> Trap:
        """The next notification of a known sender."""
        return await self._queue.get()

    def settled(self, item: Trap) -> None:
        """An inform is answered now: until then its sender repeats it."""
        confirm = self._confirms.pop(id(item), None)
        if confirm is not None and self._engine is not None:
            with suppress(*NONSENSE):
                confirm()

    async def close(self) -> None:
        """Closes the port."""
        engine, self._engine = self._engine, None
        self._confirms.clear()
        if engine is not None:
            engine.close_dispatcher()

    def _know(self, who: Any, engine_id: str) -> Any:
        if isinstance(who, CommunityData):
            usm.add_v1_system(self._engine, who.communityIndex, who.communityName, securityName=who.securityName)
            return who
        keys = (who.authentication_protocol, who.authentication_key, who.privacy_protocol, who.privacy_key)
        usm.add_v3_user(self._engine, who.userName, *keys)  # for informs: there, this engine is the authority
        if engine_id:  # for traps the sender's is
            who.securityEngineId = OctetString(hexValue=engine_id)
            usm.add_v3_user(self._engine, who.userName, *keys, securityEngineId=who.securityEngineId)
        return who

    def _turn_away(self, who: Any) -> None:
        left = [other for other in self._let_in.values() if type(other) is type(who)]
        if isinstance(who, CommunityData):
            if all(other.communityIndex != who.communityIndex for other in left):
                usm.delete_v1_system(self._engine, who.communityIndex)
            return
        if all(other.userName != who.userName for other in left):
            usm.delete_v3_user(self._engine, who.userName)
        if who.securityEngineId is not None:
            usm.delete_v3_user(self._engine, who.userName, who.securityEngineId)

    def _heard(self, engine: Any, *said: Any) -> None:
        """A notification that pysnmp let in; the arguments are those of RFC 3412, 4.2.2 (processPdu)."""
        model, security, name, level, context_engine, context, version, pdu, most, reference = said
        _, address = engine.message_dispatcher.get_transport_info(reference)
        pairs = v2c.apiPDU.get_varbinds(pdu)[:MOST_PAIRS]
        trap = Trap(
            address[0],
            str(name),
            [(str(oid), answer_of(value)) for oid, value in pairs],
        )
        if self._queue.full():
            self._drop()
            return
        if pdu.tagSet in CONFIRMED_CLASS_PDUS:
            answer = v2c.apiPDU.get_response(pdu)
            v2c.apiPDU.set_varbinds(answer, v2c.apiPDU.get_varbinds(pdu))
            head: tuple[Any, ...] = (
                model,
                security,
                name,
                level,
                context_engine,
                context,
                version,
                answer,
                most,
                reference,
                {},
            )
            self._confirms[id(trap)] = lambda: engine.message_dispatcher.return_response_pdu(engine, *head)
        self._queue.put_nowait(trap)

    def _drop(self) -> None:
        self.dropped += 1
        if self.dropped.bit_count() == 1:  # at 1, 2, 4, 8 ...
            log.warning("traps dropped", extra={"dropped": self.dropped})


def _guarded(base: Any, knows: Callable[[str], bool]) -> Any:
    """The transport of pysnmp behind a guard: octets of strangers are not even looked at, none can raise."""

    class Guarded(base):  # type: ignore[misc]
        def datagram_received(self, datagram: bytes, transportAddress: Any) -> None:  # noqa: N803 -- pysnmp's name
            if len(datagram) > LONGEST_DATAGRAM or not knows(transportAddress[0]):
                return
            try:
                self._callback_function(self, transportAddress, datagram)
            except NONSENSE as error:
                log.debug("datagram is no trap", extra={"address": transportAddress[0], "error": str(error)[:200]})

    return Guarded


async def addresses_of(host: str) -> frozenset[str]:
    """The addresses that a device may send from; none when its name cannot be looked up."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return frozenset()
    return frozenset(_plain(str(entry[4][0])) for entry in found)


def _plain(address: str) -> str:
    return address.partition("%")[0]
