"""The server's end of TLS against OpenSSL's client end, byte for byte, without a socket."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from edge_agent.connectors.syslog.tls import TlsEnd, server_context
from tests.edge_agent.uplink.certificates import Authority

LINE = b"<38>1 - - sshd - - - Failed password for root\n"


class Client:
    """OpenSSL's client end; `out` is what it sends."""

    def __init__(self, authority: Path) -> None:
        self.incoming, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=str(authority))
        self.end = context.wrap_bio(self.incoming, self.out, server_hostname="127.0.0.1")

    def shake_hands(self, server: TlsEnd) -> None:
        while not server.is_ready:
            with suppress(ssl.SSLWantReadError):
                self.end.do_handshake()
            assert server.receive(self.out.read()) == b""
            self.incoming.write(server.answer())


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Client, TlsEnd]:
    authority = Authority(tmp_path)
    own = authority.issue("door")
    client, server = Client(authority.pem), TlsEnd(server_context(own, own, None))
    client.shake_hands(server)
    return client, server


def test_the_last_line_counts_though_the_goodbye_comes_with_it(ends: tuple[Client, TlsEnd]) -> None:
    client, server = ends
    client.end.write(LINE)
    with suppress(ssl.SSLWantReadError):
        client.end.unwrap()
    assert server.receive(client.out.read()) == LINE
    assert server.ended


def test_bytes_may_come_one_by_one(ends: tuple[Client, TlsEnd]) -> None:
    client, server = ends
    client.end.write(LINE)
    assert b"".join(server.receive(bytes([byte])) for byte in client.out.read()) == LINE
    assert not server.ended


def test_a_damaged_record_ends_the_stream(ends: tuple[Client, TlsEnd]) -> None:
    client, server = ends
    client.end.write(LINE)
    damaged = bytearray(client.out.read())
    damaged[-1] ^= 1
    assert server.receive(bytes(damaged)) == b""
    assert server.ended
    assert server.answer(), "the other side is told why"
