"""SNMP v2c with the public community: what switches, routers and UPS say they are. Reads three names, writes none."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

from edge_agent.discovery.ber import BerError, get_request, response
from edge_agent.discovery.datagrams import questions, within
from edge_agent.discovery.finding import Finding, News, Progress, Scope
from edge_agent.discovery.networks import hosts_of
from edge_agent.discovery.sweep import Pace

DESCRIPTION, OBJECT_ID, NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
ENTERPRISES = "1.3.6.1.4.1."
#  IANA private enterprise numbers of makers that stand in cabinets
MAKERS = {
    9: "Cisco", 232: "HP", 311: "Microsoft", 318: "APC", 476: "Vertiv", 534: "Eaton", 2011: "Huawei",
    8072: "Net-SNMP", 14988: "MikroTik", 39165: "Hikvision", 41112: "Ubiquiti", 48690: "Teltonika",
}  # fmt: skip
LONGEST_TEXT = 200
KIND: Final = "snmp"


class SnmpRoom:
    """One datagram to each address."""

    async def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """Whoever answers our question, once each."""
        request = secrets.randbelow(2**31 - 1) + 1
        question = get_request((DESCRIPTION, OBJECT_ID, NAME), community=scope.community, request=request)
        doors = [(host, scope.snmp_port) for host in hosts_of(scope.networks)]
        seen: set[str] = set()
        asked = questions(question, doors, pace=Pace(scope.probes_per_s), quiet_s=2 * scope.timeout_s)
        async with aclosing(asked) as answers:
            async for address, answer in answers:
                said = _said(answer, request)
                if said and address not in seen and within(address, scope.networks):
                    seen.add(address)
                    yield _finding(address, scope.snmp_port, said)
        yield Progress(KIND, len(doors), len(doors))


def _said(answer: bytes, request: int) -> Mapping[str, str]:
    """Empty when it is no answer to our question."""
    try:
        number, values = response(answer)
    except BerError:
        return {}
    return values if number == request else {}


def _finding(address: str, port: int, said: Mapping[str, str]) -> Finding:
    identifier = said.get(OBJECT_ID, "")
    maker = _maker(identifier)
    description = plain(said.get(DESCRIPTION, ""))
    evidence = {"sysDescr": description, "sysObjectID": identifier, "sysName": plain(said.get(NAME, ""))}
    return Finding(
        KIND,
        f"{address}:{port}",
        ": ".join(part for part in (maker, description) if part) or "SNMP device",
        evidence={key: value for key, value in evidence.items() if value} | ({"maker": maker} if maker else {}),
    )


def _maker(identifier: str) -> str:
    number = identifier.removeprefix(ENTERPRISES).split(".")[0] if identifier.startswith(ENTERPRISES) else ""
    return MAKERS.get(int(number), "") if number.isdecimal() else ""


def plain(text: str) -> str:
    """One short line without control characters: it is shown to people, and a stranger wrote it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST_TEXT]
