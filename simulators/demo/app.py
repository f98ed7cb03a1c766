"""The order of a demonstration: broker, devices, agents and centre; then the story; then the reckoning."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from device_profiles.clock import Clock
from device_profiles.load import load_catalogue
from simulators.demo.banner import Invitation, invitation_text
from simulators.demo.broker import BrokerAccess, start_nats
from simulators.demo.centre import CentreClient
from simulators.demo.children import Children
from simulators.demo.devices import Stage
from simulators.demo.errors import DemoError
from simulators.demo.files import Connection, StoreAccess, environment, write_centre, write_gateway
from simulators.demo.fleet import DemoGateway, devices_of, fleet, kinds_of
from simulators.demo.influx import free_database
from simulators.demo.options import Options
from simulators.demo.physics import Physics
from simulators.demo.ports import HOST, next_free
from simulators.demo.reckoning import Reckoning
from simulators.demo.rules import write_rules
from simulators.demo.story import StoryClock
from simulators.demo.tally import Figures
from simulators.demo.webhook import WebhookReceiver
from simulators.scenarios.scenario import Playback, load_scenario

BROKER_PORT = 1883
PUSH_PORT = 8190
READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
ADMIN = "admin"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Props:
    """What stands on the stage before the story begins."""

    playback: Playback
    gateways: tuple[DemoGateway, ...]
    story: StoryClock
    broker: BrokerAccess
    store: StoreAccess | None
    http_port: int
    push_ports: Mapping[str, int]
    run: str


class Demonstration:
    """One demonstration in one working folder; `run` ends when its seconds are over, or when it is cancelled."""

    def __init__(self, options: Options, *, folder: Path, say: Say, clock: Clock) -> None:
        self._options = options
        self._folder = folder
        self._say = say
        self._clock = clock
        self._started = clock.monotonic()
        self._children = Children(folder, clock=clock, say=say)
        self._first_reading_s = 0.0

    async def run(self) -> Figures:
        """Plays to the end and says how it went; whatever happens, no child is left."""
        try:
            async with AsyncExitStack() as stack:
                return await self._play(stack)
        finally:
            await self._children.end_all()

    async def _play(self, stack: AsyncExitStack) -> Figures:
        props = await self._prepare()
        receiver = await stack.enter_async_context(WebhookReceiver())
        centre_file = write_centre(
            self._folder,
            port=props.http_port,
            broker=props.broker,
            store=props.store,
            webhook=receiver.url,
            sites=self._options.deploy / "sites",
            run=props.run,
        )
        devices = await stack.enter_async_context(AsyncExitStack())
        stack.push_async_callback(self._children.end_all)  # on Ctrl-C the programs go before their devices
        stage = Stage(devices, self._folder, load_catalogue(), props.story.elapsed)
        password, token = await self._start_programs(stage, props, centre_file)
        centre = await stack.enter_async_context(CentreClient(f"http://{HOST}:{props.http_port}", token))
        async with asyncio.TaskGroup() as watch:
            watchers = [watch.create_task(self._children.watch(child)) for child in self._children.all()]
            await self._until_first_reading(centre)
            self._say(invitation_text(self._invitation(props, password)))
            props.story.begin()
            await self._until_over()
            await devices.aclose()
            figures = await self._reckon(centre, receiver, props)
            for watcher in watchers:
                watcher.cancel()
        return figures

    async def _reckon(self, centre: CentreClient, receiver: WebhookReceiver, props: Props) -> Figures:
        reckoning = Reckoning(centre, receiver.inbox, self._children, self._folder / "data", self._clock)
        return await reckoning.figures(
            props.gateways,
            playback=props.playback,
            played_s=props.story.elapsed(),
            first_reading_s=self._first_reading_s,
            seconds=self._clock.monotonic() - self._started,
            broker=self._options.broker or "nats (embedded)",
            store=props.store,
        )

    async def _start_programs(self, stage: Stage, props: Props, centre_file: Path) -> tuple[str, SecretStr]:
        """Whatever can come up side by side does: a laptop has two cores, and people wait."""
        password = secrets.token_urlsafe(12)
        async with asyncio.TaskGroup() as first:
            key = first.create_task(self._ask("keys", centre_file))
            first.create_task(self._ask("user", "add", ADMIN, centre_file, "--role", "admin", text=f"{password}\n"))
            connections = {
                gateway.id: await stage.start(gateway, listen_port=props.push_ports[gateway.id])
                for gateway in props.gateways
            }
        command = [sys.executable, "-m", "cloud", "serve", "--config", str(centre_file)]
        await self._children.start("centre", command, environment=environment(props.broker, props.store))
        await self._start_agents(connections, props, key.result().strip())
        token = await self._ask("token", "add", "demo", centre_file, "--role", "viewer")
        return password, SecretStr(token.strip())

    async def _prepare(self) -> Props:
        scenario = load_scenario(self._options.scenario)
        playback = Playback(scenario, self._options.speed or scenario.file.hours_per_second)
        run = secrets.token_hex(4)
        write_rules(self._options.deploy / "rules", self._folder / "rules", hours_per_second=playback.hours_per_second)
        gateways = fleet(Physics(playback))
        return Props(
            playback=playback,
            gateways=gateways,
            story=StoryClock(self._clock),
            broker=await self._broker(),
            store=await self._store(),
            http_port=self._port("the page", self._options.port),
            push_ports=self._push_ports(gateways),
            run=run,
        )

    def _push_ports(self, gateways: Sequence[DemoGateway]) -> Mapping[str, int]:
        ports: dict[str, int] = {}
        port = PUSH_PORT
        for gateway in gateways:
            ports[gateway.id] = port = next_free(port)
            port += 1
        return ports

    async def _broker(self) -> BrokerAccess:
        given = self._options
        if given.broker:
            return BrokerAccess(given.broker, given.broker_username, given.broker_password)
        port = self._port("the broker", BROKER_PORT)
        password = SecretStr(secrets.token_urlsafe(24))
        return await start_nats(self._children, self._folder, port=port, username="thacba", password=password)

    async def _store(self) -> StoreAccess | None:
        given = self._options
        if not given.influx:
            return None
        wanted = StoreAccess(given.influx, given.influx_database, given.influx_username, given.influx_password)
        free = await free_database(wanted)
        if free.database != wanted.database:
            self._say(f"database {wanted.database} has readings already: using {free.database}")
        return free

    def _port(self, purpose: str, wanted: int) -> int:
        port = next_free(wanted)
        if port != wanted:
            self._say(f"port {wanted} for {purpose} is taken: using {port}")
        return port

    async def _start_agents(
        self, connections: Mapping[str, Mapping[str, Connection]], props: Props, command_key: str
    ) -> None:
        for gateway in props.gateways:
            file = write_gateway(
                self._folder,
                gateway,
                connections[gateway.id],
                broker=props.broker,
                listen_port=props.push_ports[gateway.id],
                command_key=command_key,
            )
            command = [sys.executable, "-m", "edge_agent", "run", "--config", str(file)]
            await self._children.start(gateway.id, command, environment=environment(props.broker, props.store))

    async def _ask(self, *words: str | Path, text: str = "") -> str:
        """Runs one command of the centre; its file stands among the words."""
        arguments = [part for word in words for part in (["--config", str(word)] if isinstance(word, Path) else [word])]
        return await self._children.ask(
            f"thacba-cloud {words[0]}", [sys.executable, "-m", "cloud", *arguments], text=text
        )

    async def _until_first_reading(self, centre: CentreClient) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not await centre.is_ready() or (await centre.get("/summary"))["first_reading_at"] is None:
                    await self._clock.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise DemoError(f"no reading on the page within {READY_WITHIN_S:.0f} s; see {self._folder}") from None
        self._first_reading_s = self._clock.monotonic() - self._started

    async def _until_over(self) -> None:
        """Waits for the end of the seconds; for ever when there is none."""
        if self._options.seconds is None:
            await asyncio.Event().wait()
        else:
            await self._clock.sleep(max(0.0, self._started + self._options.seconds - self._clock.monotonic()))

    def _invitation(self, props: Props, password: str) -> Invitation:
        return Invitation(
            url=f"http://{HOST}:{props.http_port}",
            user=ADMIN,
            password=password,
            devices=devices_of(props.gateways),
            gateways=len(props.gateways),
            protocols=kinds_of(props.gateways),
            broker=props.broker.url if self._options.broker else f"NATS at {props.broker.url}",
            store=f"InfluxDB {props.store.url}, database {props.store.database}" if props.store else "SQLite",
            folder=str(self._folder),
            seconds=self._options.seconds,
        )
