"""The open door for log lines: one socket for every device that sends to it, and nobody else is let in.

```
 datagram ───────────────▶ ┐                       ┌─ one device sends from there ──────▶ its tally
 stream ─ frames ─ line ─▶ ┴─ who sends from this ─┼─ several do (a relay): by HOSTNAME ─▶ its tally
                              address?             └─ nobody: refused, counted, said once
```

Lines are handed on at once and never wait here: a sender that floods the door costs the reading of its bytes.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from edge_agent.connector import LinkError
from edge_agent.connectors.syslog.config import Network
from edge_agent.connectors.syslog.line import hostname
from edge_agent.connectors.syslog.sockets import Datagrams, Stream
from edge_agent.connectors.syslog.tls import server_context

log = logging.getLogger(__name__)

MOST_STREAMS = 64  # a province's firewalls and relays; half-open ones end by themselves
REMEMBERED = 1024  # addresses whose devices are known, and strangers that were said once
SOCKET_BYTES = 1 << 20  # what the system keeps of datagrams while we write to the disk
LINGER_S = 30.0  # a listener that was lost is back sooner; until then its lines are counted
BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the door is, and by which certificate it is known."""

    transport: str
    host: str
    port: int
    certificate_file: Path | None = None
    key_file: Path | None = None
    authorities_file: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """One device: from where it sends, under which name, and who takes its lines."""

    senders: tuple[Network, ...]
    hostname: str
    take: Callable[[bytes], None]

    def is_like(self, other: Ear) -> bool:
        """Whether both would take the same lines."""
        return (self.senders, self.hostname.lower()) == (other.senders, other.hostname.lower())

    def nearness(self, sender: IPv4Address | IPv6Address) -> int:
        """How exactly this address is named: bits of the network, -1 when it is none of them."""
        fitting = [net.prefixlen for net in self.senders if net.version == sender.version and sender in net]
        return max(fitting, default=-1)


class Door:
    """The socket of one address; open while somebody listens, or was lost a moment ago."""

    def __init__(self, address: Address) -> None:
        self.port = address.port
        self.strangers = 0  # lines that nobody expected
        self._address = address
        self._ears: dict[Ear, asyncio.TimerHandle | None] = {}
        self._known: dict[str, tuple[Ear, ...]] = {}
        self._said: set[str] = set()
        self._opening = asyncio.Lock()
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._streams: set[asyncio.Transport] = set()
        self._closed = asyncio.Event()

    async def enter(self, ear: Ear) -> None:
        """This device is heard from now on; LinkError when the door cannot be opened."""
        for other, timer in tuple(self._ears.items()):
            if timer is not None and other.is_like(ear):  # itself, or as it was before it was configured anew
                timer.cancel()
                del self._ears[other]
        self._ears[ear] = None
        self._known.clear()
        async with self._opening:
            if self._datagrams is None and self._server is None:
                await self._open()

    def leave(self, ear: Ear, *, lingering: bool = False) -> None:
        """This device is not heard any more: at once, or unless it is back soon. The last one closes the door."""
        if ear in self._ears and lingering:
            self._ears[ear] = asyncio.get_running_loop().call_later(LINGER_S, self.leave, ear)
            return
        self._ears.pop(ear, None)
        self._known.clear()
        if not self._ears:
            self.close()

    async def lost(self) -> None:
        """Ends with LinkError when the door closes without being told to."""
        await self._closed.wait()
        raise LinkError("no_answer", f"the socket at {self._name} was closed")

    def close(self) -> None:
        """Closes the door, and ends every stream."""
        datagrams, self._datagrams = self._datagrams, None
        server, self._server = self._server, None
        if datagrams is not None:
            datagrams.close()
        if server is not None:
            server.close()
        for stream in tuple(self._streams):
            stream.abort()
        self._closed.set()

    def hear(self, sender: str, data: bytes) -> None:
        """One line of somebody."""
        ear = self._ear_of(sender, data)
        if ear is not None:
            ear.take(data)
            return
        self.strangers += 1
        if sender not in self._said and len(self._said) < REMEMBERED:
            self._said.add(sender)
            log.warning("log lines of a stranger refused", extra={"sender": sender, "door": self._name})

    def admits(self, sender: str) -> bool:
        """Whether some device sends from this address."""
        return bool(self._ears_at(sender))

    def greet(self, stream: asyncio.Transport, sender: str) -> bool:
        """Whether this stream may stay."""
        if not self.admits(sender):
            self.hear(sender, b"")  # said and counted as every stranger
            return False
        if len(self._streams) >= MOST_STREAMS:
            log.warning("too many streams of log lines, one refused", extra={"sender": sender, "door": self._name})
            return False
        self._streams.add(stream)
        return True

    def bid_farewell(self, stream: asyncio.Transport) -> None:
        """This stream has ended."""
        self._streams.discard(stream)

    @property
    def _name(self) -> str:
        return f"{self._address.transport} {self._address.host}:{self.port}"

    def _ear_of(self, sender: str, data: bytes) -> Ear | None:
        ears = self._ears_at(sender)
        if all(not ear.hostname for ear in ears):
            return ears[0] if ears else None
        name = hostname(data).lower()
        named = next((ear for ear in ears if ear.hostname.lower() == name), None)
        return named or next((ear for ear in ears if not ear.hostname), None)

    def _ears_at(self, sender: str) -> tuple[Ear, ...]:
        """Those that send from there, the most exactly named first."""
        if sender not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            address = _plain(sender)
            near = [] if address is None else [ear for ear in self._ears if ear.nearness(address) >= 0]
            if address is not None:
                near.sort(key=lambda ear: -ear.nearness(address))
            self._known[sender] = tuple(near)
        return self._known[sender]

    def _context(self) -> ssl.SSLContext | None:
        address = self._address
        if address.certificate_file is None:
            return None
        return server_context(address.certificate_file, address.key_file, address.authorities_file)

    async def _open(self) -> None:
        context = self._context()
        self._closed = asyncio.Event()
        loop = asyncio.get_running_loop()
        where = (self._address.host, self._address.port)
        try:
            if self._address.transport == "udp":
                self._datagrams, _ = await loop.create_datagram_endpoint(lambda: Datagrams(self), local_addr=where)
                bound: socket.socket = self._datagrams.get_extra_info("socket")
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
            else:
                self._server = await loop.create_server(lambda: Stream(self, context), *where)
                bound = self._server.sockets[0]
        except OSError as error:
            raise LinkError(BUSY, f"cannot listen on {self._name}: {error}") from error
        self.port = bound.getsockname()[1]
        log.info("door for log lines open", extra={"door": self._name})


def _plain(sender: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that comes in the clothes of IPv6 as itself."""
    try:
        address = ip_address(sender.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
