"""A month of the simulated province in the stores of a centre, without waiting a month for it.

    story ─▶ what devices say ─▶ batches of their gateways ─▶ intake ─▶ store of readings, ledger ─▶ indices

The way is the centre's own from the bytes of a batch on: what a line cut holds back comes late, and what a gateway had
no room for is declared dropped. Readings come at most each quarter of an hour. Equal story and seed, equal month.
As a program: `python -m tests.cloud.reports.province_month FOLDER`; then `thacba-cloud report month 2026-06`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec
import tomli_w

from cloud.config import load_config
from cloud.fleet_status import PROFILE as STATUS
from cloud.fleet_status import FleetStatus
from cloud.indices.derive import Source, affected, window, work_out
from cloud.indices.table import Place
from cloud.ingest.intake import Admitted, Intake
from cloud.ingest.ledger import Ledger
from cloud.ingest.window import Window, counted
from cloud.inventory.fleet import Fleet
from cloud.settings import Settings, read_settings
from cloud.store.base import BirthRow, Columns, Commit, ReadingStore, SeriesKey, StateStore
from cloud.stores import open_readings, open_state
from device_profiles.clock import SystemClock
from device_profiles.load import Catalogue, load_catalogue, read_toml
from device_profiles.schema import DeviceProfile
from device_profiles.wire import Address, Channel, Dropped, State, decode, decode_batch, encode, size_of
from simulators.exercise.files import write_places
from simulators.exercise.reporting import Reporter
from simulators.exercise.virtual import Sample, VirtualGateway
from simulators.province.fleet import PlacedDevice, gateways
from simulators.province.province import Province
from simulators.scenarios.scenario import ScenarioFile
from tests.fakes import ManualClock

DEPLOY: Final = Path(__file__).parents[3] / "deploy"
STORY: Final = Path(__file__).with_name("june_2026.toml")
EPOCH: Final = "00000000000000c6"
STEP_MS: Final = 900_000
CHUNK_MS: Final = 6 * 3_600_000  # one batch of a gateway
ROOM: Final = 20  # batches that a gateway can keep: five days
SECONDS: Final = 1_000


@dataclass
class Sender:
    """One gateway, what its devices last sent, and what it had to give up."""

    gateway: VirtualGateway
    reporters: Mapping[str, Reporter]
    given_up: list[Dropped] = field(default_factory=list)

    def make_room(self) -> None:
        """Gives up the oldest batches when there is no room for more, as an outbox does."""
        owed = self.gateway.owed
        while len(owed) > ROOM:
            sequence = min(owed)
            batch = decode_batch(owed.pop(sequence))
            times = [at for block in batch.devices for at in (block.times[0], sum(block.times))]
            span = (min(times), max(times))
            self.given_up.append(Dropped(sequence, sequence, "full", size_of(batch), *span))

    def deliver(self) -> Iterator[tuple[int, bytes]]:
        """Everything that it owes, oldest first; the first one declares what was given up."""
        for sequence, payload in sorted(self.gateway.owed.items()):
            batch, self.given_up[:] = msgspec.structs.replace(decode_batch(payload), dropped=[*self.given_up]), []
            yield sequence, encode(batch)
        self.gateway.owed.clear()


def write_province(folder: Path, fleet: Mapping[str, Sequence[PlacedDevice]]) -> Path:
    """The configuration of its centre."""
    folder.mkdir(parents=True, exist_ok=True)
    write_places(folder, DEPLOY, fleet)
    for part in ("rules", "indices", "sectors"):
        shutil.copytree(DEPLOY / part, folder / part, ignore=shutil.ignore_patterns("*.py", "*.md"))
    table = {
        "data_dir": "data", "sites_dir": "sites", "rules_dir": "rules", "indices_dir": "indices",
        "sectors_dir": "sectors", "http": {"host": "127.0.0.1", "port": 0, "cookie_secure": False},
        "broker": {"url": "mqtt://127.0.0.1:1"}, "store": {"kind": "sqlite", "retention_days": 400},
    }  # fmt: skip
    path = folder / "centre.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


@dataclass
class Notes:
    """Keeps what the centre says of its gateways, as its recorder does."""

    ledger: Ledger
    store: ReadingStore

    async def derive(self, columns: Sequence[Columns]) -> None:
        """Into the store."""
        await self.store.write(columns, [])


class Month:
    """Plays the story into the stores of one centre."""

    def __init__(self, settings: Settings, province: Province, fleet: Mapping[str, Sequence[PlacedDevice]]) -> None:
        self._settings = settings
        self._province = province
        self._catalogue: Catalogue = load_catalogue()
        self._intake = Intake(settings.catalogue, settings.inventory)
        self._ledger = Ledger()
        self._senders = [
            Sender(VirtualGateway(name, EPOCH, devices), {each.id: Reporter(self._model(each)) for each in devices})
            for name, devices in fleet.items()
        ]

    async def play(self, store: ReadingStore, state: StateStore) -> None:
        """The whole story, in the order of time; at the begin and behind each chunk the centre notes its ledger."""
        begin, end = self._province.begin_ms, self._province.end_ms
        clock, fleet, notes = ManualClock(begin), Fleet(), Notes(self._ledger, store)
        profile = self._settings.catalogue.profiles[STATUS]
        status = FleetStatus(profile, fleet=fleet, records=notes, places=self._settings.inventory, clock=clock)
        self._introduce(fleet, begin)
        await notes.derive(status.columns())
        for since in range(begin, end, CHUNK_MS):
            until = min(since + CHUNK_MS, end)
            window = Window()
            for sender in self._senders:
                self._speak(sender, since, until)
                for batch in self._arrived(sender, until):
                    window.add(batch)
            await self._keep(window, store, state, now=until)
            await clock.advance((until - 1 - clock.now_ms()) / SECONDS)
            await notes.derive(status.columns())
        state.put_births([self._birth(each.gateway, end) for each in self._senders])

    def _introduce(self, fleet: Fleet, at: int) -> None:
        for each in self._senders:
            row = self._birth(each.gateway, at)
            site = self._settings.inventory.site_of(row.gateway)
            assert site is not None
            fleet.born(row.gateway, decode(row.state.encode(), State), site=site.id, received_at=at)
            self._ledger.heard(row.gateway, EPOCH, next_sequence=1, accepted=0)

    def _birth(self, gateway: VirtualGateway, at: int) -> BirthRow:
        return BirthRow(gateway.id, gateway.birth(self._catalogue, at).decode(), gateway.health(at).decode(), at)

    def _speak(self, sender: Sender, begin: int, end: int) -> None:
        said = [(each, list(self._samples(sender, each, begin, end))) for each in sender.gateway.devices]
        sender.gateway.take(said, self._catalogue)
        sender.make_room()

    def _arrived(self, sender: Sender, now: int) -> Iterator[Admitted]:
        gateway = sender.gateway
        if not self._province.link(gateway.id, now):
            return
        self._ledger.heard(gateway.id, EPOCH, next_sequence=gateway.sequence + 1, accepted=gateway.accepted)
        for _, payload in sender.deliver():
            taken = self._intake.take(Address(gateway.id, Channel.READINGS), payload, received_at=now)
            assert isinstance(taken, Admitted), taken
            yield taken

    async def _keep(self, window: Window, store: ReadingStore, state: StateStore, *, now: int) -> None:
        columns, settlements = window.columns(), window.settlements()
        assert not await store.write(columns, window.events())
        draft = self._ledger.draft(settlements)
        state.commit(Commit(accounts=draft.rows(now), point_counts=counted(columns)))
        self._ledger.install(draft, settlements)

    def _samples(self, sender: Sender, device: PlacedDevice, begin: int, end: int) -> Iterator[Sample]:
        period = max(STEP_MS, round(self._model(device).period_s * SECONDS))
        phase = crc32(device.id.encode()) % period
        for at in range(begin + (phase - begin) % period, end, period):
            values = self._province.values(device.id, at)
            if values:
                quality = self._province.quality(device.id, at)
                yield Sample(at, sender.reporters[device.id].worth_sending(at, values, quality), quality)

    def _model(self, device: PlacedDevice) -> DeviceProfile:
        return self._catalogue[device.profile]


async def work_out_indices(settings: Settings, store: ReadingStore, *, begin: int, end: int) -> None:
    """Every index of the configuration over the whole time, from what is stored."""
    for profile, specs in settings.indices.specs.items():
        for spec in specs:
            at = affected(spec, begin, end, until=end - 1)
            first, last = window(spec, at)
            found = {}
            for point in spec.points.values():
                for each in await store.stored(profile, point, begin=first, end=last):
                    found[each.key.gateway, each.key.device] = each.site
            for (gateway, device), site in sorted(found.items()):
                readings = {
                    point: await store.raw(SeriesKey(profile, gateway, device, point), begin=first, end=last)
                    for point in spec.points.values()
                }
                place = settings.inventory.site_of(gateway)
                columns = work_out(
                    spec,
                    Source(site, gateway, device),
                    readings,
                    at,
                    place=Place(place.attributes if place is not None else {}),
                )
                if columns is not None:
                    await store.write([columns], [])


async def fill(folder: Path, *, story: ScenarioFile | None = None, only: Iterable[str] = (), seed: int = 1) -> Path:
    """Writes the centre's files and fills its stores; `only`: some gateways. Says where centre.toml is."""
    wanted = set(only)
    fleet = {name: each for name, each in gateways().items() if not wanted or name in wanted}
    province = Province(story or read_toml(STORY, ScenarioFile), seed)
    path = write_province(folder, fleet)
    config = load_config(path)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    settings, state = read_settings(path), open_state(config)
    store, _ = open_readings(config, SystemClock())
    state.migrate()
    await store.open()
    try:
        await Month(settings, province, fleet).play(store, state)
        await work_out_indices(settings, store, begin=province.begin_ms, end=province.end_ms)
    finally:
        await store.close()
        state.close()
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(fill(Path(sys.argv[1])))}\n")
