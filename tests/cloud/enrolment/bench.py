"""Enrolment on a real database and real files, with a broker that only writes down what it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from cloud.brokering.port import DoorError
from cloud.enrolment.authority import Authority, make_authority, read_authority
from cloud.enrolment.config import EnrolmentConfig
from cloud.enrolment.house import Enrolment, Ground
from cloud.enrolment.security import SecurityLog
from cloud.enrolment.welcome import Surroundings
from cloud.inventory.live import LiveInventory
from cloud.inventory.sites import Inventory, Site
from cloud.store.sql import SqlStateStore
from device_profiles.wire.claims import JoinAnswer, JoinRequest
from device_profiles.wire.requests import Asked, Stamp, sign_request
from tests.cloud.enrolment.requests import new_key, request_for
from tests.fakes import ManualClock

CENTRE = "https://centre.example"
PHONE = "10.9.8.7"


@dataclass
class NotedDoor:
    """Implements BrokerDoor; `away` makes it fail."""

    away: bool = False
    put_out: list[tuple[str, bytes]] = field(default_factory=list)
    let_in: list[str] = field(default_factory=list)

    async def revoke(self, gateway: str, crl_pem: bytes) -> None:
        """Notes it."""
        if self.away:
            raise DoorError("the broker is away")
        self.put_out.append((gateway, crl_pem))

    async def admit(self, gateway: str) -> None:
        """Notes it."""
        if self.away:
            raise DoorError("the broker is away")
        self.let_in.append(gateway)


def inventory(gateways: Mapping[str, tuple[str, ...]]) -> Inventory:
    """Sites with the gateways that their files list."""
    sites = {
        name: Site.model_validate(
            {
                "id": name, "name": {"vi": f"Trạm {name}", "en": f"Site {name}"}, "area": "a", "lat": 21.85,
                "lon": 104.09, "gateways": [{"id": each, "name": {"vi": each, "en": each}} for each in listed],
            }
        )
        for name, listed in gateways.items()
    }  # fmt: skip
    return Inventory(sites, {}, {each.id: site for site in sites.values() for each in site.gateways})


class Bench:
    """One centre's enrolment; `restart` makes it anew from what is on disk."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.door = NotedDoor()
        self.moved: list[str] = []
        self.files: dict[str, tuple[str, ...]] = {"mcc": (), "yen-bai": ("gw-file",)}
        self.config = EnrolmentConfig.model_validate(settings)
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}", busy_s=0.1)
        self.state.migrate()
        self.authority: Authority | None = make_authority(folder / "authority", "Thacba", now=self.clock.now_ms())
        self.build()

    def build(self) -> None:
        """The parts, made anew."""
        self.live = LiveInventory(inventory(self.files))
        ground = Ground(
            config=self.config,
            store=self.state.enrolment,
            audit=self.state.put_audit,
            inventory=self.live,
            profiles={"kiosk_queue": 0, "air_node": 0},
            authority=self.authority,
            folder=self.folder / "authority",
            door=self.door,
            surroundings=Surroundings(CENTRE, "mqtts://broker.example:8883", command_key="a2V5"),
            moved=self.moved.append,
            events=SecurityLog(self.state.enrolment, self.state.put_audit, self.clock),
            clock=self.clock,
        )
        self.all = Enrolment(ground)
        self.registry, self.joining = self.all.registry, self.all.joining

    @contextmanager
    def database_busy(self) -> Iterator[None]:
        """Nothing can be written meanwhile."""
        other = sqlite3.connect(self.folder / "state.sqlite3", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            yield
        finally:
            other.close()

    async def restart(self) -> None:
        """As after kill -9: nothing but the disk is left."""
        self.authority = read_authority(self.folder / "authority")
        self.build()
        await self.all.open()

    async def join(
        self, code: str, key: ec.EllipticCurvePrivateKey | None = None, *, serial: str = "SN-1"
    ) -> JoinAnswer:
        """A box joins."""
        request = JoinRequest(code=code, csr=request_for(key or new_key()), serial=serial, agent="1.0")
        return await self.joining.join(request, source=PHONE)

    def signed(self, key: ec.EllipticCurvePrivateKey, gateway: str, asked: Asked, **more: object) -> dict[str, str]:
        """The headers of a signed request."""
        nonce, at = str(more.get("nonce", "nonce-nonce-nonce-1")), more.get("at", self.clock.now_ms())
        assert isinstance(at, int)
        return sign_request(key, asked, Stamp(gateway, at, nonce))

    def kinds(self) -> list[str]:
        """The security events, oldest first."""
        return [row.kind for row in reversed(self.state.enrolment.events(before=None, limit=100))]

    def audit(self) -> list[tuple[str, str, str]]:
        """Who did what to which gateway, oldest first."""
        return [(row.actor, row.action, row.target) for row in reversed(self.state.audit(limit=100))]
