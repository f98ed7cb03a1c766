"""What a search finds, how far it is, and what it may look at."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Literal, Protocol, TypeAlias

from edge_agent.connector import EdgeError

Kind: TypeAlias = Literal["modbus_tcp", "modbus_rtu", "onvif", "snmp", "http", "serial"]
KINDS: tuple[Kind, ...] = ("serial", "onvif", "snmp", "http", "modbus_tcp", "modbus_rtu")


class ScopeError(EdgeError, ValueError):
    """The wanted search would leave the gateway's own private networks, or never end; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that answered.

    `profiles`: catalogue profiles that fit, the best first; empty when none does. `connection`: the table
    `connection` of a device in gateway.toml; empty when we have no connector for it. `evidence`: fact -> value in
    plain words, for the technician to believe it or not. `unfinished`: a field of `connection` that must be completed.
    """

    kind: Kind
    address: str
    what: str
    profiles: tuple[str, ...] = ()
    connection: Mapping[str, object] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one room is. `note` says why it left something out (port busy, time up); empty while all is well."""

    kind: Kind
    done: int
    total: int
    note: str = ""


News: TypeAlias = Finding | Progress


@dataclass(frozen=True, slots=True)
class SerialLine:
    """One way in which a serial line may be set."""

    baud_rate: int = 9600
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1


LINES = (SerialLine(), SerialLine(19_200, "even"), SerialLine(19_200), SerialLine(9600, "even"))


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may look at, and how hard. Build it with `edge_agent.discovery.networks.scope_of`.

    `busy` names serial ports and `host:port` that the running agent uses: they are left alone. `probes_per_s` bounds
    new connections and datagrams of one room, `limit_s` the whole search.
    """

    networks: tuple[IPv4Network, ...] = ()
    kinds: tuple[Kind, ...] = KINDS
    serial_ports: tuple[str, ...] = ()  # empty = all that the system has
    lines: tuple[SerialLine, ...] = LINES
    units: tuple[int, ...] = tuple(range(1, 33))
    modbus_ports: tuple[int, ...] = (502,)
    http_ports: tuple[int, ...] = (80, 8080)
    snmp_port: int = 161
    onvif_port: int = 3702
    community: str = "public"
    busy: frozenset[str] = frozenset()
    timeout_s: float = 0.6
    probes_per_s: float = 50.0
    limit_s: float = 240.0


class Room(Protocol):
    """Searches for one kind of device. Never raises for what the other side does; stops when it is closed."""

    def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """What it finds, and how far it is."""
