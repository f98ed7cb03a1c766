"""Starts the gateway program: finds what it shall be, whatever is wrong with it, and keeps it going until a signal.

```
 gateway.toml ──┐
 its last good ─┼─▶ + what joining brought + the configuration that is good or tried ─▶ plan ─▶ agent
 an empty box ──┘     the first of these that can be; `status` says what was wrong with the others
```
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from device_profiles.clock import Clock, SystemClock
from device_profiles.exercise import ExerciseConfig, PaceFollower
from device_profiles.explain import Fault
from device_profiles.load import CATALOGUE, Catalogue, FileFaultsError, load_catalogue
from device_profiles.wire import encode
from edge_agent.app import Agent, Work, opened
from edge_agent.birth import agent_version
from edge_agent.boot import boot_id
from edge_agent.clockwatch import ClockWatch
from edge_agent.commissioning.courier import Courier
from edge_agent.commissioning.desk import Desk
from edge_agent.config import GatewayConfig, ListenConfig, data_dir_of
from edge_agent.configuring.keeper import WRONG, Configurations
from edge_agent.configuring.planner import Choice, Membership, Planner, bases_for
from edge_agent.configuring.receiving import Reception
from edge_agent.configuring.store import ConfigurationStore
from edge_agent.configuring.verbs import ConfigurationVerbs
from edge_agent.configuring.versions import Versions, begin, give_up
from edge_agent.control.client import SOCKET
from edge_agent.control.protocol import Verb
from edge_agent.control.server import ControlServer
from edge_agent.device import Connectors, Device, Surroundings, Wires
from edge_agent.helping.connections import AtWork, secrets_in
from edge_agent.helping.log_ring import log_ring
from edge_agent.helping.remote import RemoteHelp
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.keeper import IdentityKeeper
from edge_agent.identity.member import MemberDoor
from edge_agent.identity.membership import as_member, build_keeper, credential_of
from edge_agent.identity.papers import Identity
from edge_agent.identity.store import IdentityStore
from edge_agent.neighbours import Neighbourhood
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.racing import first_error
from edge_agent.registry import build_connectors
from edge_agent.systemd import Notifier
from edge_agent.updates import Around, updates_for
from edge_agent.uplink.commands import command_key
from edge_agent.verbs import AgentVerbs, remove_trials
from edge_agent.watchdog import watched

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setup:
    """How the program was called."""

    file: Path
    data_dir: Path
    catalogue: Catalogue
    faults: tuple[Fault, ...] = ()


class Joined:
    """The identity of this box as far as the rest of the program goes by it; it may come while the program runs."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self.keeper: IdentityKeeper | None = None
        self.identity: Identity | None = None
        try:
            self.identity = store.load()
        except IdentityError as error:
            log.critical("identity damaged", extra={"error": str(error)})

    def membership(self) -> Membership:
        """What joining brought by now."""
        if self.identity is None:
            return Membership()
        identity = self.identity

        def joined(config: GatewayConfig) -> GatewayConfig:
            return as_member(config, identity, self._store)

        return Membership(joined, credential_of(self._store, self.keeper))


def setup_for(file: Path, *, data: Path | None, profiles: Sequence[Path]) -> Setup:
    """What can be known before anything is opened; FileFaultsError when nobody says where the data lie."""
    catalogue, faults = _catalogue(profiles)
    return Setup(file, data_dir_of(file, data), catalogue, faults)


async def run_gateway(setup: Setup, *, signals: Sequence[int] = ()) -> None:
    """Runs the gateway program until one of these signals; the first error that ends it comes out as itself."""
    store, joined = ConfigurationStore(setup.data_dir), Joined(IdentityStore(setup.data_dir))
    planner = Planner(
        bases_for(setup.file, store, setup.data_dir),
        catalogue=setup.catalogue,
        store=store,
        membership=joined.membership,
    )
    before = store.versions()
    versions = begin(before)
    choice = planner.choose(versions)
    if versions.trial is not None and choice.label != versions.trial.label:
        versions = give_up(versions, WRONG)
    choice = replace(choice, faults=(*setup.faults, *choice.faults))
    for fault in choice.faults:
        log.error("configuration wrong, another one is used", extra={"fault": str(fault), "runs": choice.label.key})
    compression = choice.plan.config.broker.compression if choice.plan.config.broker else "zstd"
    time, follower = _time_of(choice.plan.config.exercise)
    with opened(
        setup.data_dir,
        time,
        bounds=choice.plan.bounds,
        compression=compression,
        gateway=choice.plan.config.gateway.id,
        boot=boot_id(),
    ) as (outbox, clock):
        planner.remember()
        remove_trials(setup.data_dir)
        if versions != before:  # behind the lock: a start of ours counts, that of a second agent does not
            _write(store, versions)
        await _run(setup, _Parts(outbox, clock, store, planner, choice, versions, joined, follower), signals)


def _time_of(exercise: ExerciseConfig | None) -> tuple[Clock, PaceFollower | None]:
    """The machine's time, or the story's with whoever keeps it at its pace."""
    if exercise is None:
        return SystemClock(), None
    clock = exercise.clock()
    return clock, PaceFollower(clock, exercise.folder)


def _write(store: ConfigurationStore, versions: Versions) -> None:
    try:
        store.write(versions)
    except OSError as error:  # a full disk keeps no gateway from running
        log.critical("configurations cannot be written", extra={"error": str(error)})


@dataclass(frozen=True, slots=True)
class _Parts:
    outbox: OutboxOwner
    clock: ClockWatch
    store: ConfigurationStore
    planner: Planner
    choice: Choice
    versions: Versions
    joined: Joined
    follower: PaceFollower | None


async def _run(setup: Setup, parts: _Parts, signals: Sequence[int]) -> None:
    clock, joined, plan = parts.clock, parts.joined, parts.choice.plan
    agent: Agent
    reception = Reception(
        key=lambda: command_key(agent.plan.config.centre.command_key),
        own_key=lambda: joined.identity.key if joined.identity else None,
    )
    configurations = Configurations(
        parts.choice, parts.versions, store=parts.store, planner=parts.planner, reception=reception, clock=clock
    )

    def is_member(identity: Identity) -> None:
        if agent.plan.config.gateway.id not in ("", identity.gateway):
            log.warning("box is another gateway, starts anew", extra={"is": identity.gateway})
            _write(parts.store, Versions())  # those of the former gateway mean other devices, and are sealed to its key
            agent.stop()  # the next start gives it an outbox of its own
            return
        joined.identity = identity
        records.hurry()
        configurations.joined()
        if identity.welcome.configuration is not None:
            configurations.take(encode(identity.welcome.configuration))

    records = Courier(Desk(setup.data_dir, clock.now_ms), lambda: joined.identity, clock)
    keeper = build_keeper(
        setup.data_dir, clock, settings=setup.file.parent, agent=f"thacba-edge {agent_version()}", joined=is_member
    )
    joined.keeper = keeper
    neighbours = Neighbourhood()
    build = partial(_doors, wires={}, data_dir=setup.data_dir, clock=clock, neighbours=neighbours)
    agent = Agent(
        parts.planner.choose(parts.versions).plan,  # once more, with the keeper behind the certificate
        outbox=parts.outbox,
        build=build,
        clock=clock,
        running=configurations.running,
        configurations=configurations.take,
        neighbours=neighbours,
    )
    updates = updates_for(agent, _around(setup, joined, configurations, clock))
    more: Mapping[str, Verb] = {**keeper.verbs(), "update": updates.verb, "commissioning": records.answer}
    control = _control(setup, agent, configurations, reception, build, keeper=keeper, more=more)
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, agent.stop)
    log.info("agent begins", extra={"gateway": plan.config.gateway.id, "devices": len(plan.devices)})
    try:
        with watched(within_s=plan.config.gateway.watchdog_s):  # not while a large outbox is opened
            notifier = Notifier(lambda: _sentence(agent), clock)
            others: list[Work] = [lambda: configurations.run(agent), updates.run, records.run, notifier.run]
            others += [parts.follower.run] if parts.follower is not None else []
            await agent.run(control.run, keeper.run, *others)
    except BaseExceptionGroup as errors:
        raise first_error(errors) from errors
    log.info("agent ends", extra={"backlog": parts.outbox.counters().backlog_readings})


def _doors(
    devices: Sequence[Device],
    listen: ListenConfig,
    *,
    wires: Wires,
    data_dir: Path,
    clock: ClockWatch,
    neighbours: Neighbourhood,
) -> Connectors:
    return build_connectors(devices, Surroundings(listen, data_dir, clock, wires, neighbours))


def _control(
    setup: Setup,
    agent: Agent,
    configurations: Configurations,
    reception: Reception,
    build: Callable[[Sequence[Device], ListenConfig], Connectors],
    *,
    keeper: IdentityKeeper,
    more: Mapping[str, Verb],
) -> ControlServer:
    about = ConfigurationVerbs(configurations, reception=reception, subject=agent)
    verbs = AgentVerbs(
        agent,
        catalogue=setup.catalogue,
        build_doors=build,
        secret_files=configurations.secret_files,
        parts={"configuration": about.standing, "identity": lambda: keeper.standing().document()},
    )
    control = {**verbs.verbs(), **about.verbs(), **more}
    ring = log_ring(partial(secrets_in, configurations.secret_files))
    helping = RemoteHelp(control, AtWork(agent.devices), ring=ring, clock=agent.clock)
    agent.commands.helping = helping
    return ControlServer(setup.data_dir / SOCKET, {**control, **helping.verbs()})


def _around(setup: Setup, joined: Joined, configurations: Configurations, clock: ClockWatch) -> Around:
    """What updates have to do with: the centre, as far as this box has joined one, and the version that it wants."""

    def member() -> MemberDoor | None:
        return MemberDoor(joined.identity, clock) if joined.identity else None

    def wanted() -> str:
        kept = configurations.kept
        return kept.configuration.settings.release or "" if kept and configurations.running().state == "active" else ""

    return Around(setup.data_dir, member, wanted)


def _sentence(agent: Agent) -> str:
    """How it does, for `systemctl status`."""
    seen, waits = agent.seen(), agent.outbox.counters().backlog_readings
    link = "linked" if seen.link_up else "not linked"
    return f"{link}, {sum(seen.answers.values())} of {len(seen.answers)} devices answer, {waits} readings wait"


def _catalogue(folders: Sequence[Path]) -> tuple[Catalogue, tuple[Fault, ...]]:
    """The packaged models and the province's own; a folder with a fault in it is left out, and named."""
    good: list[Path] = [CATALOGUE]
    faults: list[Fault] = []
    for folder in folders:
        try:
            load_catalogue(*good, folder)
            good.append(folder)
        except FileFaultsError as error:
            faults += error.faults
    return load_catalogue(*good), tuple(faults)
