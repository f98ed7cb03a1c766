"""A gateway that updates itself, with everything real but its devices: folders, wheels, signatures, the launcher."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_profiles.clock import Clock
from device_profiles.wire.releases import Release, ReleaseFile, sign_release
from edge_agent.updating.download import Terms
from edge_agent.updating.gate import Seen
from edge_agent.updating.installing import install, interpreter_of_the_system
from edge_agent.updating.launch import Places, settle
from edge_agent.updating.machine import Box
from edge_agent.updating.record import Update, point, read_update
from edge_agent.updating.sources import MANIFEST, FolderSource, Source
from edge_agent.updating.updater import Updater
from tests.edge_agent.updating.wheels import our_wheel
from tests.fakes import ManualClock
from tests.waiting import eventually

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OLD, NEW = "0.1.0", "0.2.0"
WHOLE = Seen(link=True, devices={"gauge-1": True, "gauge-2": True})


def file_of(wheel: Path) -> ReleaseFile:
    content = wheel.read_bytes()
    return ReleaseFile(wheel.name, len(content), hashlib.sha256(content).hexdigest())


def write_release(
    folder: Path,
    version: str,
    wheels: Sequence[Path],
    *,
    key: Ed25519PrivateKey = KEY,
    minimum: str = OLD,
    outbox: int = 3,
) -> None:
    """Puts the manifest beside the wheels."""
    release = Release(
        v=1, version=version, minimum=minimum, outbox=outbox, made_at=1, files=[file_of(each) for each in wheels]
    )
    (folder / MANIFEST).write_bytes(msgspec.json.encode(sign_release(release, key)))


@dataclass
class Gateway:
    """Its folders, what it sees, and how often it asked for a restart."""

    folder: Path
    clock: Clock = field(default_factory=ManualClock)
    seen: Seen = WHOLE
    running: str = OLD
    restarts: int = 0
    source: Source | None = None
    max_bytes: int = 1 << 20

    @property
    def root(self) -> Path:
        return self.folder / "opt"

    @property
    def updates(self) -> Path:
        return self.folder / "data" / "updates"

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    @property
    def record(self) -> Update:
        return read_update(self.updates)

    def install_old(self) -> None:
        """As the package does it."""
        install([our_wheel(self.folder, OLD)], OLD, root=self.root, interpreter=interpreter_of_the_system())
        for link in ("current", "good"):
            point(self.root / link, OLD)
        self.updates.mkdir(parents=True)

    def bring(self, version: str = NEW, **other: object) -> Path:
        """A release on the stick; its one wheel."""
        wheel = our_wheel(self.stick, version)
        write_release(self.stick, version, [wheel], **other)  # type: ignore[arg-type]
        return wheel

    def box(self) -> Box:
        return Box(
            root=self.root,
            updates=self.updates,
            terms=Terms(KEY.public_key(), self.running, outbox=3, max_bytes=self.max_bytes),
            clock=self.clock,
            seen=lambda: self.seen,
            source=lambda origin: self.source or FolderSource(Path(origin or self.stick)),
        )

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Updater]:
        """The program runs, for as long as the block lasts."""
        updater = Updater(self.box(), restart=self._restart)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(updater.run())

            async def is_ready() -> object:
                return (await updater.verb({}))["good"]

            try:
                await eventually(is_ready)
                yield updater
            finally:
                running.cancel()

    def start_again(self) -> Update:
        """What the launcher decides; the version that has to run now runs."""
        decided = settle(Places(self.root, self.updates))
        self.running = decided.runs
        return decided

    def link(self, name: str) -> str:
        return (self.root / name).readlink().name

    def _restart(self) -> None:
        self.restarts += 1


def with_seen(gateway: Gateway, **devices: bool) -> Seen:
    return replace(gateway.seen, devices={**gateway.seen.devices, **devices})
