"""The order of an exercise: places, broker, centre, agents; then the story; then the verdict."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from device_profiles.clock import Clock, SystemClock
from device_profiles.exercise import ExerciseConfig, PaceFollower, set_speed
from device_profiles.exercise_plan import write_plan
from device_profiles.load import Catalogue, load_catalogue
from device_profiles.schema import Strict
from simulators.demo.broker import BrokerAccess, start_nats
from simulators.demo.centre import CentreClient
from simulators.demo.children import Children
from simulators.demo.files import environment
from simulators.demo.ports import HOST, next_free
from simulators.exercise.feed import Feed, without
from simulators.exercise.files import SHARED, Story, plan_of, write_agent, write_centre, write_places, write_wisdom
from simulators.exercise.real import RealDevices, real_gateways
from simulators.province.fleet import PlacedDevice, gateways
from simulators.province.province import Province
from simulators.scenarios.scenario import read_scenario

BROKER_PORT = 1883
READY_WITHIN_S = 90.0
SETTLE_S = 3.0  # real seconds for rules and reviews behind the last receipt
TRAINING_STEP_MS = 60_000  # people watch: values move each minute of the story
TRAINER, OPERATOR = "trainer", "operator"

Say = Callable[[str], None]


class Options(Strict):
    """What an exercise is told by its command line."""

    scenario: str = Field(description="Name of the scenario.")
    speed: float | None = Field(None, gt=0, le=3600, description="Seconds of the story a second; the scenario's own.")
    train: bool = Field(False, description="The story waits for a trainer, and nobody ends it but Ctrl-C.")
    port: int = Field(8080, ge=1, le=65535, description="Port of the page; the next free one when it is taken.")
    seed: int = Field(1, ge=0, description="Chance of the physics; the same seed, the same story.")
    folder: Path = Field(Path(".demo"), description="Working folder, made fresh.")
    deploy: Path = Field(Path("deploy"), description="Folder with sites and rules.")


@dataclass(frozen=True, slots=True)
class Props:
    """What stands on the stage before the story begins."""

    province: Province
    catalogue: Catalogue
    fleet: Mapping[str, Sequence[PlacedDevice]]
    story: Story
    broker: BrokerAccess
    port: int


class Exercise:
    """One exercise in one working folder."""

    def __init__(self, options: Options, *, folder: Path, say: Say, clock: Clock | None = None) -> None:
        self._options = options
        self._folder = folder
        self._say = say
        self._machine: Clock = clock or SystemClock()
        self._began = self._machine.monotonic()
        self._children = Children(folder, clock=self._machine, say=say)

    async def run(self) -> Mapping[str, Any]:
        """Plays to the end and gives the verdict; whatever happens, no child is left."""
        try:
            async with AsyncExitStack() as stack:
                return await self._play(stack)
        finally:
            await self._children.end_all()

    async def _play(self, stack: AsyncExitStack) -> Mapping[str, Any]:
        props = await self._prepare()
        config = ExerciseConfig.model_validate(props.story.table(self._folder))
        clock = config.clock()
        real = real_gateways(props.fleet, props.catalogue, props.province.scenario)
        devices = await stack.enter_async_context(AsyncExitStack())
        stack.push_async_callback(self._children.end_all)
        stage = RealDevices(devices, props.province, props.catalogue, clock)
        token, words = await self._start_programs(props, stage, real)
        centre = await stack.enter_async_context(CentreClient(f"http://{HOST}:{props.port}", token))
        feed = Feed(
            props.province,
            props.catalogue,
            without(props.fleet.items(), real),
            clock=clock,
            folder=config.folder,
            step_ms=TRAINING_STEP_MS if self._options.train else props.province.scenario.step_s * 1000,
        )
        async with asyncio.TaskGroup() as group:
            following = group.create_task(PaceFollower(clock, config.folder).run())
            watchers = [group.create_task(self._children.watch(child)) for child in self._children.all()]
            await asyncio.to_thread(feed.warm_up)
            await centre.until_ready(self._machine, within_s=READY_WITHIN_S)
            self._say(self._invitation(props, words))
            if not self._options.train:
                self._run_at(props)
            await feed.run(
                props.broker.url,
                username=props.broker.username,
                password=props.broker.password.get_secret_value(),
            )
            await self._machine.sleep(SETTLE_S)
            if self._options.train:
                self._say("The story is over; the debrief is at /exercise/debrief. Ctrl-C ends everything.")
                await asyncio.Event().wait()
            verdict = await self._verdict(centre, feed, props)
            for task in (following, *watchers):
                task.cancel()
        return verdict

    async def _prepare(self) -> Props:
        province = Province(read_scenario(self._options.scenario), seed=self._options.seed)
        fleet = gateways()
        folder, deploy = self._folder, self._options.deploy
        write_places(folder, deploy, fleet)
        write_wisdom(folder, deploy)
        write_plan(folder / SHARED, plan_of(province))
        password = SecretStr(secrets.token_urlsafe(24))
        port = next_free(BROKER_PORT)
        broker = await start_nats(self._children, folder, port=port, username="thacba", password=password)
        story = Story(self._options.scenario, province.begin_ms)
        return Props(province, load_catalogue(), fleet, story, broker, next_free(self._options.port))

    async def _start_programs(
        self, props: Props, stage: RealDevices, real: Sequence[str]
    ) -> tuple[SecretStr, Mapping[str, str]]:
        client = f"thacba-exercise-{secrets.token_hex(4)}"
        file = write_centre(self._folder, props.story, port=props.port, broker=props.broker, client=client)
        words = {name: secrets.token_urlsafe(9) for name in (TRAINER, OPERATOR)}
        async with asyncio.TaskGroup() as first:  # whatever can come up side by side does
            key = first.create_task(self._ask("keys", file))
            for name, role in ((TRAINER, "engineer"), (OPERATOR, "operator")):
                first.create_task(self._ask("user", "add", name, file, "--role", role, text=f"{words[name]}\n"))
        around = environment(props.broker, None)
        command = [sys.executable, "-m", "cloud", "serve", "--config", str(file)]
        await self._children.start("centre", command, environment=around)
        for name in real:
            connections = [(device, await stage.start(device)) for device in props.fleet[name]]
            agent = write_agent(
                self._folder, props.story, name, connections, broker=props.broker, command_key=key.result().strip()
            )
            command = [sys.executable, "-m", "edge_agent", "run", "--config", str(agent)]
            await self._children.start(name, command, environment=around)
        token = await self._ask("token", "add", "verdict", file, "--role", "engineer")
        return SecretStr(token.strip()), words

    def _run_at(self, props: Props) -> None:
        speed = self._options.speed or props.province.scenario.speed
        span_s = (props.province.end_ms - props.province.begin_ms) / 1000
        set_speed(self._folder / SHARED, speed, end_s=span_s)

    async def _verdict(self, centre: CentreClient, feed: Feed, props: Props) -> Mapping[str, Any]:
        told = await centre.get("/exercise/verdict")
        summary = await centre.get("/summary")
        return {
            "scenario": props.story.name,
            "holds": told["holds"],
            "expected": told["findings"],
            "raised": told["raised"],
            "missing": [each for each in told["findings"] if each["outcome"] != "raised"],
            "forbidden_raised": told["forbidden"],
            "levels_raised": told["levels_raised"],
            "readings": {name: summary[name] for name in ("accepted", "stored", "dead_lettered", "awaited")},
            "gateways": len(props.fleet),
            "agents": len(props.fleet) - len(feed.gateways),
            "story_hours": round((props.province.end_ms - props.province.begin_ms) / 3_600_000, 1),
            "seconds": round(self._machine.monotonic() - self._began, 1),
            "restarts": self._children.restarts,
        }

    async def _ask(self, *words: str | Path, text: str = "") -> str:
        """Runs one command of the centre; its file stands among the words."""
        arguments = [part for word in words for part in (["--config", str(word)] if isinstance(word, Path) else [word])]
        return await self._children.ask(
            f"thacba-cloud {words[0]}", [sys.executable, "-m", "cloud", *arguments], text=text
        )

    def _invitation(self, props: Props, words: Mapping[str, str]) -> str:
        scenario = props.province.scenario
        devices = sum(len(each) for each in props.fleet.values())
        return (
            f"\n  DIỄN TẬP / EXERCISE: {scenario.name.vi} / {scenario.name.en}\n"
            f"  http://{HOST}:{props.port}/exercise   {devices} devices, {len(props.fleet)} gateways\n"
            f"  {TRAINER} / {words[TRAINER]}     {OPERATOR} / {words[OPERATOR]}\n"
            f"  {scenario.begin:%d.%m.%Y %H:%M} – {scenario.end:%d.%m.%Y %H:%M}; files in {self._folder}\n"
        )
