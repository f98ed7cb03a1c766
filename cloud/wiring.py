"""Makes the parts of the centre, each from what stands already; `cloud.app` keeps them and lives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cloud.access.pace import Pace
from cloud.alarms.book import AlarmBook
from cloud.api.arrangement import Arrangement
from cloud.api.deps import ApiSettings
from cloud.api.hub import Hub
from cloud.atlas.atlas import FOLDER as ATLAS
from cloud.atlas.atlas import Atlas
from cloud.births import Births
from cloud.broadcast import Broadcast
from cloud.centre import House
from cloud.channels import is_usual, report_of
from cloud.commands import Commander
from cloud.commissioning.house import commissioning_office
from cloud.disaster.office import DisasterOffice
from cloud.display import Display
from cloud.enrolling import enrolment_of
from cloud.errors import ConfigurationError
from cloud.escalations import Desk, Escalations
from cloud.exercise.house import hearing_for, office_for
from cloud.fleet_status import PROFILE as FLEET_STATUS
from cloud.fleet_status import FleetStatus
from cloud.flow import Flow, Parts
from cloud.indexer import Indexer, IndexHouse, IndexWork
from cloud.ingest.admission import Admission, SeriesAllowance
from cloud.ingest.drain_slots import DrainSlots
from cloud.ingest.gate import Gate
from cloud.ingest.graveyard import FOLDER as LETTERS
from cloud.ingest.graveyard import Graveyard
from cloud.ingest.inbox import Inbox
from cloud.ingest.intake import Intake
from cloud.ingest.patience import Patience
from cloud.metrics import Metric
from cloud.pictures.album import FOLDER as PICTURES
from cloud.pictures.album import Album
from cloud.places import places_of
from cloud.recorder import Recorder
from cloud.rehearsal import Rehearsals
from cloud.releases.shelf import FOLDER as RELEASES
from cloud.releases.shelf import Shelf
from cloud.reporting import Reporter
from cloud.rule_files import RuleFiles
from cloud.rule_office import RuleOffice
from cloud.rule_office import Shelf as RuleShelf
from cloud.rules.judge import Judge, Judgement, NoticeOptions
from cloud.rules.naming import level_words
from cloud.rules.rule_set import RuleSet
from cloud.settings import known_to_rules, read_rules_anew
from cloud.sso.client import SsoClient
from cloud.sso.office import SsoOffice
from device_profiles.clock import SystemClock

if TYPE_CHECKING:
    from cloud.app import Centre


@dataclass(frozen=True, slots=True)
class Voice:
    """How the centre speaks to screens and gateways."""

    hub: Hub
    commander: Commander
    admission: Admission
    display: Display
    broadcast: Broadcast


def voice_of(centre: Centre) -> Voice:
    """Made before everything that has something to say."""
    settings, clock = centre.settings, centre.clock
    hub = Hub(centre.patient)
    commander = Commander(settings.key, centre.link, clock=clock, metrics=centre.metrics)
    admission = Admission(settings.config.admission, centre.inventory)
    display = Display(centre.fleet, centre.inventory, settings.catalogue.profiles, clock=clock, admission=admission)
    broadcast = Broadcast(
        hub, commander, display, clock=clock, spoke=centre.configuring.office.spoke,
        words=lambda rule, level: level_words(centre.house.rules.running.rules, rule, level),
    )  # fmt: skip
    return Voice(hub, commander, admission, display, broadcast)


def parts_of(centre: Centre) -> Parts:
    """The way of a reading, from the broker to the store and the rules."""
    settings, config, clock = centre.settings, centre.settings.config, centre.clock
    voice = centre.voice
    gate = _gate(centre)
    return Parts(
        admission=voice.admission,
        intake=Intake(settings.catalogue, centre.inventory, allowance=SeriesAllowance(config.admission)),
        slots=DrainSlots(config.drain),
        link=centre.link,
        inbox=Inbox(
            centre.patient,
            centre.metrics,
            most_messages=config.broker.inbox_messages,
            most_bytes=config.broker.inbox_bytes,
        ),
        store=centre.store,
        gate=gate,
        state=centre.state,
        graveyard=Graveyard(config.data_dir / LETTERS),
        recorder=_recorder(centre, gate),
        fleet=centre.fleet,
        watchers=voice.broadcast,
        births=Births(centre.fleet, centre.state, settings.catalogue.profiles, clock=clock),
        clock=clock,
        metrics=centre.metrics,
        channels=lambda: report_of(centre.pipeline.outages, centre.security.troubles()),
    )


def _gate(centre: Centre) -> Gate:
    terms = centre.settings.config.flow
    patience = Patience("readings", centre.patient, centre.metrics, counter=Metric.STORE_RETRIES, probe_s=terms.probe_s)
    return Gate(centre.store, patience, centre.patient, patience_s=terms.patience_s)


def _recorder(centre: Centre, gate: Gate) -> Recorder:
    def announce(judgement: Judgement) -> None:
        centre.voice.broadcast.judged(judgement)
        if judgement.notices:
            centre.pipeline.wake()
            centre.tally.stir()

    return Recorder(
        centre.state,
        partial(_new_judge, centre, centre.settings.rules),
        clock=centre.clock,
        keep=gate.write,
        announce=announce,
        marks=centre.marks,
        index_marks=centre.index_marks,
    )


def _new_judge(centre: Centre, rules: RuleSet) -> Judge:
    config = centre.settings.config
    notify = config.notify
    channels = tuple(channel.name for channel in notify.channels)
    by_default = tuple(channel.name for channel in notify.channels if is_usual(channel))
    options = NoticeOptions(channels, notify.late_s, config.http.public_url, by_default, notify.platform_teams)
    hearing = hearing_for(config.exercise)
    return Judge(rules, AlarmBook(), places=places_of(centre.inventory), notices=options, hearing=hearing)


def house_of(centre: Centre) -> House:
    """Everything that pages and routes reach; long because it is the whole house, and straight."""
    settings, config, clock, state = centre.settings, centre.settings.config, centre.clock, centre.state
    voice, parts = centre.voice, centre.parts
    return House(
        parts=parts,
        flow=Flow(parts, config.flow),
        display=voice.display,
        inventory=centre.inventory,
        hub=voice.hub,
        broadcast=voice.broadcast,
        commander=voice.commander,
        settings=_api_settings(centre),
        tally=centre.tally,
        incidents=state.incidents,
        regulation=lambda: centre.regulation,
        incident_files=state.incident_files,
        attachments=centre.attachments,
        releases=Shelf(config.data_dir / RELEASES),
        notices=state.notice_book,
        rules=_rule_office(centre),
        rehearsals=Rehearsals(
            centre.store,
            state,
            settings.catalogue.profiles,
            places=places_of(centre.inventory),
            passages=centre.fleet.passages,
            late_s=config.notify.late_s,
        ),
        enrolment=enrolment_of(
            settings,
            state,
            centre.followers,
            live=(centre.inventory, centre.security),
            door=centre.gatekeeper.door,
            clock=clock,
        ),
        commissioning=commissioning_office(
            config.data_dir,
            config.commissioning,
            stores=(state.commissioning, state.enrolment),
            events=centre.security,
            clock=clock,
        ),
        configuring=centre.configuring,
        requests=state.configurations,
        album=Album(config.data_dir / PICTURES, config.pictures),
        citizens=state.citizens,
        citizen=config.citizen,
        disaster=DisasterOffice(state.disaster, lambda: settings.disaster_plan, clock),
        exercise=office_for(config.exercise, state, clock, centre.inventory),
    )


def _api_settings(centre: Centre) -> ApiSettings:
    settings, config = centre.settings, centre.settings.config
    grains = ((days, grain.step_ms) for grain, days in config.roll_ups.keep_days().items())
    return ApiSettings(
        cookie_secure=config.http.cookie_secure,
        pace=Pace(config.http.requests_per_s, config.http.requests_burst),
        public_url=config.http.public_url,
        kept=((config.store.retention_days, 1), *grains),
        exercise=config.exercise.name if config.exercise else "",
        door_clock=SystemClock() if config.exercise else None,
        sectors=settings.sectors,
        arrangement=Arrangement(
            lambda: centre.pipeline.terms.people,
            tuple((each.name, each.kind) for each in config.notify.channels),
            alarm_days=config.retention.alarm_days,
            audit_days=config.retention.audit_days,
        ),
        atlas=Atlas(config.data_dir / ATLAS),
        sso=_sso(centre),
        second_factor_roles=frozenset(role.value for role in config.second_factor_roles),
        wall=config.wall,
        leader=settings.leader,
        reports=centre.shelf,
        coming_report=centre.reporter.coming,
    )


def _sso(centre: Centre) -> SsoOffice | None:
    config = centre.settings.config.sso
    if config is None:
        return None
    strange = sorted({area for each in config.groups for area in each.areas} - set(centre.inventory.areas))
    if strange:
        raise ConfigurationError(f"[sso] names areas that areas.toml does not: {', '.join(strange)}")
    config.secret()  # said at the start, not when the first person stands at the door
    clock = SystemClock()  # tokens live in the machine's time, also while an exercise tells another one
    return SsoOffice(SsoClient(config, clock), centre.state, clock.now_ms)


def _rule_office(centre: Centre) -> RuleOffice:
    config, settings, recorder = centre.settings.config, centre.settings, centre.parts.recorder
    shelf = RuleShelf(
        files=RuleFiles(config.rules_dir) if config.rules_dir is not None else None,
        versions=centre.state.rule_versions,
        proposals=centre.state.rule_proposals,
        known=lambda: known_to_rules(config, settings.catalogue, settings.inventory),
        read=partial(read_rules_anew, config, settings.catalogue, settings.inventory),
        install=lambda rules: recorder.replace(rules, partial(_new_judge, centre, rules)),
        broken=recorder.rule_faults,
        clock=centre.clock,
        needs_two=config.rules_need_two_people,
    )
    return RuleOffice(shelf, settings.rules)


def indexer(centre: Centre) -> Indexer:
    """Works out the indices of `indices_dir` behind the readings."""
    parts = centre.parts
    work = IndexWork(centre.settings.indices, centre.state.index_log, centre.index_marks)
    house = IndexHouse(parts.recorder, centre.store, parts.fleet, centre.inventory, parts.watchers.readings_came)
    return Indexer(work, house, clock=centre.patient, metrics=centre.metrics)


def fleet_status(centre: Centre) -> FleetStatus:
    """Turns what the fleet shows of itself into readings."""
    parts, profile = centre.parts, centre.settings.catalogue[FLEET_STATUS]
    return FleetStatus(profile, fleet=parts.fleet, records=parts.recorder, places=centre.inventory, clock=centre.clock)


def reporter(centre: Centre) -> Reporter:
    """Makes the monthly reports; an exercise has no months of its own."""
    settings = centre.settings
    config = settings.config.reports
    if settings.config.exercise is not None:
        config = config.model_copy(update={"monthly": False})
    return Reporter(
        centre.store, centre.state, centre.shelf, plan=settings.report_plan, config=config, clock=centre.clock
    )


def escalations(centre: Centre) -> Escalations:
    """Watches the deadlines of incidents."""
    settings, office = centre.settings, centre.house.rules
    sites = settings.inventory.sites.values()
    desk = Desk(
        state=centre.state,
        incidents=centre.state.incidents,
        clock=centre.clock,
        regulation=lambda: centre.regulation,
        names={site.id: site.name for site in sites},
        areas={site.id: site.area for site in sites},
        public_url=settings.config.http.public_url,
        opening=lambda: [rule.id for rule in office.running.rules.values() if rule.incident],
        wake=centre.pipeline.wake,
    )
    return Escalations(desk)
