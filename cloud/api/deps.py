"""What the API needs of the centre: one protocol, implemented by cloud/app.py and by the test double."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cloud.access.pace import Pace
from cloud.alarms.mutes import Mutes
from cloud.api.arrangement import Arrangement
from cloud.api.hub import Hub
from cloud.api.rule_book import RuleBook
from cloud.api.views import (
    AccountView,
    Counters,
    DeadLetterDetail,
    DeadLetterView,
    DeviceView,
    GatewayView,
    LetterFilter,
    Order,
    Outcome,
    SiteView,
    ThresholdView,
)
from cloud.api.which import EVERY, DeviceCounts, SiteFacts, Which
from cloud.atlas.atlas import Atlas
from cloud.attachments import Attachments
from cloud.citizen.desk import CitizenDesk
from cloud.commissioning.office import CommissioningOffice
from cloud.configuring.office import ConfigurationOffice
from cloud.configuring.rollouts import RolloutOffice
from cloud.disaster.office import DisasterOffice
from cloud.enrolment.house import Enrolment
from cloud.errors import CloudError
from cloud.exercise.office import ExerciseOffice
from cloud.incidents.regulation import Regulation
from cloud.inventory.passages import Passage
from cloud.leader.plan import LeaderPlan, read_leader_plan
from cloud.pictures.desk import PictureDesk
from cloud.releases.shelf import Shelf
from cloud.reports.coming import Coming
from cloud.reports.shelf import ReportShelf
from cloud.rules.desk import Act
from cloud.rules.rehearse import Wish
from cloud.rules.rehearse_report import Report
from cloud.sectors.plan import SectorPlan
from cloud.sectors.standing import Fleet as SectorFleet
from cloud.sso.office import SsoOffice
from cloud.store.base import AlarmRow, ReadingStore, StateStore
from cloud.store.configuration_port import RequestRow
from cloud.store.incident_files_port import IncidentFileStore
from cloud.store.incident_port import IncidentStore
from cloud.store.notice_port import NoticeStore
from cloud.store.roll_up import GRAINS, RAW_DAYS
from cloud.wallboard import WallConfig
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile, Text


class UnknownThingError(CloudError):
    """No alarm, gateway or device of that name: the API answers 404."""


class WrongStateError(CloudError):
    """The thing is not in a state that allows it (acknowledging a closed alarm): the API answers 409."""


class RefusedOrderError(CloudError):
    """The device does not know the command, or the gateway is not there: the API answers 422."""


Kept = tuple[tuple[int, int], ...]  # days that a class of readings is kept (0 = for ever), and its finest step in ms
KEPT: Kept = ((RAW_DAYS, 1), *((grain.keep_days, grain.step_ms) for grain in GRAINS))


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What the API must know of its surroundings.

    `cookie_secure`: reached over HTTPS, as it must be in service. `kept`: raw readings first, then their roll-ups.
    `sectors`: the pages of the sectors, in their order; none = a plain one for each component project.
    `atlas`: the land under the map.
    `wall`: what the video wall shows. `leader`: the figures of the leader's page.
    `reports`: the monthly reports that were made. `coming_report`: the next one, when the centre makes it by itself.
    `arrangement`: rosters, channels and retention, which administrators see.
    `pace`: how fast one caller may ask. `sso`: the province's log-in server, when there is one.
    `second_factor_roles`: who must show a second factor.
    `exercise`: the name of the exercise that this centre serves; its log-ins are then timed by `door_clock`.
    """

    version: str = "0.1.0"
    cookie_secure: bool = True
    public_url: str = ""
    kept: Kept = KEPT
    exercise: str = ""
    door_clock: Clock | None = None
    pace: Pace = field(default_factory=Pace)
    sectors: tuple[SectorPlan, ...] = ()
    atlas: Atlas = field(default_factory=Atlas)
    arrangement: Arrangement = field(default_factory=Arrangement)
    leader: LeaderPlan = field(default_factory=lambda: read_leader_plan(None))
    sso: SsoOffice | None = None
    second_factor_roles: frozenset[str] = frozenset()
    wall: WallConfig = field(default_factory=lambda: WallConfig.model_validate({}))
    reports: ReportShelf = field(default_factory=ReportShelf)
    coming_report: Callable[[], Coming | None] = lambda: None


class DeadLetters(Protocol):
    """The readings that could not be stored, and what people may do with them."""

    async def page(
        self, wanted: LetterFilter, *, before: str | None, limit: int
    ) -> tuple[Sequence[DeadLetterView], str | None]:
        """Newest first, and where the next page starts (None = this is the last)."""

    async def one(self, identifier: str) -> DeadLetterDetail:
        """A letter with its readings; UnknownThingError."""

    async def retry(self, identifier: str, *, actor: str) -> DeadLetterView:
        """Checks and stores its readings again.

        UnknownThingError; WrongStateError when it is handled already; RefusedOrderError when all is refused again.
        """

    async def discard(self, identifier: str, *, actor: str, reason: str) -> DeadLetterView:
        """Gives its readings up for good; UnknownThingError, WrongStateError."""


class Requests(Protocol):
    """Orders that one person asks for and another one confirms."""

    async def ask(self, order: Order, *, actor: str, comment: str = "") -> RequestRow:
        """Keeps an order that another person must confirm."""

    async def confirm(self, identifier: str, *, actor: str) -> RequestRow:
        """Sends it; UnknownThingError, WrongStateError, and as `send_command`."""

    async def withdraw(self, identifier: str, *, actor: str) -> RequestRow:
        """Nobody shall confirm it any more; UnknownThingError, WrongStateError."""

    async def one(self, identifier: str) -> RequestRow:
        """One request; UnknownThingError."""

    async def newest(self, *, limit: int, gateway: str | None = None) -> Sequence[RequestRow]:
        """Requests, newest first."""


class Centre(Protocol):
    """The running centre, as the API sees it.

    Plain methods are called on the event loop and answer at once from memory. `state` is synchronous: the API calls
    it in worker threads. Coroutines may wait for stores and gateways.
    """

    @property
    def exercise(self) -> ExerciseOffice | None:
        """The trainer's office; none in a centre that is in service."""

    @property
    def disaster(self) -> DisasterOffice:
        """Official bulletins and evacuations; its stores are synchronous, as `state` is."""

    @property
    def pictures(self) -> PictureDesk:
        """Pictures of cameras, while somebody watches."""

    @property
    def citizen(self) -> CitizenDesk:
        """What the public sees, and what it says."""

    @property
    def clock(self) -> Clock:
        """The house's clock."""

    @property
    def state(self) -> StateStore:
        """Alarms, notices, users, secrets, audit."""

    @property
    def notices(self) -> NoticeStore:
        """What people were told, and every attempt to; synchronous, as `state` is."""

    @property
    def incidents(self) -> IncidentStore:
        """What people work on; synchronous, as `state` is."""

    @property
    def regulation(self) -> Regulation:
        """Deadlines and ladders of incidents."""

    @property
    def incident_files(self) -> IncidentFileStore:
        """Attached files, and notes between shifts; synchronous, as `state` is."""

    @property
    def attachments(self) -> Attachments:
        """The contents of files."""

    @property
    def releases(self) -> Shelf:
        """The versions of the gateway program that gateways may fetch; synchronous."""

    @property
    def readings(self) -> ReadingStore:
        """The series behind charts."""

    @property
    def profiles(self) -> Mapping[str, DeviceProfile]:
        """The catalogue of device models."""

    @property
    def hub(self) -> Hub:
        """The live feed; the flow publishes into it."""

    @property
    def settings(self) -> ApiSettings:
        """Version, cookies, address."""

    @property
    def letters(self) -> DeadLetters:
        """Dead letters."""

    @property
    def rules(self) -> RuleBook:
        """The rules."""

    @property
    def configurations(self) -> ConfigurationOffice:
        """What gateways shall run."""

    @property
    def rollouts(self) -> RolloutOffice:
        """Changes that go through the fleet in waves."""

    @property
    def requests(self) -> Requests:
        """Orders that a second person must confirm."""

    def area_names(self) -> Mapping[str, Text]:
        """What the areas are called."""

    def certificate_ends(self, gateway: str) -> int | None:
        """When a gateway's certificate runs out; None when it has none of ours. Synchronous, as `state` is."""

    @property
    def commissioning(self) -> CommissioningOffice:
        """What technicians installed, as gateways signed it."""

    @property
    def enrolment(self) -> Enrolment:
        """Claims, certificates, the registry of gateways, security events."""

    def sites(self) -> Sequence[SiteView]:
        """Every site of the inventory."""

    def gateways(self) -> Sequence[GatewayView]:
        """Every gateway, known from the inventory or heard."""

    def gateway(self, gateway: str) -> GatewayView | None:
        """One of them."""

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices that are asked for, with their newest values; ask for no more than is shown."""

    def devices_called(self, words: Sequence[str]) -> Sequence[DeviceView]:
        """The devices of which every word (in one spelling) is known: names, ids, model, site."""

    def site_facts(self) -> Mapping[str, SiteFacts]:
        """What stands at every site that has devices."""

    async def sector_fleet(self) -> SectorFleet:
        """How devices and open alarms stand, sorted for the sectors; at most some seconds old."""

    def device_counts(self) -> DeviceCounts:
        """How many devices there are, how fresh, and of which models."""

    def open_alarms(self) -> Sequence[AlarmRow]:
        """Every open alarm, newest first; synchronous, as `state` is."""

    def device(self, gateway: str, device: str) -> DeviceView | None:
        """One device."""

    def thresholds(self, gateway: str, device: str, point: str) -> Sequence[ThresholdView]:
        """The levels of the rules that watch this point of this device, lowest first."""

    def ledger(self, gateway: str | None = None) -> Sequence[AccountView]:
        """Every account, or those of one gateway."""

    def ledger_sums(self) -> Mapping[str, int]:
        """The five terms of the ledger over all accounts, by their names in the API."""

    def passages(self, gateway: str, device: str) -> Sequence[Passage]:
        """What of a device came late, or with doubted times, lately."""

    def counters(self) -> Counters:
        """What the centre counts of itself."""

    def metrics(self) -> Mapping[str, float]:
        """More counters for /metrics, by Prometheus name (thacba_..._total): rejected, withheld, late, faulted ..."""

    async def acknowledge(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Acknowledges; UnknownThingError, WrongStateError."""

    async def comment(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Adds a comment; UnknownThingError."""

    async def shelve(self, alarm: str, *, actor: str, reason: str, until: int) -> AlarmRow:
        """No notices of the alarm's problem until then; UnknownThingError, WrongStateError."""

    async def unshelve(self, alarm: str, *, actor: str, comment: str) -> AlarmRow:
        """Takes it from the shelf; UnknownThingError, WrongStateError."""

    async def rehearse(self, wish: Wish) -> Report:
        """What a rule would have done; RehearsalError, RehearsalBusyError (one at a time)."""

    def mutes(self) -> Mutes:
        """What keeps problems from people: to look at, not to change."""

    async def act(self, work: Act) -> None:
        """Does something about alarms (cloud/rules/desk.py and its like), all of it or nothing; WrongStateError."""

    async def send_command(self, order: Order, *, actor: str) -> Outcome:
        """Signs, sends, waits a short while; UnknownThingError, RefusedOrderError."""

    async def ready(self) -> Mapping[str, str]:
        """Part -> empty when it works, else one sentence why not (broker, store, state); never raises."""
