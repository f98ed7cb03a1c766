"""Several devices on one connection: who leads, what survives a change, and whom a lost line ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from edge_agent.connector import LinkError
from edge_agent.connectors.sharing import WAITING, Hearer, SharedLine
from tests.waiting import eventually


class Wire:
    """A line that the test speaks on: things are texts such as `a1`, and concern the device of their first letter."""

    def __init__(self, refuses: frozenset[str] = frozenset()) -> None:
        self.spoken: asyncio.Queue[str | None] = asyncio.Queue()
        self.settled_things: list[str] = []
        self.wanted: frozenset[str] = frozenset()
        self.refuses = refuses
        self.closed = False

    def say(self, *things: str) -> None:
        for thing in things:
            self.spoken.put_nowait(thing)

    async def want(self, topics: frozenset[str]) -> frozenset[str]:
        self.wanted = topics
        return topics & self.refuses

    async def receive(self) -> str:
        thing = await self.spoken.get()
        if thing is None:
            raise LinkError("no_answer", "cut")
        return thing

    def settled(self, item: str) -> None:
        self.settled_things.append(item)

    async def close(self) -> None:
        self.closed = True


class Place:
    """The lines that were opened, the devices that listen, and what each has heard."""

    def __init__(self, refuses: frozenset[str] = frozenset(), absent_s: float = 60.0) -> None:
        self.wires: list[Wire] = []
        self.line = SharedLine(self._open, absent_s=absent_s)
        self.heard: dict[str, list[str]] = {}
        self.ended: dict[str, LinkError] = {}
        self.disk = asyncio.Event()
        self.disk.set()
        self._refuses = refuses
        self._group = asyncio.TaskGroup()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def _open(self) -> Wire:
        self.wires.append(Wire(self._refuses))
        return self.wires[-1]

    def begin(self, name: str) -> None:
        self._tasks[name] = self._group.create_task(self._listen(name))

    async def end(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.wait([self._tasks[name]])

    async def _listen(self, name: str) -> None:
        mine = self.heard.setdefault(name, [])

        async def take(things: Sequence[str]) -> None:
            await self.disk.wait()
            mine.extend(things)

        try:
            await self.line.listen(Hearer(name, lambda thing: thing.startswith(name), take, frozenset({name})))
        except LinkError as loss:
            self.ended[name] = loss

    def all_heard(self, **expected: Sequence[str]) -> Callable[[], bool]:
        return lambda: all(self.heard.get(name) == list(things) for name, things in expected.items())

    @asynccontextmanager
    async def running(self, *names: str) -> AsyncIterator[Wire]:
        async with self._group:
            for name in names:
                self.begin(name)
            await eventually(lambda: self.wires and self.wires[-1].wanted == frozenset(names))
            yield self.wires[-1]
            for name in list(self._tasks):
                await self.end(name)


async def test_two_devices_hear_each_its_own_over_one_connection() -> None:
    place = Place()
    async with place.running("a", "b") as wire:
        wire.say("a1", "b1", "a2", "x9")
        await eventually(place.all_heard(a=["a1", "a2"], b=["b1"]))
        await eventually(lambda: sorted(wire.settled_things) == ["a1", "a2", "b1", "x9"])
        assert len(place.wires) == 1
        assert place.line.unheard == 1
    assert wire.closed


async def test_when_the_leader_goes_the_next_reads_on_over_the_same_connection() -> None:
    place = Place()
    async with place.running("a", "b") as wire:
        await place.end("a")
        wire.say("b1", "b2")
        await eventually(place.all_heard(b=["b1", "b2"]))
        assert not wire.closed
        assert len(place.wires) == 1


async def test_a_device_that_changes_finds_what_came_meanwhile() -> None:
    place = Place()
    async with place.running("a", "b") as wire:
        await place.end("a")
        wire.say("a1", "b1")
        await eventually(place.all_heard(b=["b1"]))
        place.begin("a")
        wire.say("a2")
        await eventually(place.all_heard(a=["a1", "a2"]))


async def test_a_lost_line_ends_everybody_behind_what_was_heard_before() -> None:
    place = Place()
    async with place.running("a", "b") as wire:
        place.disk.clear()
        wire.say("a1", "b1")
        wire.spoken.put_nowait(None)
        await eventually(lambda: wire.closed)
        assert not place.ended
        place.disk.set()
        await eventually(lambda: set(place.ended) == {"a", "b"})
        assert {loss.fault for loss in place.ended.values()} == {"no_answer"}
        assert place.heard == {"a": ["a1"], "b": ["b1"]}
        place.begin("b")
        await eventually(lambda: len(place.wires) == 2)


async def test_a_full_box_makes_the_sender_wait_and_loses_nothing() -> None:
    place = Place()
    async with place.running("a") as wire:
        place.disk.clear()
        many = [f"a{number}" for number in range(WAITING + 100)]
        wire.say(*many)
        await eventually(lambda: wire.spoken.qsize() == 99)
        assert wire.settled_things == []
        place.disk.set()
        await eventually(place.all_heard(a=many))


async def test_who_stays_away_keeps_nobody_waiting() -> None:
    place = Place()
    async with place.running("a", "b") as wire:
        await place.end("a")
        wire.say(*[f"a{number}" for number in range(WAITING + 5)], "b1")
        await eventually(place.all_heard(b=["b1"]))
        assert len(wire.settled_things) == 5 + 1


async def test_who_stays_away_for_good_is_forgotten() -> None:
    place = Place(absent_s=0.0)
    async with place.running("a", "b") as wire:
        await place.end("a")
        wire.say("a1", "b1")
        await eventually(place.all_heard(b=["b1"]))
        await eventually(lambda: wire.wanted == {"b"})
        await eventually(lambda: sorted(wire.settled_things) == ["a1", "b1"])


async def test_a_refused_topic_ends_only_whom_it_concerns() -> None:
    place = Place(refuses=frozenset({"b"}))
    async with place.running("a", "b") as wire:
        await eventually(lambda: set(place.ended) == {"b"})
        assert place.ended["b"].fault == "unauthorised"
        wire.say("a1")
        await eventually(place.all_heard(a=["a1"]))


async def test_it_is_in_use_until_everybody_has_left() -> None:
    place = Place()
    assert place.line.in_use
    async with place.running("a"):
        assert place.line.in_use
    assert not place.line.in_use
