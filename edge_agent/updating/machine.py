"""Carries an update through its phases, from any of them on: what a phase does is begun only when it is on disk."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from device_profiles.backoff import Backoff
from device_profiles.clock import Clock
from device_profiles.wire.releases import ReleaseFile
from edge_agent.racing import first_of
from edge_agent.updating.download import (
    Shipment,
    Terms,
    UpdateRefusedError,
    begin,
    check_room,
    discard,
    resume,
)
from edge_agent.updating.gate import Gate, Seen, judge, missing
from edge_agent.updating.record import BY_HAND, Phase, Trigger, Update, installed, point, stepped, sync_folder
from edge_agent.updating.sources import NoSuchReleaseError, Source, SourceAwayError

log = logging.getLogger(__name__)

MOST_DAMAGED = 3
FIRST_PART, SMALLEST_PART, LARGEST_PART = 64 << 10, 8 << 10, 512 << 10
LOOK_PERIOD_S = 1.0
WAIT_S, LONGEST_WAIT_S = 5.0, 600.0
T = TypeVar("T")


class InstallFailedError(UpdateRefusedError):
    """The wheels are what was signed, and cannot be installed here."""


@dataclass(frozen=True, slots=True)
class Box:
    """This gateway as updates see it. `seen`: what the program sees now; `source`: where an update comes from."""

    root: Path
    updates: Path
    terms: Terms
    clock: Clock
    seen: Callable[[], Seen]
    source: Callable[[str], Source]
    gate_s: float = 600.0
    steady_s: float = 60.0
    bytes_per_s: int = 0


class Machine:
    """One update of one gateway. Each method is one phase and says what comes next; nothing is written here."""

    def __init__(self, box: Box, *, given_up: asyncio.Event) -> None:
        """`given_up` is set by whoever does not want the update any more."""
        self._box = box
        self._given_up = given_up
        self._backoff = Backoff(base_s=WAIT_S, cap_s=LONGEST_WAIT_S)
        self._part = FIRST_PART
        self.shipment: Shipment | None = None

    async def step(self, update: Update) -> Update:
        """Does what the phase says; the record that has to be on disk before the next step."""
        phases = {
            Phase.INIT: self._init,
            Phase.DOWNLOAD: self._download,
            Phase.VERIFY: self._verify,
            Phase.INSTALL: self._install,
            Phase.SWITCH: self._switch,
            Phase.GATE: self._gate,
            Phase.COMMIT: self._commit,
            Phase.ROLL_BACK: self._return,
        }
        try:
            return await phases[update.phase](update)
        except (UpdateRefusedError, NoSuchReleaseError) as error:
            log.warning("update refused", extra={"version": update.version, "reason": str(error)})
            return stepped(update, Trigger.REFUSE, reason=str(error))

    async def _init(self, update: Update) -> Update:
        box = self._box
        if update.version in (update.good, update.previous):
            raise UpdateRefusedError(f"version {update.version} runs already, or ran before this one: roll back to it")
        left = [version for version in installed(box.root) if version == update.version]  # of a trial that failed
        await asyncio.to_thread(remove, box.root, left)
        signed = await self._patiently(lambda: box.source(update.origin).manifest(update.version))
        self.shipment = await asyncio.to_thread(begin, box.updates, signed, update.version, box.terms)
        await asyncio.to_thread(check_room, self.shipment, root=box.root)
        return stepped(update, Trigger.ACCEPT)

    async def _download(self, update: Update) -> Update:
        shipment = await self._resumed(update)
        source = self._box.source(update.origin)
        while file := await asyncio.to_thread(shipment.wanting):
            offset = shipment.offset(file)
            piece = await self._patiently(lambda f=file, o=offset: self._piece(source, update, f, o))  # type: ignore[misc]
            await asyncio.to_thread(shipment.append, file, piece, offset=offset)
            if self._box.bytes_per_s:
                await self._box.clock.sleep(len(piece) / self._box.bytes_per_s)
        return stepped(update, Trigger.FETCHED)

    async def _piece(self, source: Source, update: Update, file: ReleaseFile, offset: int) -> bytes:
        """Parts grow while they come through and shrink when they do not: a thin link has a time limit per request."""
        if offset == file.size:  # the power went between the last byte and the name
            return b""
        length = min(self._part, file.size - offset)
        try:
            piece = await source.part(update.version, file.name, offset=offset, length=length)
        except SourceAwayError:
            self._part = max(SMALLEST_PART, self._part // 2)
            raise
        self._part = min(LARGEST_PART, self._part * 2)
        return piece

    async def _verify(self, update: Update) -> Update:
        shipment = await self._resumed(update)
        wrong = await asyncio.to_thread(shipment.damaged)
        self._go_on()
        if not wrong:
            return stepped(update, Trigger.PROVEN)
        names = ", ".join(file.name for file in wrong)
        if update.damaged + 1 >= MOST_DAMAGED:
            raise UpdateRefusedError(f"fetched {MOST_DAMAGED} times and never what was signed: {names}")
        log.warning("release damaged on its way", extra={"version": update.version, "files": names})
        return stepped(update, Trigger.DAMAGED)

    async def _install(self, update: Update) -> Update:
        """A process of its own: unpacking and compiling must not keep the devices waiting."""
        shipment = await self._resumed(update)
        command = [sys.executable, "-P", "-m", "edge_agent.updating.installing"]
        places = ["--root", str(self._box.root), "--version", update.version, *map(str, shipment.wheels)]
        process = await asyncio.create_subprocess_exec(*command, *places, stderr=asyncio.subprocess.PIPE)
        try:
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            raise InstallFailedError(said.decode(errors="replace").strip()[-500:] or f"exit {process.returncode}")
        self._go_on()
        seen = self._box.seen()
        ready = replace(update, baseline_link=seen.link, baseline_devices=seen.answering)
        return stepped(ready, Trigger.INSTALLED)

    async def _switch(self, update: Update) -> Update:
        await asyncio.to_thread(point, self._box.root / "current", update.version)
        return stepped(update, Trigger.SWITCHED)

    async def _gate(self, update: Update) -> Update:
        """Runs in the new version; the launcher watches it from outside."""
        box = self._box
        gate, verdict, lacks = Gate(box.clock.monotonic()), "wait", ""
        while verdict == "wait":
            await box.clock.sleep(LOOK_PERIOD_S)
            if self._given_up.is_set():
                return stepped(update, Trigger.FAIL, reason=BY_HAND)
            lacks = missing(update, box.seen())
            gate, verdict = judge(gate, lacks, now=box.clock.monotonic(), within_s=box.gate_s, steady_s=box.steady_s)
        if verdict == "healthy":
            return stepped(update, Trigger.HEALTHY)
        log.error("version did not prove itself", extra={"version": update.version, "reason": lacks})
        return stepped(update, Trigger.FAIL, reason=lacks)

    async def _commit(self, update: Update) -> Update:
        await asyncio.to_thread(self._clean_up, update)
        log.info("version kept", extra={"version": update.version, "before": update.good})
        return stepped(update, Trigger.CLEANED)

    def _clean_up(self, update: Update) -> None:
        """The version before stays, too: somebody may want to go back."""
        root = self._box.root
        point(root / "good", update.version)
        remove(root, [version for version in installed(root) if version not in (update.version, update.good)])
        discard(self._box.updates)

    async def _return(self, update: Update) -> Update:
        await asyncio.to_thread(self._point_back, update)
        return stepped(update, Trigger.RETURNED)

    def _point_back(self, update: Update) -> None:
        for link in ("current", "good"):
            point(self._box.root / link, update.good)

    async def _resumed(self, update: Update) -> Shipment:
        if self.shipment is None or self.shipment.release.version != update.version:
            self.shipment = await asyncio.to_thread(resume, self._box.updates, update.version, self._box.terms)
        return self.shipment

    def _go_on(self) -> None:
        if self._given_up.is_set():
            raise UpdateRefusedError(BY_HAND)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer, however long the link is away; UpdateRefusedError when somebody gives the update up meanwhile."""
        while True:
            self._go_on()
            try:
                answer = await ask()
            except SourceAwayError as error:
                log.info("release not reached", extra={"reason": str(error)})
                await first_of(self._box.clock.sleep(self._backoff.next_delay()), self._given_up.wait())
            else:
                self._backoff.reset()
                return answer


def remove(root: Path, versions: Sequence[str]) -> None:
    """Takes versions away: first their names, so that half a version is never taken for a whole one."""
    for version in versions:
        condemned = root / "versions" / f".{version}.part"
        (root / "versions" / version).rename(condemned)
        sync_folder(root / "versions")
        shutil.rmtree(condemned, ignore_errors=True)
