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


def everywhere(area: str) -> bool:
    """Every area is in sight, and the whole province."""
    del area
    return True


class DisasterOffice:
    """Synchronous, as the state store is: callers on the event loop use a worker thread.

    `sees` says which areas are in sight ("" = the whole province): what lies elsewhere does not exist here, but for
    bulletins to the whole province, which are for everybody to read.
    """

    def __init__(
        self,
        store: DisasterStore,
        plan: Callable[[], DisasterPlan],
        clock: Clock,
        *,
        sees: Callable[[str], bool] = everywhere,
    ) -> None:
        self.store = store
        self.sees = sees
        self._plan = plan
        self._clock = clock

    def within(self, sees: Callable[[str], bool]) -> DisasterOffice:
        """The same office for somebody who sees these areas only."""
        return DisasterOffice(self.store, self._plan, self._clock, sees=sees)

    @property
    def plan(self) -> DisasterPlan:
        """What holds now."""
        return self._plan()

    def bulletins(self) -> Sequence[BulletinRow]:
        """What is in force, newest issue first."""
        now = self._clock.now_ms()
        rows = self.store.bulletins_in_force(at=now, issued_since=now - round(self.plan.bulletin_days * DAY_MS))
        return [row for row in rows if self._reads(row)]

    def former_bulletins(self, *, before: str | None, limit: int) -> tuple[Sequence[BulletinRow], str | None]:
        """All of them, newest first, and behind which the next page starts (None = this is the last)."""
        rows = self.store.bulletins(before=before, limit=limit + 1)
        after = rows[limit - 1].id if len(rows) > limit else None
        return [row for row in rows[:limit] if self._reads(row)], after

    def bulletin(self, identifier: str) -> BulletinRow | None:
        """One that may be withdrawn from here."""
        row = self.store.bulletin(identifier)
        return row if row is not None and self.sees(row.area) else None

    def _reads(self, row: BulletinRow) -> bool:
        return not row.area or self.sees(row.area)

    def evacuations(self) -> Sequence[Standing]:
        """Those that go on, newest first, each with where it stands."""
        return self.evacuation_page(open_only=True, before=None, limit=MOST_OPEN)[0]

    def ended_evacuations(self, *, limit: int) -> Sequence[Standing]:
        """The newest that are over, among the last hundred."""
        rows = self.store.evacuations(open_only=False, before=None, limit=100)
        over = [row for row in rows if row.closed_at is not None and self.sees(row.area)]
        return [standing(row, self.store.lines(row.id)) for row in over[:limit]]

    def evacuation_page(
        self, *, open_only: bool, before: str | None, limit: int
    ) -> tuple[Sequence[Standing], str | None]:
        """Newest first, and behind which the next page starts (None = this is the last)."""
        rows = self.store.evacuations(open_only=open_only, before=before, limit=limit + 1)
        after = rows[limit - 1].id if len(rows) > limit else None
        return [standing(row, self.store.lines(row.id)) for row in rows[:limit] if self.sees(row.area)], after

    def evacuation(self, identifier: str) -> Standing | None:
        """One of them, also one that is over."""
        row = self.store.evacuation(identifier)
        return standing(row, self.store.lines(identifier)) if row and self.sees(row.area) else None


def read_plan(path: Path | None) -> DisasterPlan:
    """The plan in a file, or the packaged proposal; FileFaultsError with every fault."""
    if path is not None:
        return read_toml(path, DisasterPlan)
    with as_file(files("cloud.disaster").joinpath("plan.toml")) as packaged:
        return read_toml(packaged, DisasterPlan)
