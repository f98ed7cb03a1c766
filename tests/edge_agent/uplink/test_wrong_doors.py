"""Somebody else answers on the broker's port, or nobody (F26): one clear word, no socket left, and a patient return."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509

from edge_agent.mqtt_client import Handshake
from edge_agent.uplink.faults import fault_of
from edge_agent.uplink.link import Link
from tests.edge_agent.uplink.carrier import carrying, word_for
from tests.edge_agent.uplink.certificates import Authority
from tests.edge_agent.uplink.stand_in import Packet, StandIn, stand_in
from tests.resets import complaints_about
from tests.servers import free_port
from tests.waiting import eventually

PORTAL = b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>" + b"Vui long dang nhap " * 50 + b"</html>"


def portal(page: bytes, *, closes: bool) -> object:
    def manner(broker: StandIn, _: Packet) -> None:
        broker.say(page)
        if closes and broker.writer is not None:
            broker.writer.close()

    return manner


@pytest.mark.parametrize(("page", "closes"), [(PORTAL, True), (PAGE, True), (PAGE, False)])
async def test_a_captive_portal_is_no_broker(page: bytes, closes: bool, caplog: pytest.LogCaptureFixture) -> None:
    async with stand_in(portal(page, closes=closes)) as somebody:  # type: ignore[arg-type]
        assert await word_for(Link("127.0.0.1", somebody.port), caplog) == "not_mqtt"


async def test_who_only_closes_is_a_lost_link_and_found_so_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async with stand_in(portal(b"", closes=True)) as somebody:  # type: ignore[arg-type]
        assert await word_for(Link("127.0.0.1", somebody.port), caplog) == "lost"


async def test_a_closed_port_is_unreachable(caplog: pytest.LogCaptureFixture) -> None:
    assert await word_for(Link("127.0.0.1", free_port()), caplog) == "unreachable"


async def test_a_broker_without_tls_is_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    async with stand_in(portal(PAGE, closes=False)) as somebody:  # type: ignore[arg-type]
        assert await word_for(Link("127.0.0.1", somebody.port, encrypted=True), caplog) == "not_tls"


@pytest.mark.parametrize(("trusted", "word"), [(True, "tls_name"), (False, "certificate")])
async def test_another_servers_certificate_is_not_accepted(
    trusted: bool, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("server", host=x509.DNSName("other.example")))
    async with stand_in(tls=context) as somebody:
        assert await word_for(Link("127.0.0.1", somebody.port, encrypted=True), caplog) == word
        assert somebody.packets == []  # and no password was shown to it


async def test_a_stop_does_not_wait_for_who_never_shakes_hands() -> None:
    """Nor for a resolver that hangs: both block a thread, and the program must be able to end without it."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # the kernel accepts, and that is all
        async with carrying(Link("127.0.0.1", nobody.getsockname()[1], encrypted=True), within_s=3):
            await eventually(connecting, 5)
        stuck = connecting()
        assert stuck
        assert all(thread.daemon for thread in stuck)
    await asyncio.to_thread(stuck[0].join, 10)


def test_who_hangs_up_before_the_handshake_leaves_no_socket_open() -> None:
    context = ssl.create_default_context()
    context.sslsocket_class = Handshake
    assert complaints_about(context) == []


def connecting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "connecting"]


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("[Errno -2] Name or service not known", "dns"),
        ("[Errno -3] Temporary failure in name resolution", "dns"),
        ("[Errno -5] No address associated with hostname", "dns"),
        ("[Errno 101] Network is unreachable", "unreachable"),
        ("[Errno 113] No route to host", "unreachable"),
        ("timed out", "timeout"),
        ("Disconnected during message iteration", "lost"),
    ],
)
def test_the_systems_messages_become_one_word(message: str, word: str) -> None:
    assert fault_of(message) == word
