"""The centre's side of a guarded broker: its eye on the log, its door, and the table of security events."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import uuid4

from cloud.brokering.config import DoorConfig
from cloud.brokering.gatekeeper import Gatekeeper
from cloud.brokering.port import BrokerDoor
from cloud.brokering.settings import CENTRE
from cloud.brokering.suspicion import Standing
from cloud.config import BrokerConfig
from cloud.enrolment.security import SecurityLog
from cloud.store.enrolment_port import EnrolmentStore, SecurityEventRow
from cloud.store.sql import SqlStateStore
from tests.cloud.brokering.guarded import CLOCK, GuardedBroker
from tests.servers import HOST
from tests.waiting import eventually


@dataclass
class Watched:
    """What a test sees of the centre; `standing` is what its registry holds of each gateway."""

    door: BrokerDoor
    store: EnrolmentStore
    standing: dict[str, Standing] = field(default_factory=dict)

    async def event(self, kind: str) -> SecurityEventRow:
        """The newest event of this kind, as soon as it is in the table."""
        rows = await eventually(lambda: self.store.events(before=None, limit=1, kind=kind), 10)
        return rows[0]

    def kinds(self) -> Sequence[str]:
        """Every event, oldest first."""
        return [each.kind for each in reversed(self.store.events(before=None, limit=1000))]


def centre_config(broker: GuardedBroker) -> BrokerConfig:
    """What the centre's file says of this broker."""
    folder = Path(broker.plan.folder)
    tls = {"ca_file": "authorities.pem", "certificate_file": "centre.pem", "key_file": "centre.key"}
    return BrokerConfig(
        **{key: folder / name for key, name in tls.items() if broker.plan.centre_tls},
        url=f"mqtt{'s' if broker.plan.centre_tls else ''}://{HOST}:{broker.plan.centre_port}",
        username=CENTRE,
        client_id=CENTRE,
        password_file=folder / "centre.password",
        door=DoorConfig(
            crl_file=Path(broker.plan.crl_folder) / "crl.pem",
            log_file=broker.log_file,
            pid_file=Path(broker.plan.pid_file),
            fleet_port=broker.plan.fleet_port,
        ),
    )


@cache
def _new_database() -> bytes:
    """An empty database of this version: making one takes longer than most tests here."""
    with tempfile.TemporaryDirectory(prefix="thacba-") as name:
        state = SqlStateStore(f"sqlite:///{name}/centre.sqlite3")
        state.migrate()
        state.close()
        return (Path(name) / "centre.sqlite3").read_bytes()


@asynccontextmanager
async def watched(broker: GuardedBroker, **standing: Standing) -> AsyncIterator[Watched]:
    """A centre that governs this broker, with a database of its own."""
    file = broker.folder / f"centre-{uuid4().hex}.sqlite3"
    file.write_bytes(_new_database())
    state = SqlStateStore(f"sqlite:///{file}")
    known: dict[str, Standing] = {name.replace("_", "-"): each for name, each in standing.items()}
    events = SecurityLog(state.enrolment, state.put_audit, CLOCK)
    keeper = Gatekeeper(
        centre_config(broker), events=events, standing=lambda gateway: known.get(gateway, "unknown"), clock=CLOCK
    )
    try:
        async with asyncio.TaskGroup() as group:
            work = group.create_task(keeper.run())
            await asyncio.sleep(0)
            yield Watched(keeper.door, state.enrolment, known)
            work.cancel()
    finally:
        state.close()
