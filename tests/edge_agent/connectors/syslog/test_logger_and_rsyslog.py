"""Lines of real programs: logger(1) of util-linux, and rsyslogd as a relay, over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from edge_agent.connectors.syslog.door import Door, Ear
from tests.edge_agent.connectors.syslog.hearing import device, hearing
from tests.edge_agent.uplink.certificates import Authority
from tests.fakes import ManualClock
from tests.servers import Server, free_port, program, while_running
from tests.waiting import eventually

FAILED = "Failed password for root from 203.0.113.9 port 22 ssh2"
POINT = "login_failures_5min"


async def log(*options: str, text: str = FAILED, tag: str = "sshd") -> None:
    """One line by logger(1)."""
    command = [program("logger"), "--tag", tag, "--priority", "auth.info", *options, text]
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0


def at(port: int) -> tuple[str, ...]:
    return "--server", "127.0.0.1", "--port", str(port)


async def ended(reader: asyncio.StreamReader, *, polite: bool = True) -> None:
    """Returns when the other side has ended the stream; a polite one says nothing more."""
    with suppress(ssl.SSLError, ConnectionError):
        said = await reader.read()
        assert not (polite and said)


@contextmanager
def rsyslog(folder: Path, target: str, *, more: str = "") -> Iterator[Path]:
    """rsyslogd that hands on what it hears at a socket; gives that socket."""
    inlet, config = folder / "log", folder / "rsyslog.conf"
    config.write_text(
        f'global(workDirectory="{folder}" {more})\n'
        f'module(load="imuxsock" SysSock.Use="off")\n'
        f'input(type="imuxsock" Socket="{inlet}" CreatePath="on")\n'
        f'action(type="omfwd" Target="127.0.0.1" {target} action.resumeRetryCount="-1" action.resumeInterval="1"\n'
        f'  queue.type="LinkedList" queue.filename="kept" queue.saveOnShutdown="on")\n'
    )
    command = [program("rsyslogd"), "-n", "-f", str(config), "-i", str(folder / "pid")]
    server = Server("rsyslogd", command, folder, 0, inlet.exists, "syslog")
    for _ in while_running(server):
        yield inlet


@pytest.mark.parametrize(
    ("transport", "options"),
    [
        ("udp", ("--udp", "--rfc5424")),
        ("udp", ("--udp", "--rfc3164")),
        ("tcp", ("--tcp", "--rfc5424")),
        ("tcp", ("--tcp", "--octet-count", "--rfc5424")),
        ("tcp", ("--tcp", "--octet-count", "--rfc3164")),
    ],
    ids=["udp-5424", "udp-3164", "tcp-5424", "tcp-counted-5424", "tcp-counted-3164"],
)
async def test_logger(transport: str, options: tuple[str, ...]) -> None:
    async with hearing(device("debian_host", transport=transport)) as heard:
        told = heard["log-01"]
        for text in (FAILED, "Accepted publickey for hoa", FAILED):
            await log(*at(told.listener.port), *options, text=text)
        await eventually(lambda: told.value(POINT) == 2)


async def test_rsyslog_relays_for_two_hosts_and_keeps_lines_while_nobody_hears(tmp_path: Path) -> None:
    port = free_port()
    target = f'Port="{port}" Protocol="tcp" TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format"'
    name = socket.gethostname()
    here = device("debian_host", "here", transport="tcp", port=port, hostname=name.upper())
    other = device("debian_host", "other", transport="tcp", port=port, hostname="another-host")
    with rsyslog(tmp_path, target) as inlet:
        for _ in range(3):
            await log("--socket", str(inlet))
        async with hearing(here, other) as heard:
            await eventually(lambda: heard["here"].value(POINT) == 3)
            assert heard["other"].value(POINT) is None


async def test_rsyslog_over_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, theirs = authority.issue("door"), authority.issue("relay")
    port = free_port()
    files: dict[str, Any] = {"certificate_file": own, "key_file": own, "authorities_file": authority.pem}
    more = (
        f'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{authority.pem}" '
        f'defaultNetstreamDriverCertFile="{theirs}" defaultNetstreamDriverKeyFile="{theirs}"'
    )
    target = f'Port="{port}" Protocol="tcp" TCP_Framing="octet-counted" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid"'  # noqa: E501
    async with hearing(device("debian_host", transport="tls", port=port, **files)) as heard:
        with rsyslog(tmp_path, target, more=more) as inlet:
            await log("--socket", str(inlet))
            await eventually(lambda: heard["log-01"].value(POINT) == 1)
        context = ssl.create_default_context(cafile=str(authority.pem))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(b"<38>1 - - sshd - - - " + FAILED.encode() + b"\n")
        await ended(reader)  # who shows no certificate is not heard
        writer.close()
        assert heard["log-01"].value(POINT) == 1


async def test_nonsense_and_strangers_at_a_tls_door_do_no_harm(tmp_path: Path) -> None:
    own = Authority(tmp_path).issue("door")
    files: dict[str, Any] = {"certificate_file": own, "key_file": own}
    async with hearing(device("debian_host", transport="tls", **files)) as heard:
        reader, writer = await asyncio.open_connection("127.0.0.1", heard["log-01"].listener.port)
        writer.write(b"<38>1 - - sshd - - - no handshake at all\n" * 100)
        await ended(reader, polite=False)
        writer.close()
        trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
        reader, writer = await asyncio.open_connection("127.0.0.1", heard["log-01"].listener.port, ssl=trusting)
        for piece in (b"<38>1 - - sshd - - - Failed pass", b"word for root\n"):
            writer.write(piece)
            await writer.drain()
        await eventually(lambda: heard["log-01"].value(POINT) == 1)
        writer.close()
    async with hearing(device("debian_host", transport="tls", senders=("192.0.2.1",), **files)) as heard:
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await asyncio.open_connection("127.0.0.1", heard["log-01"].listener.port, ssl=trusting)


async def test_a_stranger_is_refused_and_counted() -> None:
    wires: dict[tuple[object, ...], Door] = {}
    async with hearing(device("debian_host", senders=("192.0.2.1",)), wires=wires) as heard:
        await log(*at(heard["log-01"].listener.port), "--udp")
        (door,) = wires.values()
        await eventually(lambda: door.strangers == 1)
        assert not heard["log-01"].newest
    async with hearing(device("debian_host", transport="tcp", senders=("192.0.2.1",))) as heard:
        reader, writer = await asyncio.open_connection("127.0.0.1", heard["log-01"].listener.port)
        await ended(reader)
        writer.close()


async def test_an_event_does_not_wait_for_the_next_report() -> None:
    async with hearing(device("debian_host", period_s=3600)) as heard:
        told = heard["log-01"]
        await log(*at(told.listener.port), "--udp", tag="usermod", text="add 'hoa' to group 'sudo'")
        await eventually(lambda: told.happened)
        assert told.happened[0].kind == "admin_added"
        assert told.value("admins_added") == 1, "the first line after silence is worth a report"


async def test_a_silent_device_says_so_keeps_its_door_and_is_back_with_its_first_line() -> None:
    clock = ManualClock()
    async with hearing(device("debian_host", period_s=60, silent_s=300), clock=clock) as heard:
        told = heard["log-01"]
        for _ in range(4):
            await clock.advance(60)
        assert (told.newest, told.lost) == ({}, ""), "it had no time to speak yet"
        await clock.advance(120)
        assert (told.newest[POINT].fault, told.lost) == ("silent", "silent")
        await log(*at(told.listener.port), "--udp")
        await eventually(lambda: told.value(POINT) == 1)


async def test_a_device_that_is_configured_anew_while_it_is_silent_is_heard_at_once() -> None:
    wires: dict[tuple[object, ...], Door] = {}
    taken: list[bytes] = []
    network = (ip_network("127.0.0.1"),)
    before, after = Ear(network, "", lambda _: None), Ear(network, "", taken.append)
    async with hearing(device("debian_host", hostname="other"), wires=wires) as heard:
        (door,) = wires.values()
        await door.enter(before)
        door.leave(before, lingering=True)  # it was lost, and its supervisor waits
        await door.enter(after)
        await log(*at(heard["log-01"].listener.port), "--udp")
        await eventually(lambda: taken)
        door.leave(after)


async def test_a_device_that_goes_does_not_interrupt_the_others_and_the_last_one_closes_the_door() -> None:
    wires: dict[tuple[object, ...], Door] = {}
    stays = device("debian_host", "stays", transport="tcp", hostname="a")
    async with hearing(stays, wires=wires) as heard:
        port = heard["stays"].listener.port
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        async with hearing(device("debian_host", "goes", transport="tcp", hostname="b"), wires=wires) as more:
            assert more["goes"].listener.port == port
            writer.write(f"<38>1 - b sshd - - - {FAILED}\n<38>1 - a sshd - - - {FAILED}\n".encode())
            await eventually(lambda: more["goes"].value(POINT) == 1 and heard["stays"].value(POINT) == 1)
        writer.write(f"<38>1 - a sshd - - - {FAILED}\n".encode())
        await eventually(lambda: heard["stays"].value(POINT) == 2)
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_somebody_else_has_is_busy(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        async with hearing(device("debian_host", port=other.getsockname()[1])) as heard:
            await eventually(lambda: heard["log-01"].lost == "busy")
    missing: dict[str, Any] = {"certificate_file": tmp_path / "none", "key_file": tmp_path / "none"}
    async with hearing(device("debian_host", transport="tls", **missing)) as heard:
        await eventually(lambda: heard["log-01"].lost == "own_certificate")
