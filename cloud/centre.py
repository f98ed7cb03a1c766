"""The running centre as the API sees it: answers at once from memory, and passes wishes on to their owners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from cloud.alarms.lifecycle import AlarmError
from cloud.alarms.mutes import Mutes
from cloud.api.deps import (
    ApiSettings,
    DeadLetters,
    RefusedOrderError,
    UnknownThingError,
    WrongStateError,
)
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
)
from cloud.api.which import EVERY, DeviceCounts, SiteFacts, Which
from cloud.attachments import Attachments
from cloud.broadcast import Broadcast
from cloud.citizen.config import CitizenConfig
from cloud.citizen.desk import CitizenDesk, Stores
from cloud.citizen.house import citizen_desk
from cloud.commands import Commander, CommandRefusedError
from cloud.commissioning.office import CommissioningOffice
from cloud.configuring.house import Configuring
from cloud.configuring.office import ConfigurationOffice
from cloud.configuring.rollouts import RolloutOffice
from cloud.disaster.office import DisasterOffice
from cloud.display import Display
from cloud.enrolment.house import Enrolment
from cloud.exercise.office import ExerciseOffice
from cloud.flow import Flow, Parts
from cloud.incidents.regulation import Regulation
from cloud.inventory.live import LiveInventory
from cloud.inventory.passages import Passage
from cloud.letter_office import Desk, LetterOffice
from cloud.opened import OpenAlarmRows
from cloud.orders import OrderDesk
from cloud.pictures.album import Album
from cloud.pictures.desk import PictureDesk
from cloud.picturing import Photographer
from cloud.rehearsal import Rehearsals
from cloud.releases.shelf import Shelf
from cloud.rule_office import RuleOffice
from cloud.rules import desk, shelving
from cloud.rules.desk import Act, Remark
from cloud.rules.rehearse import Wish
from cloud.rules.rehearse_report import Report
from cloud.sectors.board import SectorBoard
from cloud.sectors.load import plain_plans
from cloud.sectors.plan import SectorPlan
from cloud.sectors.rules import profiles_of_rules
from cloud.sectors.standing import Fleet as SectorFleet
from cloud.store.base import AlarmRow, ReadingStore, StateStore
from cloud.store.citizen_port import CitizenStore
from cloud.store.configuration_port import ConfigurationStore
from cloud.store.incident_files_port import IncidentFileStore
from cloud.store.incident_port import IncidentStore
from cloud.store.notice_port import NoticeStore
from cloud.tally import Tally
from cloud.views import Levels, account_views, site_view, threshold_views
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile, Text
from device_profiles.wire.helping import is_for_gateway


@dataclass(frozen=True, slots=True)
class House:
    """Everything that the centre consists of; made by app.py."""

    parts: Parts
    flow: Flow
    display: Display
    inventory: LiveInventory
    hub: Hub
    broadcast: Broadcast
    commander: Commander
    settings: ApiSettings
    tally: Tally
    incidents: IncidentStore
    regulation: Callable[[], Regulation]
    incident_files: IncidentFileStore
    attachments: Attachments
    releases: Shelf
    notices: NoticeStore
    rules: RuleOffice
    rehearsals: Rehearsals
    enrolment: Enrolment
    commissioning: CommissioningOffice
    configuring: Configuring
    requests: ConfigurationStore
    disaster: DisasterOffice
    album: Album
    citizens: CitizenStore
    citizen: CitizenConfig
    exercise: ExerciseOffice | None = None


class ThacbaCentre:
    """Implements the protocol of cloud/api/deps.py."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._parts = parts = house.parts
        self._levels = Levels()
        self._opened = OpenAlarmRows(parts.state, self._changes, parts.clock)
        self._board = SectorBoard(self._sorted_for_sectors, self._plans, changes=self._changes, clock=parts.clock)
        self._letters = LetterOffice(
            Desk(parts.graveyard, parts.intake, parts.store, parts.state, parts.recorder, parts.clock)
        )
        send = partial(self.send_command, actor="")
        self._requests = OrderDesk(house.requests, send, parts.clock)
        self._pictures = PictureDesk(house.album, Photographer(send), parts.clock)
        stores = Stores(house.citizens, house.incidents, house.incident_files, house.attachments)
        self._citizen = citizen_desk(self, stores, house.citizen)

    @property
    def configurations(self) -> ConfigurationOffice:
        """What gateways shall run."""
        return self._house.configuring.office

    @property
    def rollouts(self) -> RolloutOffice:
        """Changes that go through the fleet in waves."""
        return self._house.configuring.rollouts

    @property
    def pictures(self) -> PictureDesk:
        """Pictures of cameras, while somebody watches."""
        return self._pictures

    @property
    def citizen(self) -> CitizenDesk:
        """What the public sees, and what it says."""
        return self._citizen

    @property
    def requests(self) -> OrderDesk:
        """Orders that a second person must confirm."""
        return self._requests

    def area_names(self) -> Mapping[str, Text]:
        """What the areas are called."""
        return {area.id: area.name for area in self._house.inventory.areas.values()}

    def certificate_ends(self, gateway: str) -> int | None:
        """When a gateway's certificate runs out."""
        return self._house.configuring.keys.not_after(gateway)

    @property
    def disaster(self) -> DisasterOffice:
        """Official bulletins and evacuations."""
        return self._house.disaster

    @property
    def exercise(self) -> ExerciseOffice | None:
        """The trainer's office; none in service."""
        return self._house.exercise

    @property
    def clock(self) -> Clock:
        """The house's clock."""
        return self._parts.clock

    @property
    def state(self) -> StateStore:
        """Alarms, notices, users, secrets, audit."""
        return self._parts.state

    @property
    def notices(self) -> NoticeStore:
        """What people were told, and every attempt to."""
        return self._house.notices

    @property
    def incidents(self) -> IncidentStore:
        """What people work on."""
        return self._house.incidents

    @property
    def regulation(self) -> Regulation:
        """Deadlines and ladders of incidents."""
        return self._house.regulation()

    @property
    def incident_files(self) -> IncidentFileStore:
        """What stands beside incidents."""
        return self._house.incident_files

    @property
    def attachments(self) -> Attachments:
        """The contents of files."""
        return self._house.attachments

    @property
    def releases(self) -> Shelf:
        """The versions of the gateway program that gateways may fetch."""
        return self._house.releases

    @property
    def readings(self) -> ReadingStore:
        """The series behind charts."""
        return self._parts.store

    @property
    def profiles(self) -> Mapping[str, DeviceProfile]:
        """The catalogue of device models."""
        return self._house.display.profiles

    @property
    def hub(self) -> Hub:
        """The live feed."""
        return self._house.hub

    @property
    def settings(self) -> ApiSettings:
        """Version, cookies, address."""
        return self._house.settings

    @property
    def letters(self) -> DeadLetters:
        """Dead letters."""
        return self._letters

    @property
    def rules(self) -> RuleBook:
        """The rules."""
        return self._house.rules

    @property
    def commissioning(self) -> CommissioningOffice:
        """What technicians installed, as gateways signed it."""
        return self._house.commissioning

    @property
    def enrolment(self) -> Enrolment:
        """Claims, certificates, the registry of gateways, security events."""
        return self._house.enrolment

    def sites(self) -> Sequence[SiteView]:
        """Every site of the inventory."""
        return [site_view(site) for site in self._house.inventory.sites.values()]

    def gateways(self) -> Sequence[GatewayView]:
        """Every gateway of the inventory, and every stranger that was heard."""
        return self._house.display.gateways()

    def gateway(self, gateway: str) -> GatewayView | None:
        """One of them."""
        return self._house.display.known_gateway(gateway)

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices that are asked for, with their newest values."""
        return self._house.display.devices(wanted)

    def devices_called(self, words: Sequence[str]) -> Sequence[DeviceView]:
        """The devices of which every word is known."""
        return self._house.display.devices_called(words)

    def site_facts(self) -> Mapping[str, SiteFacts]:
        """What stands at every site that has devices."""
        return self._house.display.site_facts()

    async def sector_fleet(self) -> SectorFleet:
        """How devices and open alarms stand, sorted for the sectors."""
        return await self._board.fleet()

    def device_counts(self) -> DeviceCounts:
        """How many devices there are, how fresh, and of which models."""
        return self._house.display.counts()

    def open_alarms(self) -> Sequence[AlarmRow]:
        """Every open alarm, newest first."""
        return self._opened.rows()

    def device(self, gateway: str, device: str) -> DeviceView | None:
        """One device."""
        return self._house.display.device(gateway, device)

    def thresholds(self, gateway: str, device: str, point: str) -> Sequence[ThresholdView]:
        """The levels of the rules that watch this point, lowest first."""
        standing = self._parts.fleet.device(gateway, device)
        site = self._house.inventory.site_of(gateway)
        if standing is None or site is None:
            return []
        rules = self._levels.watching(self._house.rules.running.rules, standing.profile, point)
        if not rules:
            return []
        areas = [area.id for area in self._house.inventory.path_of(site.area)]
        return threshold_views(rules, standing, areas=areas)

    def ledger(self, gateway: str | None = None) -> Sequence[AccountView]:
        """Every account, or those of one gateway."""
        return list(account_views(self._parts.recorder.ledger, gateway))

    def ledger_sums(self) -> Mapping[str, int]:
        """The five terms of the ledger over all accounts."""
        return asdict(self._parts.recorder.ledger.terms())

    def passages(self, gateway: str, device: str) -> Sequence[Passage]:
        """What of a device came late, or with doubted times, lately."""
        return self._parts.fleet.passages(gateway, device)

    def counters(self) -> Counters:
        """What the centre counts of itself."""
        tally, broadcast = self._house.tally, self._house.broadcast
        raised = tally.alarms_before + broadcast.alarms_raised
        return Counters(tally.started_at, broadcast.first_reading_at, raised, tally.notices_sent)

    def metrics(self) -> Mapping[str, float]:
        """More counters for /metrics, by Prometheus name."""
        recorder = self._parts.recorder
        return {
            **self._parts.metrics.snapshot(),
            "thacba_held_batches": float(recorder.ledger.held_batches()),
            "thacba_store_away": float(not self._parts.gate.is_open),
            "thacba_inbox_messages": float(len(self._parts.inbox)),
            "thacba_late_readings_total": float(recorder.late_readings()),
            "thacba_reviews_waiting": float(recorder.reviews()),
            "thacba_rules_faulted": float(len(recorder.rule_faults())),
            "thacba_channels_out": float(len(self._parts.channels().troubles)),
            "thacba_strangers": float(len(self._parts.fleet.strangers())),
        }

    async def acknowledge(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Acknowledges; UnknownThingError, WrongStateError."""
        return await self._act(alarm, desk.acknowledge(alarm, Remark(actor, comment)))

    async def comment(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Adds a comment; UnknownThingError."""
        return await self._act(alarm, desk.comment(alarm, Remark(actor, comment)))

    async def shelve(self, alarm: str, *, actor: str, reason: str, until: int) -> AlarmRow:
        """No notices of the alarm's problem until then; UnknownThingError, WrongStateError."""
        return await self._act(alarm, shelving.shelve(alarm, Remark(actor, reason), until=until))

    async def unshelve(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Takes it from the shelf; UnknownThingError, WrongStateError."""
        return await self._act(alarm, shelving.unshelve(alarm, Remark(actor, comment)))

    async def rehearse(self, wish: Wish) -> Report:
        """What a rule would have done with what the store holds; one at a time."""
        return await self._house.rehearsals.rehearse(wish)

    def mutes(self) -> Mutes:
        """What keeps problems from people."""
        return self._parts.recorder.mutes()

    async def act(self, work: Act) -> None:
        """Does something about alarms; WrongStateError."""
        try:
            await self._parts.recorder.act(work)
        except AlarmError as error:
            raise WrongStateError(str(error)) from error

    async def send_command(self, order: Order, *, actor: str) -> Outcome:
        """Signs, sends, waits a short while; UnknownThingError, RefusedOrderError. The API writes the audit log."""
        del actor
        if is_for_gateway(order.device):
            if order.gateway not in self._house.inventory:
                raise UnknownThingError(f"There is no gateway {order.gateway!r}.")
        elif self._parts.fleet.device(order.gateway, order.device) is None:
            raise UnknownThingError(f"There is no device {order.gateway}/{order.device}.")
        try:
            outcome = await self._house.commander.send(order.gateway, order.device, order.verb, order.arguments)
        except CommandRefusedError as error:
            raise RefusedOrderError(str(error)) from error
        return Outcome(outcome.id, outcome.outcome, outcome.at, outcome.detail)

    async def ready(self) -> Mapping[str, str]:
        """Part -> empty when it works, else one sentence why not; never raises."""
        flow = self._house.flow
        return {
            "broker": self._parts.link.fault(),
            "store": flow.store_fault(),
            "state": flow.state_fault(),
            "rules": self._house.rules.fault(),
        }

    def _changes(self) -> int:
        return self._house.broadcast.judgements

    def _plans(self) -> Sequence[SectorPlan]:
        return self.settings.sectors or plain_plans(self.profiles)

    async def _sorted_for_sectors(self) -> SectorFleet:
        alarms = await asyncio.to_thread(self.open_alarms)
        return SectorFleet(self.devices(), alarms, profiles_of_rules(self.rules.running.rules))

    async def _act(self, alarm: str, work: Act) -> AlarmRow:
        """The alarm after what somebody did about it."""
        await self._known_alarm(alarm)
        await self.act(work)
        return await self._known_alarm(alarm)

    async def _known_alarm(self, alarm: str) -> AlarmRow:
        row = await asyncio.to_thread(self.state.alarm, alarm)
        if row is None:
            raise UnknownThingError(f"There is no alarm {alarm!r}.")
        return row
