"""ONVIF cameras by WS-Discovery: one multicast from each own address, and the same question to each address alone.

The address of a finding is the one that the answer came from; addresses inside an answer are shown, never called.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree

from edge_agent.discovery.datagrams import multicast, own_address, questions, within
from edge_agent.discovery.finding import Finding, News, Progress, Scope
from edge_agent.discovery.networks import LOOPBACK, hosts_of
from edge_agent.discovery.snmp import plain
from edge_agent.discovery.sweep import Pace

GROUP = "239.255.255.250"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
SCOPE = "onvif://www.onvif.org/"
PROFILE = "ip_camera"
LONGEST = 32_768
KIND: Final = "onvif"
PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="{addressing}" xmlns:d="{discovery}"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:{message}</w:MessageID>
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action e:mustUnderstand="true">{discovery}/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


@dataclass(frozen=True, slots=True)
class Match:
    """What a camera says of itself."""

    services: tuple[str, ...]
    scopes: dict[str, str]


class OnvifRoom:
    """Asks once and listens."""

    async def __call__(self, scope: Scope) -> AsyncGenerator[News, None]:
        """Each camera once, whichever way it answered."""
        message = str(uuid.uuid4())
        question = PROBE.format(addressing=ADDRESSING, discovery=DISCOVERY, message=message).encode()
        doors = [(host, scope.onvif_port) for host in hosts_of(scope.networks)]
        sources = [own_address(network) for network in scope.networks if not network.subnet_of(LOOPBACK)]
        quiet_s = 3 * scope.timeout_s
        seen: set[str] = set()
        for asked in (
            multicast(question, (GROUP, scope.onvif_port), sources=list(filter(None, sources)), quiet_s=quiet_s),
            questions(question, doors, pace=Pace(scope.probes_per_s), quiet_s=quiet_s),
        ):
            async with aclosing(asked) as answers:
                async for address, answer in answers:
                    match = read_match(answer, message)
                    if match and address not in seen and within(address, scope.networks):
                        seen.add(address)
                        yield _finding(address, match)
        yield Progress(KIND, len(doors), len(doors))


def read_match(answer: bytes, message: str) -> Match | None:
    """What an answer to our question says; None when it is none, or tries tricks with entities."""
    if len(answer) > LONGEST or b"<!" in answer:
        return None
    try:
        root = ElementTree.fromstring(answer)  # noqa: S314 -- bounded, and without declarations nothing can expand
    except ElementTree.ParseError:
        return None
    related = root.findtext(f".//{{{ADDRESSING}}}RelatesTo", "")
    match = root.find(f".//{{{DISCOVERY}}}ProbeMatch")
    if match is None or not related.strip().endswith(message):
        return None
    services = match.findtext(f"{{{DISCOVERY}}}XAddrs", "").split()
    return Match(tuple(services), _scopes(match.findtext(f"{{{DISCOVERY}}}Scopes", "")))


def _scopes(text: str) -> dict[str, str]:
    """`onvif://www.onvif.org/name/ACME` as name -> ACME."""
    found: dict[str, str] = {}
    for item in text.split():
        key, _, value = item.removeprefix(SCOPE).partition("/")
        if item.startswith(SCOPE) and value:
            found.setdefault(plain(key), plain(unquote(value)))
    return found


def _finding(address: str, match: Match) -> Finding:
    model = " ".join(match.scopes[key] for key in ("name", "hardware") if key in match.scopes)
    wanted = ("name", "hardware", "location", "MAC")
    evidence = {key: match.scopes[key] for key in wanted if key in match.scopes}
    return Finding(
        KIND,
        address,
        model or "ONVIF camera",
        profiles=(PROFILE,),
        connection={"kind": "camera", "url": f"rtsp://{address}:554/"},
        evidence=evidence | ({"service": plain(match.services[0])} if match.services else {}),
        unfinished=("url", "username", "password_file"),  # the stream's path and log-in are the camera's own
    )
