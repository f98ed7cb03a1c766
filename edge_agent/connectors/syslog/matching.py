"""Whether a line is one that a point counts: words, fields and networks, never a regular expression; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from device_profiles.sources.syslog import SEVERITIES, LineMatch, SyslogSource
from edge_agent.connectors.syslog.config import PRIVATE, PRIVATE_NETWORKS, Network
from edge_agent.connectors.syslog.line import Line

# What makers call the two ends of a connection: CEF, FortiOS, PAN-OS, Suricata and others
SOURCES = ("src", "srcip", "src_ip", "source_ip", "saddr", "SRC")
TARGETS = ("dst", "dstip", "dst_ip", "dest_ip", "destination_ip", "daddr", "DST")

Networks = Mapping[str, tuple[Network, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One way to be counted, with everything in lower case and every network resolved."""

    apps: frozenset[str]
    severity: int | None
    fields: Mapping[str, frozenset[str]]
    contains: tuple[str, ...]
    any_of: tuple[str, ...]
    lacks: tuple[str, ...]
    least: Mapping[str, float]
    source_in: tuple[Network, ...] | None
    target_outside: tuple[Network, ...] | None


def networks_of(named: Mapping[str, tuple[str, ...]]) -> Networks:
    """The networks that the site names, and the one that needs no naming."""
    everything = {PRIVATE: PRIVATE_NETWORKS, **named}
    return {name: tuple(ip_network(text) for text in texts) for name, texts in everything.items()}


def unnamed(source: SyslogSource, networks: Networks) -> bool:
    """Whether the source goes by a network that the site does not name: then it cannot count."""
    names = [name for match in source.matches for name in (match.source_in, match.target_outside) if name]
    return any(name not in networks for name in names)


def wanted(match: LineMatch, networks: Networks) -> Wanted:
    """The match, ready for many lines; every network that it goes by is named."""
    return Wanted(
        apps=_lower(match.app),
        severity=None if match.severity is None else SEVERITIES.index(match.severity),
        fields={
            name: _lower((values,) if isinstance(values, str) else values) for name, values in match.fields.items()
        },
        contains=tuple(_lower(match.contains)),
        any_of=tuple(_lower(match.any_of)),
        lacks=tuple(_lower(match.lacks)),
        least=match.least,
        source_in=networks[match.source_in] if match.source_in else None,
        target_outside=networks[match.target_outside] if match.target_outside else None,
    )


def fits(wanted: Wanted, line: Line, text: str) -> bool:
    """Whether the line is like this; `text` is its text in lower case."""
    return _said_so(wanted, text) and _has(wanted, line) and _goes(wanted, line.fields)


def _said_so(wanted: Wanted, text: str) -> bool:
    if wanted.any_of and not any(piece in text for piece in wanted.any_of):
        return False
    return all(piece in text for piece in wanted.contains) and not any(piece in text for piece in wanted.lacks)


def _has(wanted: Wanted, line: Line) -> bool:
    if wanted.apps and line.app.lower() not in wanted.apps:
        return False
    if wanted.severity is not None and (line.severity is None or line.severity > wanted.severity):
        return False
    if any(line.fields.get(name, "").lower() not in values for name, values in wanted.fields.items()):
        return False
    return all(_number(line.fields.get(name, "")) >= least for name, least in wanted.least.items())


def _goes(wanted: Wanted, fields: Mapping[str, str]) -> bool:
    if wanted.source_in is not None and _lies_in(wanted.source_in, fields, SOURCES) is not True:
        return False
    return wanted.target_outside is None or _lies_in(wanted.target_outside, fields, TARGETS) is False


def _lies_in(networks: tuple[Network, ...], fields: Mapping[str, str], names: tuple[str, ...]) -> bool | None:
    """Whether the address of one of these fields lies in the networks; None when the line names no address."""
    for name in names:
        if name in fields:
            try:
                address = ip_address(fields[name].strip())
            except ValueError:
                return None
            return any(address.version == network.version and address in network for network in networks)
    return None


def _lower(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("-inf")  # no number is never at least something
