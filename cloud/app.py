"""Puts the centre together: the only place that chooses adapters, opens the task group and ends it."""

from __future__ import annotations

import asyncio
import logging
import socket

from cloud.alone import alone_in, listening
from cloud.attachments import FOLDER as ATTACHMENTS
from cloud.attachments import Attachments
from cloud.brokering.gatekeeper import Gatekeeper
from cloud.centre import ThacbaCentre
from cloud.configuring.house import Surroundings, configuring
from cloud.enrolling import Followers, open_enrolment, standing_in
from cloud.enrolment.security import SecurityLog
from cloud.exercise.house import channel_for, clocks_for, followers_of
from cloud.indices.marks import IndexMarks
from cloud.ingest.keeping import Keeping
from cloud.ingest.subscriber import Link, MqttLink
from cloud.inventory.fleet import Fleet
from cloud.inventory.live import LiveInventory
from cloud.metrics import Metrics
from cloud.notify.chain import Terms
from cloud.notify.pipeline import NoticePipeline
from cloud.reports.shelf import FOLDER as REPORTS
from cloud.reports.shelf import ReportShelf
from cloud.retention import Retention
from cloud.reviewer import Reviewer, ReviewTerms
from cloud.rollups.marks import Marks
from cloud.rollups.readings import RolledReadings
from cloud.rollups.worker import Kept, RollUpWorker
from cloud.serving import web_server
from cloud.settings import Settings, read_people, read_regulation
from cloud.store.memory_roll_ups import MemoryRollUps
from cloud.store.roll_up import RawStore
from cloud.stores import open_readings, open_state
from cloud.tally import Tally
from cloud.tidying import Tidier
from cloud.web.app import create_site
from cloud.wiring import escalations, fleet_status, house_of, indexer, parts_of, reporter, voice_of
from device_profiles.clock import Clock
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
        self.settings = settings
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
            clock=self.patient,
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
        self.fleet = Fleet()
        profiles = settings.catalogue.profiles
        self.configuring = configuring(
            Surroundings(self.state, self.fleet, self.link, self.inventory, profiles, settings.key, self.clock)
        )
        self.shelf = ReportShelf(config.data_dir / REPORTS)
        self.reporter = reporter(self)
        self.voice = voice_of(self)
        self.parts = parts_of(self)
        self.followers = Followers(self.inventory, self.fleet, self.parts.recorder, clock=self.clock)
        self.house = house_of(self)
        self.reviewer = Reviewer(
            self.parts.recorder,
            self.store,
            self.state.pasts,
            clock=self.clock,
            metrics=self.metrics,
            terms=ReviewTerms(kept_days=config.store.retention_days),
        )
        self.view = ThacbaCentre(self.house)

    async def run(self, stop: asyncio.Event) -> None:
        """Opens everything, runs until `stop` is set, and closes everything within seconds."""
        http = self.settings.config.http
        with alone_in(self.settings.config.data_dir), listening(http.host, http.port) as listener:
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
        config = self.settings.config
        try:
            people = await asyncio.to_thread(read_people, config)
            regulation = await asyncio.to_thread(read_regulation, config, people)
        except FileFaultsError as error:
            log.error("people not reloaded", extra={"faults": str(error)})  # noqa: TRY400 -- the faults say it all
            return
        self.regulation = regulation
        await self.house.rules.reload()
        self.pipeline.replace_people(people)

    async def _live(self, stop: asyncio.Event, listener: socket.socket) -> None:
        server = web_server(create_site(self.view), within_s=self.settings.config.http.request_within_s)
        parts = (
            self.house.flow,
            self.house.parts.births,
            self.house.broadcast,
            self.pipeline,
            self.tally,
            self.roll_up_worker,
            self.reviewer,
            indexer(self),
            fleet_status(self),
            self.house.rules,
            Tidier(self.patient),
            Keeping(self.house.parts.graveyard, self.settings.config.dead_letters, self.clock),
            Retention(self.state, self.state.incident_files, self.settings.config.retention, self.clock),
            escalations(self),
            self.reporter,
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
            work += [group.create_task(each.run()) for each in followers_of(self.settings.config.exercise, self.clock)]
            group.create_task(server.serve(sockets=[listener]))
            log.info("centre up", extra={"port": self.port})
            await stop.wait()
            log.info("centre stopping")
            self.house.hub.close()
            server.should_exit = True
            for task in work:
                task.cancel()
