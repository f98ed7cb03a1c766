"""An SNMP agent that is not there: answers GetRequests of v2c by its table, silent to a wrong community."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto import api

DESCRIPTION, OBJECT_ID, NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]


def switch(name: str = "sw-tu-01") -> Mapping[str, str]:
    """What a field switch says of itself."""
    return {DESCRIPTION: "RouterOS RB260GS", OBJECT_ID: "1.3.6.1.4.1.14988.1", NAME: name}


class SnmpAgent(asyncio.DatagramProtocol):
    """One agent on UDP; `heard` counts questions, `written` the attempts to set something."""

    def __init__(
        self, table: Mapping[str, str], *, community: str = "public", host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.host = host
        self.port = port
        self.heard = 0
        self.written = 0
        self._table = table
        self._community = community
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answers what is a question with the right community."""
        try:
            message, _ = decoder.decode(data, asn1Spec=V2C.Message())
        except PyAsn1Error:
            return
        self.heard += 1
        if V2C.apiMessage.get_community(message).asOctets().decode() != self._community:
            return
        asked = V2C.apiMessage.get_pdu(message)
        if not asked.isSameTypeWith(V2C.GetRequestPDU()):
            self.written += 1
            return
        answer = V2C.apiMessage.get_response(message)
        self._fill(V2C.apiMessage.get_pdu(answer), asked)
        if self._transport is not None:
            self._transport.sendto(encoder.encode(answer), addr)

    def _fill(self, answer: Any, asked: Any) -> None:
        pairs = []
        for name, _ in V2C.apiPDU.get_varbinds(asked):
            said = self._table.get(str(name))
            form = V2C.ObjectIdentifier if str(name) == OBJECT_ID else V2C.OctetString
            pairs.append((name, V2C.NoSuchObject("") if said is None else form(said)))
        V2C.apiPDU.set_varbinds(answer, pairs)
