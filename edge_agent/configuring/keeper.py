"""Decides which configuration runs: takes one, tries it on the running agent, keeps it or returns to the good one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from device_profiles.clock import Clock
from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError
from device_profiles.wire import RunningConfiguration, WireError
from edge_agent.configuring.changes import Changes, changes_between
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.merging import Table
from edge_agent.configuring.planner import Choice, Planner
from edge_agent.configuring.receiving import Arrived, Reception, label_of
from edge_agent.configuring.store import ConfigurationStore, Kept
from edge_agent.configuring.subject import Subject, Watch
from edge_agent.configuring.trial import judge
from edge_agent.configuring.versions import (
    Label,
    Trial,
    Versions,
    confirm,
    give_up,
    propose,
    refuse,
    revert,
    running,
    settle,
)
from edge_agent.outbox.base import Bounds
from edge_agent.racing import first_of

log = logging.getLogger(__name__)

LOOK_S = 0.5  # how often a trial is judged
T = TypeVar("T")
BY_HAND, WRONG = "by_hand", "wrong"


class Configurations:
    """Owns which configuration runs. One thing at a time; of what the centre sends meanwhile the newest counts."""

    def __init__(
        self,
        choice: Choice,
        versions: Versions,
        *,
        store: ConfigurationStore,
        planner: Planner,
        reception: Reception,
        clock: Clock,
    ) -> None:
        """`choice` is what the agent begins with, `versions` what is on disk."""
        self.faults: tuple[Fault, ...] = choice.faults
        self.versions = versions
        self._label = choice.label
        self._kept = choice.kept
        self._file_hash = choice.plan.version
        self._store = store
        self._planner = planner
        self._reception = reception
        self._clock = clock
        self._subject: Subject | None = None
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._waiting: bytes | None = None
        self._rejoined = False
        self._watch: Watch | None = None
        self._fault = ""

    # -- what others ask ------------------------------------------------------------------------------------------

    def running(self) -> RunningConfiguration:
        """What the birth says, with the settings of what was changed at the site."""
        said = running(self.versions, self._file_hash)
        if self._label != self.versions.runs:  # what should run cannot be read, or not be used any more
            said = RunningConfiguration(
                version=self._label.version,
                hash=self._label.hash or self._file_hash,
                source=self._label.source,
                state="rolled_back",
                tried=self.versions.runs.version,
                reason=WRONG,
            )
        is_ours = said.source == "site" and said.state == "active" and self._kept is not None
        return replace(said, settings=self._kept.configuration.settings) if is_ours and self._kept else said

    @property
    def kept(self) -> Kept | None:
        """The configuration that runs; None while gateway.toml alone counts."""
        return self._kept

    def tables(self) -> Table:
        """The tables of the file with those of the configuration over them, secrets by their names."""
        return self._planner.tables(self._kept)

    def secret_files(self) -> dict[str, str]:
        """Where the secrets of the configuration that runs lie, by name."""
        return self._store.secret_files(self._kept) if self._kept else {}

    @property
    def missing(self) -> tuple[str, float]:
        """What a trial still waits for, and for how many seconds at most."""
        trial, watch = self.versions.trial, self._watch
        if trial is None or watch is None:
            return "", 0.0
        return watch.missing, max(0.0, round(watch.began + trial.within_s - self._clock.monotonic(), 1))

    def take(self, payload: bytes) -> None:
        """What the centre sends; it is looked at as soon as nothing else is being done."""
        self._waiting = payload
        self._news.set()

    def joined(self) -> None:
        """This gateway has become another: its name, its broker and its centre count from now on."""
        self._rejoined = True
        self._news.set()

    async def run(self, subject: Subject) -> None:
        """Takes what arrives and judges what is tried, for ever."""
        self._subject = subject
        if self.versions.trial is not None:
            self._watch = Watch(self._clock.monotonic())
        while True:
            self._news.clear()
            async with self._turn:
                await self._step()
            look = [self._clock.sleep(LOOK_S)] if self.versions.trial is not None else []
            await first_of(self._news.wait(), *look)

    # -- what people do at the gateway ------------------------------------------------------------------------------

    async def changes_of(self, arrived: Arrived) -> Changes:
        """What this would change; FileFaultsError or ConfigurationError when it cannot be used."""
        async with self._turn:
            kept = await self._on_disk(lambda: self._store.keep(arrived.label, arrived.kept, arrived.opened))
            try:
                plan = self._planner.plan(kept)
            finally:
                await self._on_disk(lambda: self._store.forget_all_but(self.versions.keys))
            return changes_between(self._here.plan, plan)

    async def apply(self, arrived: Arrived, *, within_s: float) -> Changes:
        """Begins to try this; FileFaultsError or ConfigurationError when it cannot even be tried."""
        async with self._turn:
            before = self._here.plan
            await self._try(arrived, within_s=within_s)
            changes = changes_between(before, self._here.plan)
        self._news.set()
        return changes

    async def confirm(self) -> None:
        """Somebody says that what is tried is good; OrderError when nothing is tried."""
        async with self._turn:
            await self._confirm("by hand")

    async def go_back(self) -> None:
        """Leaves what is tried, or else what is good, for what was good before; OrderError when there is nothing."""
        async with self._turn:
            if self.versions.trial is not None:
                await self._give_up(BY_HAND)
                return
            await self._write(revert(self.versions, BY_HAND))
            await self._return()

    # -- one step -------------------------------------------------------------------------------------------------

    async def _step(self) -> None:
        if self._rejoined:
            self._rejoined = False
            await self._return()
        payload, self._waiting = self._waiting, None
        try:
            if payload is not None:
                await self._receive(payload)
            await self._judge()
        except (WireError, ConfigurationError) as error:
            if str(error) != self._fault:  # a full disk is found at every look
                log.warning("configuration not taken", extra={"reason": error.reason, "error": str(error)})
            self._fault = str(error)

    async def _receive(self, payload: bytes) -> None:
        configuration = self._reception.verified(payload, gateway=self._here.plan.config.gateway.id)
        trial = self.versions.trial
        if self._watch and trial and (trial.label.source == "site" or configuration.version >= trial.label.version):
            self._watch.centre_said = True
        if not self.versions.wants(configuration.version):
            return
        label = label_of(configuration)
        if label.hash == self._label.hash and trial is None and self._kept is not None:
            await self._adopt(label, Kept(configuration, self._kept.secrets))
            return
        try:
            arrived = self._reception.from_centre(configuration, self._kept)
            await self._try(arrived, within_s=configuration.confirm_within_s)
        except (ConfigurationError, FileFaultsError) as error:
            log.warning("configuration refused", extra={"version": configuration.version, "error": str(error)})
            await self._write(refuse(self.versions, label, f"{WRONG}: {error}"[:300]))
            self._here.introduce()

    async def _adopt(self, label: Label, kept: Kept) -> None:
        """The centre gives a number to what runs already: nothing has to be tried."""
        await self._on_disk(lambda: self._store.keep(label, kept, {}))
        await self._write(settle(self.versions, label))
        self._label, self._kept = label, kept
        log.info("configuration adopted", extra={"version": label.version})
        self._here.introduce()

    async def _try(self, arrived: Arrived, *, within_s: float) -> None:
        """On disk first, then live."""
        seen, before = self._here.seen(), self._here.plan
        trial = Trial(
            arrived.label,
            within_s=within_s,
            needs_link=seen.link_up or arrived.label.source == "centre",
            answered=tuple(name for name, answers in seen.answers.items() if answers),
        )
        kept = await self._on_disk(lambda: self._store.keep(arrived.label, arrived.kept, arrived.opened))
        plan = self._planner.plan(kept)  # nothing goes by it yet
        await self._write(propose(self.versions, trial))
        log.info("configuration tried", extra={"version": arrived.label.version, "within_s": within_s})
        self._label, self._kept = arrived.label, kept
        try:
            anew = await self._here.become(plan, bounds=_larger(before.bounds, plan.bounds))
        except FileFaultsError as error:
            await self._give_up(f"{WRONG}: {error}"[:300])
            return
        self._watch = Watch(self._clock.monotonic(), receipts=self._here.seen().receipts, link_anew=anew)

    async def _judge(self) -> None:
        trial, watch = self.versions.trial, self._watch
        if trial is None or watch is None:
            return
        elapsed_s = self._clock.monotonic() - watch.began
        verdict, watch.missing = judge(trial, watch.evidence(self._here.seen()), elapsed_s=elapsed_s)
        if verdict == "good":
            await self._confirm("by itself")
        elif verdict == "bad":
            await self._give_up(watch.missing)

    async def _confirm(self, how: str) -> None:
        await self._write(confirm(self.versions))
        self._watch = None
        log.info("configuration confirmed", extra={"version": self._label.version, "how": how})
        await self._here.keep(self._here.plan.bounds)
        self._here.introduce()

    async def _give_up(self, reason: str) -> None:
        """Returns also when the disk is full: then the next start finds the trial, and gives it up for itself."""
        log.error("configuration given up", extra={"version": self._label.version, "reason": reason})
        given = give_up(self.versions, reason)
        try:
            await self._write(given)
        except ConfigurationError as error:
            log.critical("configurations cannot be written", extra={"error": str(error)})
            self.versions = given
        await self._return()

    async def _return(self) -> None:
        """Makes the agent what it shall be now: after a return, and after joining."""
        if self.versions.trial is None:
            self._watch = None
        try:
            choice = self._planner.choose(self.versions)
            self._label, self._kept, self.faults = choice.label, choice.kept, choice.faults
            self._file_hash = choice.plan.version if not choice.label.key else self._file_hash
            await self._here.become(choice.plan)
        except FileFaultsError as error:
            self.faults = tuple(error.faults)
            log.critical("no configuration can be used, the agent stays what it is", extra={"error": str(error)})

    @property
    def _here(self) -> Subject:
        if self._subject is None:
            raise ConfigurationError("not_running", "the agent does not run yet")
        return self._subject

    async def _write(self, versions: Versions) -> None:
        await self._on_disk(lambda: self._store.write(versions))
        self.versions = versions

    async def _on_disk(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise ConfigurationError("disk", f"nothing can be written: {error.strerror}") from error


def _larger(one: Bounds, other: Bounds) -> Bounds:
    """During a trial nothing is dropped that the good configuration would keep."""
    return Bounds(max(one.max_bytes, other.max_bytes), max(one.max_days, other.max_days))
