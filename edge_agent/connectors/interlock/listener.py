"""An interlock at work: hears its neighbours, trips by itself, drives its outputs, and reports what it did.

Acting never waits for reporting: with a full disk or without a centre the siren sounds all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from device_profiles.clock import Clock
from edge_agent.connector import CommandError, Deliver, Happening, Observation, Sample, Scalar
from edge_agent.connectors.interlock.memory import Memory
from edge_agent.connectors.interlock.outputs import Outputs
from edge_agent.device import Heard, Surroundings
from edge_agent.interlocks import condition as conditions
from edge_agent.interlocks.config import Condition, InterlockConnection
from edge_agent.interlocks.trip import Phase, Trip, released, step
from edge_agent.racing import first_of

log = logging.getLogger(__name__)

LOOK_S = 1.0
REPORT_S = 60.0
MOST_UNREPORTED = 200
LONGEST_TEST_S = 60
LONGEST_DISARMED_MIN = 240
MINUTE_MS = 60_000
OUTPUTS = ("interlock outputs",)  # the wire that all interlocks of a gateway share


class Interlock:
    """One interlock: a Listener for its readings, a Writer for `test`, `disarm` and `arm`."""

    def __init__(self, device: str, connection: InterlockConnection, around: Surroundings) -> None:
        self._device = device
        self._connection = connection
        self._clock: Clock = around.clock
        self._neighbours = around.neighbours
        self._kept = Memory(around.data_dir / "interlocks", device)
        self._heard_at = [0.0 for _ in connection.when]
        self._memories = [conditions.Memory() for _ in connection.when]
        self._trip = Trip()
        self._blind = False
        self._disarmed_until = 0
        self._said = ""  # what an output says instead of obeying
        self._reached_s = around.clock.monotonic()
        self._news = asyncio.Event()
        self._unreported = asyncio.Event()
        self._reports: deque[Observation] = deque(maxlen=MOST_UNREPORTED)
        self._outputs = Outputs(
            device,
            connection,
            neighbours=around.neighbours,
            holders=around.wires.setdefault(OUTPUTS, {}),
            clock=around.clock,
            failed=self._note_failure,
        )

    async def listen(self, deliver: Deliver) -> None:
        """Watches and acts until it is cancelled."""
        kept = await asyncio.to_thread(self._kept.read)
        self._trip = Trip(kept.phase, self._clock.monotonic(), kept.trips)
        self._disarmed_until = kept.disarmed_until
        if kept.phase is Phase.TRIPPED:  # the outputs may have fallen off with the power
            self._outputs.want(tripped=True)
        with ExitStack() as followed:
            for number, each in enumerate(self._connection.when):
                followed.callback(self._neighbours.follow(each.device, partial(self._hear, number, each)))
            followed.callback(self._outputs.let_go)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_for_ever())
                group.create_task(self._outputs.run())
                group.create_task(self._report_for_ever(deliver))
                group.create_task(self._say_how_it_is())

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """`test` {seconds}, `disarm` {minutes} or `arm`; CommandError when it cannot be."""
        if verb == "test":
            return await self._test(_number(arguments, "seconds", most=LONGEST_TEST_S))
        if verb == "disarm":
            minutes = _number(arguments, "minutes", most=LONGEST_DISARMED_MIN)
            return await self._disarm(self._clock.now_ms() + round(minutes * MINUTE_MS))
        if verb == "arm":
            return await self._disarm(0)
        raise CommandError(f"an interlock does not know the command {verb}")

    def _hear(self, number: int, condition: Condition, readings: Sequence[Heard]) -> None:
        """A device tells its newest readings, told before or not; what lay in a logger for hours is past."""
        earliest = self._clock.now_ms() - self._connection.silent_s * 1000
        for reading in readings:
            if reading.point != condition.point or reading.observed_at <= max(self._heard_at[number], earliest):
                continue
            if reading.value is not None and (not reading.quality or condition.doubtful):
                self._heard_at[number] = reading.observed_at
                memory, now_s = self._memories[number], self._clock.monotonic()
                self._memories[number] = conditions.heard(condition, memory, reading.value, now_s=now_s)
        self._news.set()

    async def _look_for_ever(self) -> None:
        while True:
            self._news.clear()
            await self._look()
            await first_of(self._news.wait(), self._clock.sleep(LOOK_S))

    async def _look(self) -> None:
        """One step: what it trips on is on disk before the outputs are told, but a slow disk does not stop them."""
        now_s = self._clock.monotonic()
        if self._neighbours.reaches_centre():
            self._reached_s = now_s
        silent_s = self._connection.silent_s
        known = [conditions.standing(memory, silent_s=silent_s, now_s=now_s) for memory in self._memories]
        self._blind = None in known
        away = now_s - self._reached_s >= self._connection.without_centre_s
        trip = step(
            self._connection, self._trip, conditions.all_of(known), may_trip=self._is_armed() and away, now_s=now_s
        )
        await self._become(trip, why=self._why())

    async def _become(self, trip: Trip, *, why: str) -> None:
        before, self._trip = self._trip, trip
        if before.phase is trip.phase:
            return
        try:
            async with asyncio.timeout(LOOK_S):
                await self._keep()
        except TimeoutError:
            log.warning("interlock acts before the disk has it", extra={"interlock": self._device})
        if trip.phase is Phase.TRIPPED or before.phase is Phase.TRIPPED:
            self._outputs.want(tripped=trip.phase is Phase.TRIPPED)
        kind = {Phase.TRIPPED: "tripped", Phase.SPENT: "spent", Phase.READY: "released"}[trip.phase]
        log.warning("interlock", extra={"interlock": self._device, "phase": kind, "why": why})
        self._tell(kind, why)

    async def _test(self, seconds: float) -> str:
        if self._trip.phase is Phase.TRIPPED:
            raise CommandError("it is tripped: there is nothing to try")
        said = await self._outputs.try_out(seconds, still_tripped=lambda: self._trip.phase is Phase.TRIPPED)
        self._tell("tested", said)
        return f"on for {seconds:g} s: {said}"

    async def _disarm(self, until: int) -> str:
        self._disarmed_until = until
        if until:
            await self._become(released(self._trip, now_s=self._clock.monotonic()), why="disarmed")
        await self._keep()
        self._tell("disarmed" if until else "armed", "")
        return "disarmed; it arms itself again" if until else "armed"

    async def _keep(self) -> None:
        await asyncio.to_thread(self._kept.write, self._trip, disarmed_until=self._disarmed_until)

    def _is_armed(self) -> bool:
        if self._disarmed_until and self._clock.now_ms() >= self._disarmed_until:
            self._disarmed_until = 0
            self._tell("armed", "by itself")
        return not self._disarmed_until

    def _why(self) -> str:
        pairs = zip(self._connection.when, self._memories, strict=True)
        return ", ".join(conditions.said(condition, memory) for condition, memory in pairs)

    def _note_failure(self, said: str) -> None:
        before, self._said = self._said, said
        if said and not before:
            self._tell("failed", said)
        elif before and not said:
            self._report(self._samples())

    def _tell(self, kind: str, why: str) -> None:
        """An event with the facts of this moment, and the facts as readings."""
        now = self._clock.now_ms()
        facts: dict[str, Scalar] = {"why": why[:200], "trips": self._trip.trips}
        happening = Happening(self._device, f"{kind}-{now}-{self._trip.trips}", kind, now, facts)
        self._report([happening, *self._samples()])

    def _samples(self) -> Sequence[Sample]:
        facts: dict[str, Scalar] = {
            "tripped": self._trip.phase is Phase.TRIPPED,
            "armed": not self._disarmed_until,
            "failed": bool(self._said),
            "blind": self._blind,
            "trips": self._trip.trips,
        }
        return [Sample(self._device, fact, value) for fact, value in facts.items()]

    async def _say_how_it_is(self) -> None:
        """The facts now and then, so that everybody sees that it watches."""
        while True:
            self._report(self._samples())
            await self._clock.sleep(REPORT_S)

    async def _report_for_ever(self, deliver: Deliver) -> None:
        while True:
            await self._unreported.wait()
            self._unreported.clear()
            while self._reports:
                some = list(self._reports)
                self._reports.clear()
                await deliver(some)

    def _report(self, observations: Sequence[Observation]) -> None:
        """To be told when there is room; beyond a bound the oldest is forgotten, and the log says so."""
        if len(self._reports) + len(observations) > MOST_UNREPORTED:
            log.error("interlock forgets reports", extra={"interlock": self._device})
        self._reports.extend(observations)
        self._unreported.set()


def _number(arguments: Mapping[str, Scalar], name: str, *, most: int) -> float:
    value = arguments.get(name)
    if isinstance(value, bool | str) or value is None or not 0 < value <= most:
        raise CommandError(f"{name} is a number above 0, at most {most}")
    return float(value)
