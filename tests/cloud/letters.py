"""A centre without broker for dead letters: real intake, state database and files, and a recorder that commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cloud.alarms.book import AlarmBook
from cloud.ingest.graveyard import Graveyard
from cloud.ingest.intake import Intake
from cloud.ingest.ledger import Ledger, Terms
from cloud.ingest.window import Window, bury_rejections
from cloud.inventory.sites import GatewayEntry, Inventory, Site
from cloud.letter_office import Desk, LetterOffice
from cloud.recorder import Recorder
from cloud.rollups.marks import Marks
from cloud.rules.judge import Judge
from cloud.rules.rule_set import RuleSet
from cloud.store.base import Columns, Commit, ReadingStore, StateStore
from device_profiles.clock import Clock
from device_profiles.load import Catalogue, load_catalogue
from device_profiles.schema import Text
from device_profiles.wire import Address, Batch, Channel, DeviceBlock, Event, encode, relative_times, size_of
from device_profiles.wire.messages import Cell

CATALOGUE = load_catalogue()
PROFILE = "river_gauge_radar"
WITHOUT = Catalogue({key: profile for key, profile in CATALOGUE.profiles.items() if key != PROFILE})
GATEWAY, DEVICE, EPOCH = "gw-thao", "gauge-yen-bai", "00000000000000aa"
NAME = Text(vi="Trạm", en="Station")
SITE = Site(id="site", name=NAME, area="area", lat=21.7, lon=104.9, gateways=(GatewayEntry(id=GATEWAY, name=NAME),))
INVENTORY = Inventory({SITE.id: SITE}, gateways={GATEWAY: SITE})


class Bench:
    """The window where batches come in, and the office behind it."""

    def __init__(self, folder: Path, state: StateStore, store: ReadingStore, clock: Clock) -> None:
        self.clock, self.state, self.store = clock, state, store
        self.graveyard = Graveyard(folder / "dead_letters")
        self.sequence = self.accepted = 0
        self._wire(CATALOGUE)

    def restart(self, catalogue: Catalogue = CATALOGUE) -> None:
        """A new run of the centre, perhaps with other profiles; files and databases stay."""
        self._wire(catalogue)
        self.recorder.ledger.reload(self.state.accounts())

    def _wire(self, catalogue: Catalogue) -> None:
        self.intake = Intake(catalogue, INVENTORY)
        self.recorder = Recorder(
            self.state,
            lambda: Judge(RuleSet(), AlarmBook()),
            clock=self.clock,
            keep=_keep_nothing,
            announce=lambda _: None,
            marks=Marks(settle_ms=0, refresh_ms=0),
        )
        self.letters = LetterOffice(
            Desk(self.graveyard, self.intake, self.store, self.state, self.recorder, self.clock)
        )

    def batch(self, points: dict[str, list[Cell]], times: list[int], **more: object) -> Batch:
        """The next batch of the gateway."""
        self.sequence += 1
        profile = str(more.get("profile", PROFILE))
        quality: dict[str, list[tuple[int, str]]] = more.get("quality", {})  # type: ignore[assignment]
        events: list[Event] = more.get("events", [])  # type: ignore[assignment]
        blocks = [DeviceBlock(DEVICE, profile, relative_times(times), points, quality)] if times else []
        batch = Batch(1, EPOCH, self.sequence, self.accepted, blocks, events)
        self.accepted += size_of(batch)
        return batch

    async def write(self, batch: Batch) -> Window:
        """Judges, stores and buries, as the flow does before it commits."""
        taken = self.intake.take(Address(GATEWAY, Channel.READINGS), encode(batch), received_at=self.clock.now_ms())
        window = Window([taken])  # type: ignore[list-item]
        bury_rejections(window, await self.store.write(window.columns(), window.events()))
        if window.letters():
            self.graveyard.bury(window.letters(), at=self.clock.now_ms())
        return window

    async def receive(self, points: dict[str, list[Cell]], times: list[int], **more: object) -> None:
        """One batch all the way."""
        await self.recorder.open()
        window = await self.write(self.batch(points, times, **more))
        await self.recorder.settle(window, received_at=self.clock.now_ms())

    def refuse(self, points: dict[str, list[Cell]], times: list[int]) -> None:
        """A committed batch of which nothing is storable, without waiting."""
        taken = self.intake.take(
            Address(GATEWAY, Channel.READINGS),
            encode(self.batch(points, times)),
            received_at=self.clock.now_ms(),
        )
        window = Window([taken])  # type: ignore[list-item]
        self.graveyard.bury(window.letters(), at=self.clock.now_ms())
        draft = self.recorder.ledger.draft(window.settlements())
        self.state.commit(Commit(accounts=draft.rows(self.clock.now_ms())))
        self.recorder.ledger.install(draft, ())

    def terms(self) -> Terms:
        """The ledger's identity, as another run would find it in the database."""
        kept, live = Ledger(self.state.accounts()).terms(), self.recorder.ledger.terms()
        assert replace(kept, accepted=0, awaited=0) == replace(live, accepted=0, awaited=0)
        assert live.accepted == live.stored + live.dead_lettered + live.dropped + live.awaited
        return live


async def _keep_nothing(_: Sequence[Columns]) -> None:
    """No index is derived here."""
