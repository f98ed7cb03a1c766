"""Sends small questions by UDP, at an agreed pace, and hears the answers until nobody says anything new."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network

from edge_agent.discovery.sweep import Pace

LONGEST = 65_507
WAITING = 256  # answers beyond these are dropped, as UDP does anyway


class _Ear(asyncio.DatagramProtocol):
    """Puts what arrives into a bounded queue."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(WAITING)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with suppress(asyncio.QueueFull):
            self.heard.put_nowait((addr[0], data))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at some address: that is what a search is for."""


async def questions(
    question: bytes, doors: Sequence[tuple[str, int]], *, pace: Pace, quiet_s: float
) -> AsyncGenerator[tuple[str, bytes], None]:
    """Who answered and what, from the first question until `quiet_s` after the last one."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(_Ear, local_addr=("0.0.0.0", 0))
    try:
        for door in doors:
            await pace.turn()
            with suppress(OSError):  # no way there now
                transport.sendto(question, door)
            while not ear.heard.empty():
                yield ear.heard.get_nowait()
        end = loop.time() + quiet_s
        while True:
            try:
                async with asyncio.timeout_at(end):
                    answer = await ear.heard.get()
            except TimeoutError:
                return
            yield answer
    finally:
        transport.close()


async def multicast(
    question: bytes, group: tuple[str, int], *, sources: Sequence[str], quiet_s: float
) -> AsyncGenerator[tuple[str, bytes], None]:
    """The same by one multicast from each of the gateway's own addresses; it never leaves the local network."""
    for source in sources:
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.setblocking(False)
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
        loop = asyncio.get_running_loop()
        transport, ear = await loop.create_datagram_endpoint(_Ear, sock=out)
        try:
            with suppress(OSError):
                transport.sendto(question, group)
            end = loop.time() + quiet_s
            while True:
                try:
                    async with asyncio.timeout_at(end):
                        answer = await ear.heard.get()
                except TimeoutError:
                    break
                yield answer
        finally:
            transport.close()


def own_address(network: IPv4Network) -> str:
    """The gateway's own address in a network; empty when it has none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((str(next(iter(network.hosts()), network.network_address)), 9))
        return str(probe.getsockname()[0])
    return ""


def within(address: str, networks: Sequence[IPv4Network]) -> bool:
    """Whether an answer comes from where we asked."""
    return any(IPv4Address(address) in network for network in networks)
