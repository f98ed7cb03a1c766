"""A centre whose fleet is invented and whose state is a real database: what the API and the pages are tested on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from cloud.access.passwords import hash_password
from cloud.access.roles import Role
from cloud.alarms.book import AlarmBook
from cloud.alarms.lifecycle import AlarmError, AlarmState, Trigger, after
from cloud.alarms.mutes import Mutes
from cloud.api.deps import ApiSettings, DeadLetters, UnknownThingError, WrongStateError
from cloud.api.hub import Hub
from cloud.api.rule_book import RuleBook
from cloud.api.views import (
    AccountView,
    Counters,
    DeviceView,
    GatewayView,
    Order,
    Outcome,
    SiteView,
    ThresholdView,
    sums_of,
)
from cloud.api.which import EVERY, DeviceCounts, SiteFacts, Which, counts_of, facts_by_site
from cloud.attachments import AttachmentConfig, Attachments
from cloud.citizen.config import CitizenConfig
from cloud.citizen.desk import Stores
from cloud.citizen.house import citizen_desk
from cloud.commissioning.config import CommissioningConfig
from cloud.commissioning.house import commissioning_office
from cloud.disaster.office import DisasterOffice, read_plan
from cloud.exercise.office import ExerciseOffice
from cloud.incidents.proposal import PROPOSAL
from cloud.inventory.passages import Passage
from cloud.orders import OrderDesk
from cloud.pictures.album import Album
from cloud.pictures.config import PictureConfig
from cloud.pictures.desk import PictureDesk
from cloud.picturing import Photographer
from cloud.rehearsal import Rehearsals
from cloud.releases.shelf import Shelf
from cloud.roll_call import RollCall
from cloud.rules.announce import Announcer
from cloud.rules.desk import Act, Remark
from cloud.rules.judge import Places
from cloud.rules.rehearse import Wish
from cloud.rules.rehearse_report import Report
from cloud.rules.roster import Roster
from cloud.rules.scope import Geography
from cloud.rules.shelving import shelve, unshelve
from cloud.rules.turn import Turn
from cloud.sectors.load import load_sectors
from cloud.sectors.rules import profiles_of_rules
from cloud.sectors.standing import Fleet as SectorFleet
from cloud.store.base import (
    AlarmFilter,
    AlarmHistoryRow,
    AlarmRow,
    Bucket,
    Columns,
    Commit,
    PlacedEvent,
    RawColumn,
    ReadingStore,
    Rejection,
    SeriesKey,
    StoredSeries,
    UserRow,
)
from cloud.store.memory import MemoryStore
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile, Text
from device_profiles.wire.messages import Cell
from tests.cloud.api import sample_fleet, sample_pictures
from tests.cloud.api.sample_enrolment import sample_enrolment
from tests.cloud.api.sample_offices import SampleOffices
from tests.cloud.api.sample_rules import SampleRules
from tests.cloud.letters import CATALOGUE, WITHOUT, Bench
from tests.readme_check import ROOT

SECTORS = load_sectors(ROOT / "deploy/sectors", sample_fleet.PROFILES)
PASSWORD = "sông Thao dâng cao 35,73"
_HASHES: dict[str, str] = {}


class FloodStore:
    """A reading store that knows one flood: every series rises as the Thao did in September 2024."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def open(self) -> None:
        """Nothing to open."""

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Takes nothing: the flood is invented."""
        return [Rejection(index, tuple(each.times), 0, "read-only") for index, each in enumerate(columns)]

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """A slow rise with ripples; an hour without data eight hours before the end. Batteries began 10 minutes ago."""
        begin = max(begin, self._clock.now_ms() - 600_000) if key.point == "batt_v" else begin
        first = -(-begin // step_ms) * step_ms
        gap = range(end - 8 * 3_600_000, end - 7 * 3_600_000)
        until = end - sample_fleet.READ_AGO_MS.get(key.gateway, 0)
        return [_bucket(key, at, end) for at in range(first, until, step_ms) if at not in gap]

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The middle of every ten minutes of the same flood."""
        found = await self.series(key, begin=begin, end=end, step_ms=600_000)
        return RawColumn([each.begin for each in found], [each.mean for each in found])

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """The gauge of Yên Bái."""
        key = SeriesKey(profile, "gw-thao", "gauge-yen-bai", point)
        return [StoredSeries("site-cau-yen-bai", key)] if point == "level_m" else []

    async def latest(self, key: SeriesKey) -> tuple[int, Cell] | None:
        """Nothing."""
        return None

    async def count(self, key: SeriesKey) -> int:
        """Nothing."""
        return 0

    async def check(self) -> str:
        """Always there."""
        return "an invented flood"

    async def close(self) -> None:
        """Nothing to close."""


def _bucket(key: SeriesKey, at: int, end: int) -> Bucket:
    hours = (end - at) / 3_600_000
    value = sample_fleet.COURSES.get(key.point, _ripple)(hours)
    value += 0.05 * math.sin(at / 500_000) if key.point == "level_m" else 0.0
    return Bucket(at, value - 0.04, value + 0.04, value, value, 6)


def _ripple(hours: float) -> float:
    return 20 + 5 * math.sin(hours)


class FakeCentre:
    """Implements cloud.api.deps.Centre; tests change its fleet with `measure` and its alarms with `raise_alarm`."""

    def __init__(self, folder: Path, clock: Clock, *, cookie_secure: bool = True) -> None:
        self.clock = clock
        self.exercise: ExerciseOffice | None = None
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.incidents = self.state.incidents
        self.regulation = PROPOSAL
        plan = read_plan(None)
        self.disaster = DisasterOffice(self.state.disaster, lambda: plan, clock)
        self.incident_files = self.state.incident_files
        limits = AttachmentConfig.model_validate({"total_mb": 1, "per_incident": 3})
        self.releases = Shelf(folder / "releases")
        self.attachments = Attachments(folder / "attachments", self.incident_files, limits, clock)
        self.notices = self.state.notice_book
        self.readings = FloodStore(clock)
        self.profiles: Mapping[str, DeviceProfile] = sample_fleet.PROFILES
        self.hub = Hub(clock)
        self.settings = ApiSettings(cookie_secure=cookie_secure, sectors=SECTORS)
        self.bench = Bench(folder, self.state, MemoryStore(), clock)
        self._mutes = Mutes()
        self.sample_rules = SampleRules(folder / "rules", self.state, clock)
        self.rehearse_on(self.readings)
        self.orders: list[Order] = []
        self.broken: dict[str, str] = {}
        self.strangers: tuple[str, ...] = ()
        self.levels: dict[tuple[str, str], Sequence[ThresholdView]] = {
            ("gauge-yen-bai", "level_m"): sample_fleet.LEVELS
        }
        self.epochs: dict[str, str] = {}  # of gateways whose disk was changed
        self._devices = sample_fleet.devices(clock.now_ms())
        self._started_at = clock.now_ms()
        self.offices = SampleOffices(self.state, clock)
        self.configurations, self.rollouts = self.offices.office, self.offices.rollouts
        send = partial(self.send_command, actor="")
        self.requests = OrderDesk(self.state.configurations, send, clock)
        self.snapshot_outcome: Outcome | None = None  # instead of a picture
        album = Album(folder / "pictures", PictureConfig.model_validate({}))
        self.pictures = PictureDesk(album, Photographer(send), clock)
        stores = Stores(self.state.citizens, self.incidents, self.incident_files, self.attachments)
        self.citizen = citizen_desk(self, stores, CitizenConfig.model_validate({"open": True}))
        self.enrolment, self.door = sample_enrolment(folder, self.state, clock)
        self.commissioning = commissioning_office(
            folder,
            CommissioningConfig.model_validate({}),
            stores=(self.state.commissioning, self.state.enrolment),
            events=self.enrolment.events,
            clock=clock,
        )
        self._raised = 0

    def prepare(self) -> None:
        """Makes the database, one user per role (the role's name), and four alarms."""
        self.state.migrate()
        for role in Role:
            self.add_user(role.value, role)
        now = self.clock.now_ms()
        hour = sample_fleet.HOUR_MS
        self.raise_alarm("III", at=now - 4 * hour, severity=1, state="normal", cleared_at=now - 3 * hour)
        self.raise_alarm("II", at=now - 2 * hour, severity=2)
        self.raise_alarm("", at=now - hour, severity=3, rule="silence", device="rain-mcc", state="acked")
        self.bench.refuse({"nonsense": [1, 2]}, [now - hour, now - hour + 1])
        self.sample_rules.propose(now - hour)
        self.bench.restart(WITHOUT)
        self.bench.refuse({"level_m": [31.4]}, [now - hour + 2])
        self.bench.restart(CATALOGUE)
        self.raise_alarm("", at=now - hour // 2, severity=4, rule="paper", device="kiosk-01", state="returned_unacked")

    @property
    def letters(self) -> DeadLetters:
        """The real office."""
        return self.bench.letters

    @property
    def rules(self) -> RuleBook:
        """The real office, around three rules."""
        return self.sample_rules.office

    def add_user(self, name: str, role: Role) -> None:
        """Adds somebody with the one password of these tests; hashing is slow, so it is done once."""
        if PASSWORD not in _HASHES:
            _HASHES[PASSWORD] = hash_password(PASSWORD)
        self.state.put_user(UserRow(name, role.value, _HASHES[PASSWORD], self.clock.now_ms()))

    def raise_alarm(self, level: str, *, at: int, severity: int, **more: object) -> AlarmRow:
        """Puts an alarm into the database and on the live feed."""
        self._raised += 1
        row = _alarm(f"{at:013d}-{self._raised:04d}", level, at=at, severity=severity, **more)
        history = AlarmHistoryRow(row.id, at, at, "raised", level, row.value, "", "")
        self._keep(row, history)
        return row

    def measure(self, gateway: str, device: str, point: str, value: Cell) -> None:
        """A new reading arrives."""
        now = self.clock.now_ms()
        view = self._devices[gateway, device]
        changed = tuple(
            replace(each, value=value, quality="good", freshness="measured", observed_at=now, received_at=now)
            if each.key == point else each
            for each in view.points
        )  # fmt: skip
        self._devices[gateway, device] = replace(view, points=changed, read_at=now, fault="")
        body = {"gateway": gateway, "device": device, "point": point, "value": value, "quality": "good",
                "freshness": "measured", "observed_at": now, "received_at": now}  # fmt: skip
        self.hub.publish("reading", f"{gateway}/{device}/{point}", body)

    def introduce(self, view: DeviceView) -> None:
        """One more device, or another state of one."""
        self._devices[view.gateway, view.id] = view

    def area_names(self) -> Mapping[str, Text]:
        """Two of the four areas have names."""
        return {
            "132": Text(vi="Phường Yên Bái", en="Yên Bái ward"),
            "137": Text(vi="Xã Mù Cang Chải", en="Mù Cang Chải"),
        }

    def certificate_ends(self, gateway: str) -> int | None:
        """The gateway of the Thao has a certificate for twenty days more."""
        return self.clock.now_ms() + 20 * 86_400_000 + 1 if gateway == "gw-thao" else None

    def sites(self) -> Sequence[SiteView]:
        """The sample's sites."""
        return sample_fleet.SITES

    def gateways(self) -> Sequence[GatewayView]:
        """The sample's gateways, and strangers."""
        strangers = (GatewayView(each, Text(vi=each, en=each), "") for each in self.strangers)
        listed = sample_fleet.gateways(self.clock.now_ms())
        return [*(replace(each, epoch=self.epochs.get(each.id, each.epoch)) for each in listed), *strangers]

    def gateway(self, gateway: str) -> GatewayView | None:
        """One of them."""
        return next((each for each in self.gateways() if each.id == gateway), None)

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices as measured last."""
        return [each for each in self._devices.values() if wanted.takes(each)]

    def devices_called(self, words: Sequence[str]) -> Sequence[DeviceView]:
        """The devices of which every word is known."""
        names = {site.id: site.name for site in self.sites()}
        roll_call = RollCall(lambda view: f"{self.profiles[view.profile].name} {names.get(view.site)}")
        for each in self.devices():
            roll_call.put(each)
        return [self._devices[key] for key in roll_call.holding(words)]

    def site_facts(self) -> Mapping[str, SiteFacts]:
        """What stands at every site."""
        return facts_by_site(self.devices())

    async def sector_fleet(self) -> SectorFleet:
        """Devices and open alarms, sorted for the sectors."""
        return SectorFleet(self.devices(), self.open_alarms(), profiles_of_rules(self.rules.running.rules))

    def device_counts(self) -> DeviceCounts:
        """How many there are, how fresh, and of which models."""
        return counts_of(self.devices())

    def open_alarms(self) -> Sequence[AlarmRow]:
        """Every open alarm."""
        return self.state.alarms(AlarmFilter(open=True), before=None, limit=5_000)

    def device(self, gateway: str, device: str) -> DeviceView | None:
        """One of them."""
        return self._devices.get((gateway, device))

    def thresholds(self, gateway: str, device: str, point: str) -> Sequence[ThresholdView]:
        """The flood levels of Yên Bái, and what a test adds."""
        return self.levels.get((device, point), ())

    def ledger(self, gateway: str | None = None) -> Sequence[AccountView]:
        """The sample's accounts."""
        accounts = sample_fleet.accounts(self.clock.now_ms())
        return [each for each in accounts if gateway in (None, each.gateway)]

    def ledger_sums(self) -> Mapping[str, int]:
        """Their sums."""
        return sums_of(self.ledger())

    def passages(self, gateway: str, device: str) -> Sequence[Passage]:
        """Half an hour of the Thao that came late, three hours ago; a clock that nobody trusted before."""
        return sample_fleet.passages(self.clock.now_ms()) if device == "gauge-yen-bai" else ()

    def counters(self) -> Counters:
        """A few figures."""
        return Counters(self._started_at, self._started_at, self._raised, self._raised)

    def metrics(self) -> Mapping[str, float]:
        """One more counter."""
        return {"thacba_rejected_total": 3.0}

    async def acknowledge(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Steps the life cycle, as the real centre does."""
        row = self._alarm(alarm)
        try:
            state = after(row.state, Trigger.ACKNOWLEDGE)
        except AlarmError as error:
            raise WrongStateError(str(error)) from error
        now = self.clock.now_ms()
        changed = replace(
            row, state=state.value, open=state is not AlarmState.NORMAL, acknowledged_at=now, acknowledged_by=actor,
            changed_at=now,
        )  # fmt: skip
        history = AlarmHistoryRow(alarm, now, now, "acknowledged", row.level, None, actor, comment)
        await asyncio.to_thread(self._keep, changed, history)
        return changed

    async def comment(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Adds to the history."""
        now = self.clock.now_ms()
        row = replace(self._alarm(alarm), changed_at=now)
        await asyncio.to_thread(
            self._keep, row, AlarmHistoryRow(alarm, now, now, "commented", "", None, actor, comment)
        )
        return row

    async def shelve(self, alarm: str, *, actor: str, reason: str, until: int) -> AlarmRow:
        """As the real centre does."""
        row = self._alarm(alarm)
        await self.act(shelve(alarm, Remark(actor, reason), until=until))
        return row

    async def unshelve(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """As the real centre does."""
        row = self._alarm(alarm)
        await self.act(unshelve(alarm, Remark(actor, comment)))
        return row

    def rehearse_on(self, readings: ReadingStore) -> None:
        """Rules are rehearsed on the readings of this store."""
        self._rehearsals = Rehearsals(
            readings, self.state, self.profiles, places=Places(), passages=lambda gateway, device: ()
        )

    async def rehearse(self, wish: Wish) -> Report:
        """As the real centre does, on the invented flood."""
        return await self._rehearsals.rehearse(wish)

    def mutes(self) -> Mutes:
        """What is shelved, and what is out of service."""
        return self._mutes

    async def act(self, work: Act) -> None:
        """As the real centre does."""
        await asyncio.to_thread(self._act, work)

    def _act(self, work: Act) -> None:
        book = AlarmBook()
        book.restore(self.state.alarms(AlarmFilter(open=True), before=None, limit=100))
        turn = Turn(self.clock.now_ms(), 0, book, Announcer(), self._mutes)
        try:
            work(turn, Roster(AlarmBook(), Geography()))
        except AlarmError as error:
            raise WrongStateError(str(error)) from error
        self.state.commit(Commit(rule_states=turn.rows, alarms=list(turn.alarms.values()), history=turn.history))

    async def send_command(self, order: Order, *, actor: str) -> Outcome:
        """Remembers the order; the device did it."""
        self.orders.append(order)
        if order.verb == "snapshot" and self.snapshot_outcome:
            return self.snapshot_outcome
        detail = sample_pictures.answer(order, self.clock.now_ms()) if order.verb == "snapshot" else ""
        return Outcome("c-1", "done", self.clock.now_ms(), detail)

    async def ready(self) -> Mapping[str, str]:
        """Everything works, but for what the test broke."""
        return {"broker": "", "store": "", "state": "", **self.broken}

    def _alarm(self, identifier: str) -> AlarmRow:
        row = self.state.alarm(identifier)
        if row is None:
            raise UnknownThingError(f"There is no alarm {identifier!r}.")
        return row

    def _keep(self, row: AlarmRow, history: AlarmHistoryRow) -> None:
        self.state.commit(Commit(alarms=[row], history=[history]))
        self.hub.publish("alarm", row.id, asdict(row))


def _alarm(identifier: str, level: str, *, at: int, severity: int, **more: object) -> AlarmRow:
    device = str(more.pop("device", "gauge-yen-bai"))
    rule = str(more.pop("rule", "flood_yen_bai"))
    state = str(more.pop("state", "unacked"))
    gateway, vi, en = next(each[0:1] + each[2:4] for each in sample_fleet.DEVICES if each[1] == device)
    site = next(each.id for each in sample_fleet.SITES if gateway in each.gateways)
    text = (f"{vi}: mực nước 31,42 m, vượt báo động {level}", f"{en}: level 31.42 m, above flood level {level}")
    if not level:
        text = (f"{vi}: mất dữ liệu hoặc cần chăm sóc", f"{en}: no data or needs care")
    row = AlarmRow(
        identifier, rule, "1", site, gateway, device, "level_m" if level else "", state, state != "normal", level,
        severity, 31.42 if level else None, 31.0 if level else None, *text, at, at, at,
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]
