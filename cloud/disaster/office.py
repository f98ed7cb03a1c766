"""Bulletins and evacuations with the plan that they follow: what the API and the pages ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from cloud.disaster.evacuation import Standing, standing
from cloud.disaster.plan import DisasterPlan
from cloud.store.disaster_port import BulletinRow, DisasterStore
from device_profiles.clock import Clock
from device_profiles.load import read_toml

DAY_MS = 86_400_000
MOST_OPEN = 200


class DisasterOffice:
    """Synchronous, as the state store is: callers on the event loop use a worker thread."""

    def __init__(self, store: DisasterStore, plan: Callable[[], DisasterPlan], clock: Clock) -> None:
        self.store = store
        self._plan = plan
        self._clock = clock

    @property
    def plan(self) -> DisasterPlan:
        """What holds now."""
        return self._plan()

    def bulletins(self) -> Sequence[BulletinRow]:
        """What is in force, newest issue first."""
        now = self._clock.now_ms()
        return self.store.bulletins_in_force(at=now, issued_since=now - round(self.plan.bulletin_days * DAY_MS))

    def evacuations(self) -> Sequence[Standing]:
        """Those that go on, newest first, each with where it stands."""
        rows = self.store.evacuations(open_only=True, before=None, limit=MOST_OPEN)
        return [standing(row, self.store.lines(row.id)) for row in rows]

    def evacuation(self, identifier: str) -> Standing | None:
        """One of them, also one that is over."""
        row = self.store.evacuation(identifier)
        return standing(row, self.store.lines(identifier)) if row else None


def read_plan(path: Path | None) -> DisasterPlan:
    """The plan in a file, or the packaged proposal; FileFaultsError with every fault."""
    if path is not None:
        return read_toml(path, DisasterPlan)
    with as_file(files("cloud.disaster").joinpath("plan.toml")) as packaged:
        return read_toml(packaged, DisasterPlan)
