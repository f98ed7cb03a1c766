"""Where a search may go: the private networks that hang on the gateway's own interfaces, nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from edge_agent.discovery.finding import Scope, ScopeError

ROUTES = Path("/proc/net/route")
LARGEST = 22  # 1,022 addresses: larger networks must be named in parts, no search of hours starts by accident
LOOPBACK = IPv4Network("127.0.0.0/8")
#  RFC 1918, and RFC 6598 (carriers' shared space, which some 4G routers hand out on the LAN side)
PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
LINK_LOCAL = IPv4Network("169.254.0.0/16")  # cameras that found no DHCP server
FOREIGN = ("docker", "br-", "veth", "virbr", "tun", "tap", "wg", "ppp", "wwan")  # no devices hang on these


def own_networks(routes: str | None = None) -> tuple[IPv4Network, ...]:
    """The private networks that are reached without a router, as the kernel's table of routes has them."""
    text = ROUTES.read_text() if routes is None and ROUTES.exists() else routes or ""
    found: list[IPv4Network] = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 8 and fields[2] == "00000000" and not fields[0].startswith(FOREIGN):
            network = IPv4Network((_address(fields[1]), _address(fields[7])))
            if is_private(network) and network not in found:
                found.append(network)
    return tuple(found)


def is_private(network: IPv4Network) -> bool:
    """Whether a network is a private one, and wholly so."""
    return any(network.subnet_of(allowed) for allowed in (*PRIVATE, LINK_LOCAL))


def scope_of(
    wanted: Sequence[str] = (), *, own: Sequence[IPv4Network] | None = None, base: Scope | None = None
) -> Scope:
    """The scope for these networks (`192.168.10.0/24` or one address), or for all own ones that are not too large.

    ScopeError when a wanted network is not part of an own one; the gateway's loopback counts as its own.
    """
    known = tuple(own_networks() if own is None else own)
    base = base or Scope()
    if not wanted:
        return replace(base, networks=tuple(network for network in known if network.prefixlen >= LARGEST))
    return replace(base, networks=tuple(_checked(text, known) for text in wanted))


def too_large(own: Sequence[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Own networks that are searched only when a part of them is named."""
    return tuple(network for network in own if network.prefixlen < LARGEST)


def hosts_of(networks: Sequence[IPv4Network]) -> tuple[str, ...]:
    """The addresses to ask, each once, in order."""
    return tuple(dict.fromkeys(str(host) for network in networks for host in network.hosts()))


def _checked(text: str, own: Sequence[IPv4Network]) -> IPv4Network:
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError as error:
        raise ScopeError(f"{text!r} is no IPv4 network: write 192.168.10.0/24 or one address") from error
    if not any(network.subnet_of(each) for each in (*own, LOOPBACK)):
        raise ScopeError(f"{network} does not hang on this gateway: {', '.join(map(str, own)) or 'it has no network'}")
    if network.prefixlen < LARGEST:
        raise ScopeError(f"{network} is too large: name parts of it, /{LARGEST} at most")
    return network


def _address(text: str) -> str:
    return socket.inet_ntoa(struct.pack("<I", int(text, 16)))
