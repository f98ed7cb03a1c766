"""A desk for the office of configurations: a real database, a link that keeps what is sent, two gateways with keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.configuring.office import ConfigurationOffice
from cloud.configuring.terms import Desk
from cloud.ingest.inbox import Inbox
from cloud.ingest.subscriber import Qos
from cloud.inventory.fleet import Fleet
from cloud.store.base import AuditRow
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock
from device_profiles.load import load_catalogue
from device_profiles.wire import State, decode
from device_profiles.wire.configuration import Configuration, SignedConfiguration, verify_configuration
from device_profiles.wire.messages import RunningConfiguration
from tests.fakes import ManualClock

PROFILES = load_catalogue().profiles
GATEWAYS = ("gw-1", "gw-2")
TEXT = """# trạm Yên Bái
[[devices]]
id = "gauge"
profile = "river_gauge_radar"
name = { vi = "Mực nước", en = "River gauge" }
connection = { kind = "modbus", transport = "tcp", host = "10.0.0.7" }
"""
WITH_SECRET = (
    TEXT
    + """
[[devices]]
id = "cam"
profile = "ip_camera"
name = { vi = "Camera", en = "Camera" }
connection = { kind = "camera", url = "rtsp://10.0.0.8/1", username = "xem", password_file = "sealed:cam" }
"""
)


class KeptLink:
    """Keeps what is sent; the test ends and begins its connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.monotonic() - 1
        self.sent: list[tuple[str, bytes, bool]] = []
        self.lost = ""

    async def run(self, inbox: Inbox) -> None:
        """Hears nothing."""

    def send(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> bool:
        """Keeps it."""
        self.sent.append((topic, payload, retain))
        return True

    def fault(self) -> str:
        """What the test says."""
        return self.lost

    def connected_for_s(self) -> float:
        """Since the test connected it."""
        return 0.0 if self.lost else self._clock.monotonic() - self._since

    def connect(self) -> None:
        """A new connection to a broker that remembers nothing."""
        self.lost, self._since = "", self._clock.monotonic()
        self.sent.clear()


class Keys:
    """The certificates' keys: gw-1 has one."""

    def __init__(self) -> None:
        self.private = {"gw-1": ec.generate_private_key(ec.SECP256R1())}

    def public_key(self, gateway: str) -> ec.EllipticCurvePublicKey | None:
        """Its public half."""
        key = self.private.get(gateway)
        return key.public_key() if key else None


class Bench:
    """The office around a database file; `again` is the centre after `kill -9`."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.link = KeptLink(self.clock)
        self.fleet = Fleet()
        self.keys = Keys()
        self.signing = Ed25519PrivateKey.generate()
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.audited: list[AuditRow] = []
        self.office = self.again()

    def again(self) -> ConfigurationOffice:
        """A new office on the same database."""
        desk = Desk(
            store=self.state.configurations, fleet=self.fleet, link=self.link, keys=self.keys,
            knows=GATEWAYS.__contains__, profiles=PROFILES, key=self.signing, audit=self.audited.append,
            clock=self.clock,
        )  # fmt: skip
        return ConfigurationOffice(desk)

    def born(self, gateway: str, running: RunningConfiguration | None, *, online: bool = True) -> None:
        """A gateway says what it runs."""
        state = State(v=1, state="online", since=self.clock.now_ms(), running=running)
        self.fleet.born(gateway, state, site="s", received_at=self.clock.now_ms())
        if not online:
            self.fleet.born(gateway, State(1, "lost", self.clock.now_ms()), site="s", received_at=self.clock.now_ms())
        self.office.spoke(gateway)

    def runs(self, gateway: str, version: int, **more: object) -> None:
        """A gateway says that it runs this version of the centre's."""
        running = RunningConfiguration(version=version, hash="", source="centre", state="active")
        self.born(gateway, RunningConfiguration(**{**_fields(running), **more}))  # type: ignore[arg-type]

    def sent_to(self, gateway: str) -> list[Configuration]:
        """The configurations that were sent to a gateway, retained, each with a good signature."""
        found = [payload for topic, payload, retain in self.link.sent if topic.split("/")[3] == gateway and retain]
        public = self.signing.public_key()
        return [verify_configuration(decode(each, SignedConfiguration), public, gateway=gateway) for each in found]


def _fields(running: RunningConfiguration) -> dict[str, object]:
    return {name: getattr(running, name) for name in running.__struct_fields__}


@asynccontextmanager
async def working(bench: Bench) -> AsyncIterator[Bench]:
    """The office at work."""
    await bench.office.open()
    async with asyncio.TaskGroup() as group:
        work = group.create_task(bench.office.run())
        try:
            yield bench
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
    bench.state.close()
