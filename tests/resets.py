"""A server that hangs up with a reset before anybody has shaken hands."""

from __future__ import annotations

import gc
import select
import socket
import ssl
import struct
import warnings

import pytest

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time


def complaints_about(context: ssl.SSLContext) -> list[str]:
    """What Python says of sockets left open by an attempt to encrypt such a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs = server.accept()[0]
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        theirs.close()
        select.select([ours], [], [], 5)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            with pytest.raises(ConnectionResetError):
                context.wrap_socket(ours, server_hostname="127.0.0.1", do_handshake_on_connect=False)
            gc.collect()
    return [str(each.message) for each in said]
