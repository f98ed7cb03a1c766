"""An ONVIF camera that is not there, as far as WS-Discovery goes: it answers probes, alone or in a group."""

from __future__ import annotations

import asyncio
import re
import socket
import uuid
from types import TracebackType
from typing import Self
from urllib.parse import quote

MESSAGE_ID = re.compile(rb"<[^>]*MessageID[^>]*>\s*([^<\s]+)\s*<")
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header>
<wsa:MessageID>uuid:{own}</wsa:MessageID><wsa:RelatesTo>{related}</wsa:RelatesTo>
<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>
<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></SOAP-ENV:Header>
<SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<wsa:EndpointReference><wsa:Address>urn:uuid:{endpoint}</wsa:Address></wsa:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes>
<d:XAddrs>http://{host}/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>
</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>"""


class OnvifCamera(asyncio.DatagramProtocol):
    """Answers WS-Discovery; `extra` is put before the body, for cameras that answer oddly.

    With `group` it hears what is sent to that multicast group, and nothing else.
    """

    def __init__(
        self,
        name: str = "ACME Dome",
        hardware: str = "DM-200",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        extra: str = "",
        group: str = "",
    ) -> None:
        self.host = host
        self.port = port
        self.heard = 0
        self._name = name
        self._hardware = hardware
        self._extra = extra
        self._group = group
        self._endpoint = uuid.uuid4()
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.setblocking(False)
        ear.bind((self._group or self.host, self.port))
        if self._group:
            membership = socket.inet_aton(self._group) + socket.inet_aton(self.host)
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=ear)
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers a probe with what it is."""
        asked = MESSAGE_ID.search(data)
        if asked is None or b"Probe" not in data:
            return
        self.heard += 1
        scopes = (
            f"onvif://www.onvif.org/name/{quote(self._name)} onvif://www.onvif.org/hardware/{quote(self._hardware)}"
        )
        answer = ANSWER.format(
            own=uuid.uuid4(), related=asked[1].decode(), endpoint=self._endpoint, scopes=scopes, host=self.host
        )
        if self._transport is not None:
            self._transport.sendto((self._extra + answer).encode(), addr)
