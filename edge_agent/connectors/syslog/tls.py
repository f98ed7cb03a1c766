"""The server's end of TLS without a socket: bytes of the other side in, plain bytes and our answers out.

The stream decides who may stay before a handshake costs anything, and counts whoever never ends his handshake.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from edge_agent.connector import LinkError

OWN_CERTIFICATE = "own_certificate"
PIECE = 65_536


class TlsEnd:
    """One connection. `ended` says why nothing more can follow, once that is so; `answer` may say it to the other."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.is_ready = False  # the handshake is over
        self.ended = ""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def receive(self, data: bytes) -> bytes:
        """What these bytes say in plain, also when they are the last ones."""
        self._incoming.write(data)
        plain = bytearray()
        try:
            if not self.is_ready:
                self._object.do_handshake()
                self.is_ready = True
            while piece := self._object.read(PIECE):
                plain += piece
            self.ended = "end of the stream"
        except ssl.SSLWantReadError:
            return bytes(plain)  # the rest is on its way
        except ssl.SSLError as error:
            self.ended = str(error)
        return bytes(plain)

    def answer(self) -> bytes:
        """What the other side must be sent now."""
        return self._outgoing.read()


def server_context(certificate: Path, key: Path | None, authorities: Path | None) -> ssl.SSLContext:
    """What the door shows, and whom it believes; LinkError when a file is wrong or not there."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if authorities is not None:
            context.load_verify_locations(authorities)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise LinkError(OWN_CERTIFICATE, f"certificate, key or authorities of the door: {error}") from error
    return context
