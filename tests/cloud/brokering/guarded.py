"""A Mosquitto with exactly the settings that `thacba-cloud broker config` makes, and whoever knocks at it."""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cloud.brokering.provision import write_settings
from cloud.brokering.settings import BrokerPlan
from cloud.enrolment.authority import Authority, Issued, Revoked, make_authority
from cloud.enrolment.certificates import pem_of, read_request
from cloud.enrolment.files import write_private
from device_profiles.clock import SystemClock
from simulators.load.mqtt_wire import (
    CONNACK,
    PUBACK,
    PUBLISH,
    SUBACK,
    connect_packet,
    publish_packet,
    published,
    read_packet,
    subscribe_packet,
)
from tests.cloud.enrolment.requests import new_key, request_for
from tests.servers import HOST, Server, free_port, listens, program, while_running

DAY_MS = 86_400_000
OLD_DAYS = 200  # so old is the authority: it has given certificates that have run out
CLOCK = SystemClock()


@dataclass(frozen=True)
class Identity:
    """A key and its certificate as files, and what the registry would remember of it."""

    name: str
    certificate: Path
    key: Path
    issued: Issued


@dataclass
class GuardedBroker:
    """The running broker, its authority, and everything that either has handed out."""

    server: Server
    plan: BrokerPlan
    authority: Authority
    folder: Path
    revoked: list[Revoked] = field(default_factory=list)

    def identity(self, name: str, *, ago_days: int = 0, days: int = 90, by: Authority | None = None) -> Identity:
        """A certificate with this CN, given so many days ago for so many days; by another authority when asked."""
        key, authority = new_key(), by or self.authority
        given = CLOCK.now_ms() - ago_days * DAY_MS
        issued = authority.issue(read_request(request_for(key)), name, now=given, days=days)
        return replace(self.kept(name, key, issued.pem + pem_of(authority.issuing)), issued=issued)

    def kept(self, name: str, key: ec.EllipticCurvePrivateKey, chain: str) -> Identity:
        """A key and its certificate, however they were got, as files."""
        place = self.folder / f"identity-{uuid4().hex}"
        write_private(place / "key.pem", private_pem(key))
        (place / "certificate.pem").write_text(chain)
        return Identity(name, place / "certificate.pem", place / "key.pem", Issued("", "", "", 0))

    def own_identity(self) -> Identity:
        """The broker's own key and certificate, which are good for a server alone."""
        folder = Path(self.plan.folder)
        return Identity("localhost", folder / "broker.pem", folder / "broker.key", Issued("", "", "", 0))

    def stranger(self) -> Authority:
        """An authority that is not ours, with the same names in it."""
        return make_authority(self.folder / "stranger", "Thacba", now=CLOCK.now_ms())

    def revocation_list(self, *more: Identity) -> bytes:
        """The list with these certificates added to it."""
        self.revoked += [Revoked(each.issued.serial, CLOCK.now_ms()) for each in more]
        return self.authority.revocation_list(self.revoked, now=CLOCK.now_ms()).encode()

    def tls(self, identity: Identity | None) -> ssl.SSLContext:
        """What somebody with this identity shows; the broker itself is always checked."""
        context = ssl.create_default_context(cadata=pem_of(self.authority.root))
        if identity is not None:
            context.load_cert_chain(identity.certificate, identity.key)
        return context

    @property
    def log_file(self) -> Path:
        """Where the broker writes what happens."""
        return Path(self.plan.log_file)

    @property
    def password(self) -> str:
        """The centre's."""
        return (Path(self.plan.folder) / "centre.password").read_text().strip()


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as it lies on a gateway's disk."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@contextmanager
def guarded_broker(*, gateways: int = 100, centre_tls: bool = False) -> Iterator[GuardedBroker]:
    """The broker on ports of its own; only the user, the mount and the unit files of an installation are missing."""
    with tempfile.TemporaryDirectory(prefix="thacba-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        authority = make_authority(folder / "authority", "Thacba", now=CLOCK.now_ms() - OLD_DAYS * DAY_MS)
        (folder / "data").mkdir()
        plan = BrokerPlan(
            folder=f"{folder}/settings",
            crl_folder=f"{folder}/crl",
            log_file=f"{folder}/log",
            data_folder=f"{folder}/data",
            pid_file=f"{folder}/pid",
            gateways=gateways,
            fleet_port=free_port(),
            centre_port=free_port(),
            centre_tls=centre_tls,
        )
        crl = (folder / "authority" / "crl.pem").read_text()
        write_settings(plan, authority, ["localhost", HOST], crl=crl, clock=CLOCK)
        config = folder / "mosquitto.conf"
        own_user = "user root\n" if os.geteuid() == 0 else ""  # else it drops to one that may not read our folder
        config.write_text(own_user + (folder / "settings" / "mosquitto.conf").read_text())
        (folder / "log").touch(mode=0o660)
        command = [program("mosquitto"), "-c", str(config)]
        server = Server("mosquitto", command, folder, plan.fleet_port, lambda: listens(plan.fleet_port), "mqtts")
        for running in while_running(server):
            yield GuardedBroker(running, plan, authority, folder)


class RefusedError(Exception):
    """The broker did not let somebody in."""


class Caller:
    """Whoever has come in: bytes of MQTT, so that it can also say what no decent client says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Returns when the broker has taken the message, or pretends to."""
        self._writer.write(publish_packet(topic, payload, 1, retain=retain))
        await self._answer(PUBACK)

    async def subscribe(self, *filters: str) -> bytes:
        """What the broker grants, a byte for each filter."""
        self._writer.write(subscribe_packet(*filters))
        return (await self._answer(SUBACK))[2:]

    async def heard(self) -> tuple[str, bytes]:
        """The next message."""
        return published(await self._answer(PUBLISH))

    async def lost(self) -> None:
        """Returns when the broker has ended the connection."""
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await read_packet(self._reader)

    async def _answer(self, wanted: int) -> bytes:
        async with asyncio.timeout(10):
            while True:
                kind, body = await read_packet(self._reader)
                if kind == wanted:
                    return body


@asynccontextmanager
async def calling(
    broker: GuardedBroker,
    identity: Identity | None = None,
    *,
    plain: bool = False,
    source: str = HOST,
    port: int = 0,
    client_id: str = "thacba-somebody",
    **greeting: object,
) -> AsyncIterator[Caller]:
    """Comes to the fleet's door; RefusedError when it is not opened."""
    context = None if plain else broker.tls(identity)
    writer = None
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(
                HOST,
                port or broker.plan.fleet_port,
                ssl=context,
                server_hostname=None if plain else "localhost",
                local_addr=(source, 0),
            )
            writer.write(connect_packet(client_id, **greeting))  # type: ignore[arg-type]
            kind, body = await read_packet(reader)
    except (OSError, asyncio.IncompleteReadError) as error:
        _abort(writer)
        raise RefusedError(str(error)) from error
    try:
        if kind != CONNACK or body[1]:
            raise RefusedError(f"answer {kind:#x} {body!r}")
        yield Caller(reader, writer)
    finally:
        _abort(writer)


def _abort(writer: asyncio.StreamWriter | None) -> None:
    if writer is not None:
        writer.transport.abort()
