"""Puts the centre together: the only place that chooses adapters, opens the task group and ends it."""

from __future__ import annotations

import asyncio
import logging
import socket
from functools import partial

from cloud.access.pace import Pace
from cloud.alarms.book import AlarmBook
from cloud.alone import alone_in, listening
from cloud.api.arrangement import Arrangement
from cloud.api.deps import ApiSettings
from cloud.api.hub import Hub
from cloud.atlas.atlas import FOLDER as ATLAS
from cloud.atlas.atlas import Atlas
from cloud.attachments import FOLDER as ATTACHMENTS
from cloud.attachments import Attachments
from cloud.births import Births
from cloud.broadcast import Broadcast
from cloud.brokering.gatekeeper import Gatekeeper
from cloud.centre import House, ThacbaCentre
from cloud.channels import is_usual, report_of
from cloud.commands import Commander
from cloud.commissioning.house import commissioning_office
from cloud.configuring.house import Surroundings, configuring
from cloud.disaster.office import DisasterOffice
from cloud.enrolling import Followers, enrolment_of, open_enrolment, standing_in
from cloud.enrolment.security import SecurityLog
from cloud.escalations import Desk, Escalations
from cloud.exercise.house import channel_for, clocks_for, deaf_for, followers_of, office_for
from cloud.fleet_status import PROFILE as FLEET_STATUS
from cloud.fleet_status import FleetStatus
from cloud.flow import Flow, Parts
from cloud.indexer import Indexer, IndexHouse, IndexWork
from cloud.indices.marks import IndexMarks
from cloud.ingest.admission import Admission, SeriesAllowance
from cloud.ingest.drain_slots import DrainSlots
from cloud.ingest.gate import Gate
from cloud.ingest.graveyard import FOLDER, Graveyard
from cloud.ingest.inbox import Inbox
from cloud.ingest.intake import Intake
from cloud.ingest.keeping import Keeping
from cloud.ingest.patience import Patience
from cloud.ingest.subscriber import Link, MqttLink
from cloud.inventory.fleet import Fleet
from cloud.inventory.live import LiveInventory
from cloud.metrics import Metric, Metrics
from cloud.notify.chain import Terms
from cloud.notify.pipeline import NoticePipeline
from cloud.pictures.album import FOLDER as PICTURES
from cloud.pictures.album import Album
from cloud.places import places_of
from cloud.recorder import Recorder
from cloud.rehearsal import Rehearsals
from cloud.releases.shelf import FOLDER as RELEASES
from cloud.releases.shelf import Shelf
from cloud.retention import Retention
from cloud.reviewer import Reviewer, ReviewTerms
from cloud.rollups.marks import Marks
from cloud.rollups.readings import RolledReadings
from cloud.rollups.worker import Kept, RollUpWorker
from cloud.rule_files import RuleFiles
from cloud.rule_office import RuleOffice
from cloud.rule_office import Shelf as RuleShelf
from cloud.rules.judge import Judge, Judgement, NoticeOptions
from cloud.rules.rule_set import RuleSet
from cloud.serving import web_server
from cloud.settings import Settings, known_to_rules, read_people, read_regulation, read_rules_anew
from cloud.store.memory_roll_ups import MemoryRollUps
from cloud.store.roll_up import RawStore
from cloud.stores import open_readings, open_state
from cloud.tally import Tally
from cloud.tidying import Tidier
from cloud.views import Display
from cloud.web.app import create_site
from device_profiles.clock import Clock, SystemClock
from device_profiles.load import FileFaultsError

log = logging.getLogger(__name__)

INDEX_SETTLE_MS = 2_000  # what belongs together comes together: a row of a device, a batch of backlog


class Centre:
    """One running centre: its parts, made once; `run` is its life."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: RawStore | None = None,
        link: Link | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        config = settings.config
        self.inventory = LiveInventory(settings.inventory)
        self.clock, self.patient = clocks_for(config.exercise, clock)
        self.metrics = Metrics()
        self.state = open_state(config)
        raw, roll_ups = (store, MemoryRollUps()) if store else open_readings(config, self.clock)
        keep_days = config.roll_ups.keep_days()
        self.store = RolledReadings(raw, roll_ups, self.state, keep_days=keep_days, clock=self.clock)
        self.marks = Marks(
            settle_ms=round(config.roll_ups.settle_s * 1000), refresh_ms=round(config.roll_ups.refresh_s * 1000)
        )
        self.index_marks = IndexMarks(settings.indices, settle_ms=INDEX_SETTLE_MS)
        self.roll_up_worker = RollUpWorker(
            self.store,
            self.state,
            self.marks,
            kept=Kept(config.store.retention_days, keep_days),
            clock=self.clock,
            metrics=self.metrics,
        )
        self.link: Link = link or MqttLink(config.broker, self.patient, self.metrics)
        channels = {
            each.name: channel_for(each, config, settings.inventory, self.clock) for each in config.notify.channels
        }
        terms = Terms(settings.people, config.notify)
        self.pipeline = NoticePipeline(
            self.state.notice_book, channels, self.clock, terms=terms, keep_days=config.notify.keep_days
        )
        self.tally = Tally(self.state, self.state.notice_book, self.clock)
        files = self.state.incident_files
        self.security = SecurityLog(self.state.enrolment, self.state.put_audit, self.clock)
        self.gatekeeper = Gatekeeper(
            config.broker,
            events=self.security,
            standing=standing_in(self.inventory, lambda: self.house.enrolment.registry),
            clock=self.clock,
        )
        self.attachments = Attachments(config.data_dir / ATTACHMENTS, files, config.attachments, self.clock)
        self.regulation = settings.regulation
        self.port = config.http.port
        self.house = self._build()
        self.reviewer = Reviewer(
            self.house.parts.recorder,
            self.store,
            self.state.pasts,
            clock=self.clock,
            metrics=self.metrics,
            terms=ReviewTerms(kept_days=config.store.retention_days),
        )
        self.view = ThacbaCentre(self.house)

    def _build(self) -> House:
        """Wires the parts together; long because it is the whole house, and straight."""
        settings, config, clock = self._settings, self._settings.config, self.clock
        fleet = Fleet()
        hub = Hub(self.patient)
        commander = Commander(settings.key, self.link, clock=clock, metrics=self.metrics)
        admission = Admission(config.admission, self.inventory)
        profiles = settings.catalogue.profiles
        display = Display(fleet, self.inventory, profiles, clock=clock, admission=admission)
        around = Surroundings(self.state, fleet, self.link, self.inventory, profiles, settings.key, clock)
        self.configuring = configuring(around)
        broadcast = Broadcast(hub, commander, display, clock=clock, spoke=self.configuring.office.spoke)

        def announce(judgement: Judgement) -> None:
            broadcast.judged(judgement)
            if judgement.notices:
                self.pipeline.wake()
                self.tally.stir()

        patience = Patience(
            "readings", self.patient, self.metrics, counter=Metric.STORE_RETRIES, probe_s=config.flow.probe_s
        )
        gate = Gate(self.store, patience, self.patient, patience_s=config.flow.patience_s)
        parts = Parts(
            admission=admission,
            intake=Intake(settings.catalogue, self.inventory, allowance=SeriesAllowance(config.admission)),
            slots=DrainSlots(config.drain),
            link=self.link,
            inbox=Inbox(
                self.patient,
                self.metrics,
                most_messages=config.broker.inbox_messages,
                most_bytes=config.broker.inbox_bytes,
            ),
            store=self.store,
            gate=gate,
            state=self.state,
            graveyard=Graveyard(config.data_dir / FOLDER),
            recorder=Recorder(
                self.state,
                partial(self._new_judge, settings.rules),
                clock=clock,
                keep=gate.write,
                announce=announce,
                marks=self.marks,
                index_marks=self.index_marks,
            ),
            fleet=fleet,
            watchers=broadcast,
            births=Births(fleet, self.state, profiles, clock=clock),
            clock=clock,
            metrics=self.metrics,
            channels=lambda: report_of(self.pipeline.outages, self.security.troubles()),
        )
        self.followers = Followers(self.inventory, fleet, parts.recorder, clock=clock)
        live = (self.inventory, self.security)
        enrolment = enrolment_of(
            settings, self.state, self.followers, live=live, door=self.gatekeeper.door, clock=clock
        )
        flow = Flow(parts, config.flow)
        grains = ((days, grain.step_ms) for grain, days in config.roll_ups.keep_days().items())
        api = ApiSettings(
            cookie_secure=config.http.cookie_secure,
            pace=Pace(config.http.requests_per_s, config.http.requests_burst),
            public_url=config.http.public_url,
            kept=((config.store.retention_days, 1), *grains),
            exercise=config.exercise.name if config.exercise else "",
            door_clock=SystemClock() if config.exercise else None,
            sectors=settings.sectors,
            arrangement=Arrangement(
                lambda: self.pipeline.terms.people,
                tuple((each.name, each.kind) for each in config.notify.channels),
                alarm_days=config.retention.alarm_days,
                audit_days=config.retention.audit_days,
            ),
            atlas=Atlas(config.data_dir / ATLAS),
            wall=config.wall,
            leader=settings.leader,
        )
        return House(
            parts=parts,
            flow=flow,
            display=display,
            inventory=self.inventory,
            hub=hub,
            broadcast=broadcast,
            commander=commander,
            settings=api,
            tally=self.tally,
            incidents=self.state.incidents,
            regulation=lambda: self.regulation,
            incident_files=self.state.incident_files,
            attachments=self.attachments,
            releases=Shelf(config.data_dir / RELEASES),
            notices=self.state.notice_book,
            rules=self._rule_office(parts.recorder),
            rehearsals=Rehearsals(
                self.store,
                self.state,
                profiles,
                places=places_of(self.inventory),
                passages=fleet.passages,
                late_s=config.notify.late_s,
            ),
            enrolment=enrolment,
            commissioning=commissioning_office(
                config.data_dir,
                config.commissioning,
                stores=(self.state.commissioning, self.state.enrolment),
                events=self.security,
                clock=clock,
            ),
            configuring=self.configuring,
            requests=self.state.configurations,
            album=Album(config.data_dir / PICTURES, config.pictures),
            citizens=self.state.citizens,
            citizen=config.citizen,
            disaster=DisasterOffice(self.state.disaster, lambda: settings.disaster_plan, clock),
            exercise=office_for(config.exercise, self.state, clock, self.inventory),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Opens everything, runs until `stop` is set, and closes everything within seconds."""
        http = self._settings.config.http
        with alone_in(self._settings.config.data_dir), listening(http.host, http.port) as listener:
            self.port = listener.getsockname()[1]
            try:
                await asyncio.to_thread(self.state.migrate)
                await asyncio.to_thread(self.tally.count_alarms)
                await open_enrolment(self.house.enrolment, self.followers)
                await self.house.parts.births.restore(self.inventory)
                await self.configuring.open()
                await self.house.rules.open()
                await self._live(stop, listener)
            finally:
                await self.store.close()
                await asyncio.to_thread(self.state.close)

    async def reload_rules(self) -> None:
        """Reads people, regulation and rules again; a wrong file changes nothing, and is named in the log."""
        config = self._settings.config
        try:
            people = await asyncio.to_thread(read_people, config)
            regulation = await asyncio.to_thread(read_regulation, config, people)
        except FileFaultsError as error:
            log.error("people not reloaded", extra={"faults": str(error)})  # noqa: TRY400 -- the faults say it all
            return
        self.regulation = regulation
        await self.house.rules.reload()
        self.pipeline.replace_people(people)

    def _rule_office(self, recorder: Recorder) -> RuleOffice:
        config, settings = self._settings.config, self._settings
        shelf = RuleShelf(
            files=RuleFiles(config.rules_dir) if config.rules_dir is not None else None,
            versions=self.state.rule_versions,
            known=lambda: known_to_rules(config, settings.catalogue, settings.inventory),
            read=partial(read_rules_anew, config, settings.catalogue, settings.inventory),
            install=lambda rules: recorder.replace(rules, partial(self._new_judge, rules)),
            broken=recorder.rule_faults,
            clock=self.clock,
        )
        return RuleOffice(shelf, settings.rules)

    async def _live(self, stop: asyncio.Event, listener: socket.socket) -> None:
        server = web_server(create_site(self.view), within_s=self._settings.config.http.request_within_s)
        parts = (
            self.house.flow,
            self.house.parts.births,
            self.house.broadcast,
            self.pipeline,
            self.tally,
            self.roll_up_worker,
            self.reviewer,
            self._indexer(),
            self._fleet_status(),
            self.house.rules,
            Tidier(self.patient),
            Keeping(self.house.parts.graveyard, self._settings.config.dead_letters, self.clock),
            Retention(self.state, self.state.incident_files, self._settings.config.retention, self.clock),
            self._escalations(),
            self.attachments,
            self.view.pictures,
            self.view.citizen,
            self.house.enrolment,
            self.gatekeeper,
            self.followers,
            self.configuring.office,
            self.configuring.rollouts,
        )
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(part.run()) for part in parts]
            work += [group.create_task(each.run()) for each in followers_of(self._settings.config.exercise, self.clock)]
            group.create_task(server.serve(sockets=[listener]))
            log.info("centre up", extra={"port": self.port})
            await stop.wait()
            log.info("centre stopping")
            self.house.hub.close()
            server.should_exit = True
            for task in work:
                task.cancel()

    def _indexer(self) -> Indexer:
        parts = self.house.parts
        work = IndexWork(self._settings.indices, self.state.index_log, self.index_marks)
        house = IndexHouse(parts.recorder, self.store, parts.fleet, self.inventory, parts.watchers.readings_came)
        return Indexer(work, house, clock=self.clock, metrics=self.metrics)

    def _fleet_status(self) -> FleetStatus:
        parts, profile = self.house.parts, self._settings.catalogue[FLEET_STATUS]
        return FleetStatus(profile, fleet=parts.fleet, records=parts.recorder, places=self.inventory, clock=self.clock)

    def _escalations(self) -> Escalations:
        settings, office = self._settings, self.house.rules
        sites = settings.inventory.sites.values()
        desk = Desk(
            state=self.state,
            incidents=self.state.incidents,
            clock=self.clock,
            regulation=lambda: self.regulation,
            names={site.id: site.name for site in sites},
            areas={site.id: site.area for site in sites},
            public_url=settings.config.http.public_url,
            opening=lambda: [rule.id for rule in office.running.rules.values() if rule.incident],
            wake=self.pipeline.wake,
        )
        return Escalations(desk)

    def _new_judge(self, rules: RuleSet) -> Judge:
        settings = self._settings
        notify = settings.config.notify
        channels = tuple(channel.name for channel in notify.channels)
        by_default = tuple(channel.name for channel in notify.channels if is_usual(channel))
        public_url, teams = settings.config.http.public_url, notify.platform_teams
        options = NoticeOptions(channels, notify.late_s, public_url, by_default, teams)
        deaf_ms = deaf_for(settings.config.exercise)
        return Judge(rules, AlarmBook(), places=places_of(self.inventory), notices=options, deaf_ms=deaf_ms)
