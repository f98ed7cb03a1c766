"""The office of roll-outs: asks the planner every few seconds, does what it says, and keeps every step before the next.

After `kill -9` nothing is sent twice: a version that a roll-out made carries its id, and whoever has it already is
only marked as sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import NoReturn
from uuid import uuid4

from cloud.configuring.office import ConfigurationOffice
from cloud.configuring.patch import patched, unknown_keys
from cloud.configuring.sheet import FILE, ConfigurationRefusedError, settings_in, table_of, text_of
from cloud.configuring.targets import Candidate, Target, chosen
from cloud.configuring.terms import ConfigurationChangedError, Draft, Hand, UnknownGatewayError
from cloud.configuring.waves import Plan, Seen, Trigger, acted, step, waves_of
from cloud.errors import CloudError, StoreUnavailableError
from cloud.inventory.fleet import Fleet
from cloud.store.base import AuditRow
from cloud.store.configuration_port import ConfigurationStore, MemberRow, RolloutRow
from device_profiles.clock import Clock
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import FileFaultsError, parse_table
from device_profiles.wire.messages import Settings

log = logging.getLogger(__name__)

ROUND_S = 2.0
CONFIRM_MS = 15 * 60_000  # a second person has so long
MOST_MEMBERS = 20_000
CHECKED = 200  # a patch is tried on so many before it is taken: they are alike


@dataclass(frozen=True, slots=True)
class RolloutDesk:
    """What the office works with."""

    store: ConfigurationStore
    configurations: ConfigurationOffice
    fleet: Fleet
    candidates: Callable[[], Sequence[Candidate]]
    audit: Callable[[AuditRow], None]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Wish:
    """A roll-out as somebody wants it; `patch` is TOML (cloud/configuring/patch.py)."""

    title: str
    patch: str
    target: Target
    plan: Plan
    author: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A roll-out with its members."""

    row: RolloutRow
    plan: Plan
    target: Target
    patch: str
    members: tuple[MemberRow, ...]

    @property
    def release(self) -> str:
        """The release that it brings, "" = none."""
        wanted = parse_table(self.patch).get("release", "")
        return wanted if isinstance(wanted, str) else ""


class RolloutOffice:
    """One writer of roll-outs; belongs to one event loop."""

    def __init__(self, desk: RolloutDesk) -> None:
        self._desk = desk
        self._open: dict[str, Rollout] = {}
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Takes up what was under way."""
        for row in await asyncio.to_thread(self._desk.store.rollouts, limit=1000, open_only=True):
            self._open[row.id] = await self._with_members(row)

    async def run(self) -> NoReturn:
        """Looks at every open roll-out, until cancelled; a database that is away is asked again."""
        while True:
            await self._desk.clock.sleep(ROUND_S)
            async with self._turn:
                for each in list(self._open.values()):
                    try:
                        await self._look(each)
                    except StoreUnavailableError as error:
                        log.warning("rollout waits", extra={"rollout": each.row.id, "error": str(error)})

    async def begin(self, wish: Wish) -> Rollout:
        """Begins a roll-out; one with a release must be confirmed. ConfigurationRefusedError with every fault."""
        patch = _read_patch(wish.patch)
        names = chosen(self._desk.candidates(), wish.target)[:MOST_MEMBERS]
        names = [name for name in names if self._changes_something(name, patch)]
        if not names:
            reason = "reaches no gateway, or changes nothing there"
            raise ConfigurationRefusedError([Fault("rollout", "target", reason, "name areas, labels, profiles, ...")])
        await self._try(names[:CHECKED], patch)
        now, identifier = self._desk.clock.now_ms(), uuid4().hex[:12]
        row = RolloutRow(
            id=identifier,
            title=wish.title,
            author=wish.author,
            at=now,
            comment=wish.comment,
            change=json.dumps({"patch": wish.patch, "target": asdict(wish.target)}, ensure_ascii=False),
            plan=json.dumps(asdict(wish.plan)),
            state="asked" if "release" in patch else "running",
            wave_at=now,
            changed_at=now,
        )
        members = tuple(MemberRow(identifier, name, wave) for name, wave in waves_of(names, wish.plan.sizes).items())
        await asyncio.to_thread(self._desk.store.put_rollout, row, members)
        self._open[identifier] = found = Rollout(row, wish.plan, wish.target, wish.patch, members)
        return found

    async def act(self, identifier: str, trigger: Trigger, *, actor: str) -> Rollout:
        """Confirms, pauses, resumes or aborts; UnknownGatewayError, RolloutError."""
        async with self._turn:
            found = await self.one(identifier)
            row = acted(found.row, trigger, actor=actor, now=self._desk.clock.now_ms())
            return await self._keep(replace(found, row=row))

    async def one(self, identifier: str) -> Rollout:
        """One roll-out; UnknownGatewayError."""
        if identifier in self._open:
            return self._open[identifier]
        row = await asyncio.to_thread(self._desk.store.rollout, identifier)
        if row is None:
            raise UnknownGatewayError(f"There is no roll-out {identifier!r}.")
        return await self._with_members(row)

    async def newest(self, *, limit: int = 50) -> Sequence[Rollout]:
        """Roll-outs, newest first."""
        rows = await asyncio.to_thread(self._desk.store.rollouts, limit=limit)
        return [await self._with_members(row) for row in rows]

    async def _look(self, found: Rollout) -> None:
        now = self._desk.clock.now_ms()
        if found.row.state == "asked" and now - found.row.at > CONFIRM_MS:
            late = replace(found.row, state="aborted", reason="nobody confirmed it in time", changed_at=now)
            await self._keep(replace(found, row=late))
            return
        seen = {each.gateway: self._seen(each.gateway, found.release) for each in found.members}
        told = step(found.row, found.members, found.plan, seen, now=now)
        if told.rollout != found.row or told.members:
            found = await self._keep(replace(found, row=told.rollout), told.members)
        for gateway in told.send:
            member = next(each for each in found.members if each.gateway == gateway)
            found = await self._keep(found, await self._send(found, member))

    async def _send(self, found: Rollout, member: MemberRow) -> tuple[MemberRow, ...]:
        """Makes the new version of one gateway, unless it was made before a cut."""
        office, now = self._desk.configurations, self._desk.clock.now_ms()
        former = office.desired(member.gateway)
        if former is not None and former.rollout == found.row.id:
            return (replace(member, state="sent", version=former.version, at=now),)
        text = self._text_for(member.gateway, _read_patch(found.patch))
        match = former.version if former else 0
        hand = Hand(found.row.author, found.row.title, match, found.row.id)
        try:
            row = await office.set(Draft(member.gateway, text), hand)
        except ConfigurationChangedError:
            return ()  # somebody was quicker: the next look starts from what he wrote
        except CloudError as error:
            if isinstance(error, StoreUnavailableError):
                raise
            return (replace(member, state="refused", at=now, reason=str(error)[:300]),)
        return (replace(member, state="sent", version=row.version, at=now),)

    async def _keep(self, found: Rollout, changed: Sequence[MemberRow] = ()) -> Rollout:
        """Writes it down before anybody acts on it."""
        await asyncio.to_thread(self._desk.store.put_rollout, found.row, changed)
        now = {each.gateway: each for each in changed}
        found = replace(found, members=tuple(now.get(each.gateway, each) for each in found.members))
        before = self._open.get(found.row.id)
        if before is not None and before.row.state != found.row.state:
            detail = f"{found.row.state} {found.row.reason}".strip()
            row = AuditRow(self._desk.clock.now_ms(), "centre", "rollout_state", found.row.id, detail)
            await asyncio.to_thread(self._desk.audit, row)
        if found.row.state in ("asked", "running", "paused"):
            self._open[found.row.id] = found
        else:
            self._open.pop(found.row.id, None)
        return found

    async def _with_members(self, row: RolloutRow) -> Rollout:
        members = await asyncio.to_thread(self._desk.store.members, row.id)
        plan, change = json.loads(row.plan), json.loads(row.change)
        target = Target(**{name: tuple(values) for name, values in change["target"].items()})
        return Rollout(row, Plan(**{**plan, "sizes": tuple(plan["sizes"])}), target, change["patch"], tuple(members))

    async def _try(self, names: Sequence[str], patch: Mapping[str, object]) -> None:
        """Every fault that the change would make on these gateways."""
        faults: list[Fault] = []
        for name in names:
            try:
                await self._desk.configurations.check(Draft(name, self._text_for(name, patch)))
            except ConfigurationRefusedError as error:
                faults += [Fault(name, each.key, each.reason, each.hint) for each in error.faults]
        if faults:
            raise ConfigurationRefusedError(faults)

    def _changes_something(self, gateway: str, patch: Mapping[str, object]) -> bool:
        table = table_of(self._settings_of(gateway))
        return patched(table, patch) != table

    def _text_for(self, gateway: str, patch: Mapping[str, object]) -> str:
        return text_of(patched(table_of(self._settings_of(gateway)), patch))

    def _settings_of(self, gateway: str) -> Settings:
        former = self._desk.configurations.desired(gateway)
        return settings_in(former.text) if former else Settings()

    def _seen(self, gateway: str, release: str) -> Seen:
        """What is known of a gateway; with a release it is good only when that program runs."""
        standing, desired = self._desk.fleet.gateway(gateway), self._desk.configurations.desired(gateway)
        wanted = desired.version if desired else 0
        if standing is None or standing.running is None:
            online = standing is not None and standing.presence == "online"
            return Seen(online=online, since=standing.since if standing else 0, desired=wanted)
        running, agent = standing.running, standing.state.agent if standing.state else ""
        runs_it = not release or agent.split()[-1:] == [release]
        return Seen(
            online=standing.presence == "online",
            since=standing.since,
            version=running.version,
            standing=running.state if running.state != "active" or runs_it else "trial",
            failed=running.tried if running.state == "rolled_back" else 0,
            reason=running.reason,
            desired=wanted,
        )


def _read_patch(text: str) -> Mapping[str, object]:
    """The tables of a patch; ConfigurationRefusedError."""
    try:
        patch: Mapping[str, object] = parse_table(text, file="patch")
    except FileFaultsError as error:
        raise ConfigurationRefusedError(error.faults) from error
    known = [*Settings.__struct_fields__, "profiles"]
    faults = [Fault("patch", key, "is no table of a patch", did_you_mean(key, known)) for key in unknown_keys(patch)]
    if not patch:
        faults.append(Fault(FILE, "patch", "changes nothing", "see the README of cloud/configuring"))
    if faults:
        raise ConfigurationRefusedError(faults)
    return patch
