"""Owns the update of this gateway: keeps its record, asks for the restarts, and answers those who ask how it stands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from device_profiles.folders import make_lasting
from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import Version
from edge_agent.control.protocol import ControlError
from edge_agent.updating.machine import Box, Machine
from edge_agent.updating.record import (
    BEFORE_SWITCH,
    BY_HAND,
    Phase,
    RecordError,
    Trigger,
    Update,
    asked,
    read_update,
    stepped,
    write_update,
)
from edge_agent.updating.sources import NoSuchReleaseError, SourceAwayError, newest_first
from edge_agent.updating.standing import status_of

log = logging.getLogger(__name__)

DISK_WAIT_S = 60.0
HINT = "thacba-edge update status"
AGAIN = "try again in a minute"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants next: a version, or "" for the one before; only a person may want what was given up."""

    version: str
    origin: str = ""
    by_hand: bool = False


class Updater:
    """The one writer of the record while the program runs. `restart` ends the program so that it is started anew."""

    def __init__(self, box: Box, *, restart: Callable[[], None]) -> None:
        self._box = box
        self._restart = restart
        self._update = Update()  # until the record was read, which nothing good says
        self._given_up = asyncio.Event()
        self._wish: Wish | None = None
        self._wished = asyncio.Event()
        self._machine = Machine(box, given_up=self._given_up)
        self._actions: Mapping[str, Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]] = {
            "status": self._status, "check": self._check, "apply": self._apply, "rollback": self._rollback
        }  # fmt: skip

    async def run(self) -> None:
        """Carries updates through until it is cancelled; a disk that takes nothing delays them and ends nothing."""
        while True:
            try:
                await asyncio.to_thread(make_lasting, self._box.updates)
                self._update = await asyncio.to_thread(self._recovered)
                while True:
                    await self._keep(await self._next(self._update))
            except (OSError, RecordError) as error:
                log.error("update stands still", extra={"reason": str(error)})  # noqa: TRY400 -- the reason is all
                await self._box.clock.sleep(DISK_WAIT_S)

    async def verb(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """The control verb `update`: {"action": "status" | "check" | "apply" | "rollback", "version"?, "folder"?}."""
        action = self._actions.get(str(arguments.get("action", "status")))
        if action is None:
            raise ControlError("update", f"there is no action {arguments.get('action')!r}", ", ".join(self._actions))
        return await action(arguments)

    def want(self, version: str) -> None:
        """The centre wants this version; what runs already, or was tried and given up, is left alone."""
        if version and (self._wish is None or not self._wish.by_hand):
            self._take(Wish(version))

    async def _next(self, update: Update) -> Update:
        running = self._box.terms.running
        if update.phase is Phase.IDLE:
            self._given_up.clear()
            await self._wished.wait()
            self._wished.clear()
            wish, self._wish = self._wish, None
            return self._granted(update, wish) if wish else update
        if update.phase is Phase.RESTART or (update.phase is Phase.ROLL_BACK and running != update.good):
            self._restart()
            await asyncio.Event().wait()  # the launcher goes on from here
        return await self._machine.step(update)

    def _take(self, wish: Wish) -> None:
        """The last wish counts; it waits until the update that is under way has ended."""
        self._wish = wish
        self._wished.set()

    def _granted(self, update: Update, wish: Wish) -> Update:
        if not wish.version:
            return stepped(update, Trigger.RETURN, reason=BY_HAND)
        if wish.version in (self._box.terms.running, update.good) or (
            wish.version in update.failed and not wish.by_hand
        ):
            return update
        return asked(update, wish.version, origin=wish.origin)

    def _recovered(self) -> Update:
        """The record as this start finds it. A trial whose version is not the one that runs did not come about."""
        update = read_update(self._box.updates)
        running = self._box.terms.running
        if not update.good:
            update = Update(good=running)
        if update.phase in (Phase.SWITCH, Phase.RESTART, Phase.GATE) and running != update.version:
            update = stepped(update, Trigger.FAIL, reason=f"{running} was started in its place")
        write_update(self._box.updates, update)
        return update

    async def _keep(self, update: Update) -> None:
        if update == self._update:
            return
        await asyncio.to_thread(write_update, self._box.updates, update)
        log.info("update", extra={"phase": update.phase.value, "version": update.version, "reason": update.reason})
        self._update = update

    def _is_free(self) -> bool:
        if not self._update.good:
            raise ControlError("update", "the record of updates has not been read yet", AGAIN)
        return self._update.phase is Phase.IDLE and (self._wish is None or not self._wish.by_hand)

    async def _status(self, _arguments: Mapping[str, object]) -> Mapping[str, object]:
        return status_of(self._update, running=self._box.terms.running, progress=self._progress())

    def _progress(self) -> Mapping[str, int]:
        shipment = self._machine.shipment
        if shipment is None or self._update.phase not in BEFORE_SWITCH:
            return {}
        return {"bytes": shipment.here, "of": shipment.size}

    async def _check(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """What there is, newest first, and what is new."""
        try:
            there = newest_first(await self._box.source(str(arguments.get("folder", ""))).releases())
        except (SourceAwayError, NoSuchReleaseError) as error:
            raise ControlError("update", str(error), "check the link, or name a folder: --from") from error
        running = Version.of(self._box.terms.running)
        return {
            "running": self._box.terms.running,
            "releases": there,
            "newer": [v for v in there if Version.of(v) > running],
        }

    async def _apply(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Begins an update that a person asks for, also of a version that was given up before."""
        version, folder = str(arguments.get("version", "")), str(arguments.get("folder", ""))
        if not version:
            newest = (await self._check(arguments))["releases"]
            version = newest[0] if isinstance(newest, list) and newest else ""
        try:
            Version.of(version)
        except WireError as error:
            raise ControlError("update", str(error), "thacba-edge update check") from error
        if not self._is_free():
            raise ControlError("update", f"{self._update.version} is under way ({self._update.phase.value})", HINT)
        if version == self._box.terms.running:
            raise ControlError("update", f"version {version} runs already", HINT)
        self._take(Wish(version, folder, by_hand=True))
        return {"version": version, "from": folder or "centre"}

    async def _rollback(self, _arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Gives up what is under way, or goes back to the version before."""
        update = self._update
        if update.phase in (*BEFORE_SWITCH, Phase.GATE):
            self._given_up.set()
            return {"version": update.good, "given_up": update.version}
        if not self._is_free() or not update.previous:
            why = "there is no version before this one" if self._is_free() else f"it is in {update.phase.value}"
            raise ControlError("update", why, HINT)
        self._take(Wish("", by_hand=True))
        return {"version": update.previous, "given_up": update.good}
