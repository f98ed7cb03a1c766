"""Several listeners, one connection: the first one there leads, and when it ends the next takes over.

```
               leader: open, want, receive ─┬─▶ box of d1 ─ take ─▶ outbox ─┐
  line ══════▶ (d1's listen; then d2's ...) ├─▶ box of d2 ─ take ─▶ outbox ─┼─▶ settled: may be acknowledged
                                            └─▶ box of d3 ─ take ─▶ outbox ─┘
```

A device that comes, goes or changes interrupts nobody: the line stays open as long as somebody hears through it. When
it is lost, each listener delivers what it still has and ends with the same LinkError; the supervisor begins again.
Boxes are bounded: when one is full, the leader waits, and so does whoever sends.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from edge_agent.connector import LinkError
from edge_agent.racing import first_of

T = TypeVar("T")

WAITING = 256  # things in one box
AT_ONCE = 64  # things that are taken in one piece: one fsync
DRAIN_S = 5.0  # for what was heard before the line was lost
ABSENT_S = 60.0  # a device that is configured anew, or rests after a fault, is back much sooner
REFUSED = "unauthorised"


class Line(Protocol[T]):
    """An open connection or socket that several devices are heard through."""

    async def want(self, topics: frozenset[str]) -> frozenset[str]:
        """Asks for these from now on, and for nothing else; gives those that the other side refuses."""

    async def receive(self) -> T:
        """The next thing heard, LinkError when the line is lost; to cancel it loses nothing."""

    def settled(self, item: T) -> None:
        """Everybody whom it concerns has it on disk, or it concerns nobody: it may be acknowledged, if still open."""

    async def close(self) -> None:
        """Lets go of it; never raises."""


@dataclass(frozen=True, slots=True)
class Hearer(Generic[T]):
    """Who hears: `take` returns when what it was given is on disk, and never ends because of what it was given."""

    name: str
    concerns: Callable[[T], bool]
    take: Callable[[Sequence[T]], Awaitable[None]]
    topics: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class _Handed(Generic[T]):
    """Something heard, and how many have not got it on disk yet."""

    item: T
    line: Line[T]
    left: int

    def settle(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.line.settled(self.item)


@dataclass(slots=True, eq=False)
class _Box(Generic[T]):
    """What waits for one hearer; it stays for a while when the hearer ends, for the next one of the same name."""

    hearer: Hearer[T]
    waiting: deque[_Handed[T]] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    loss: LinkError | None = None
    left_at: float | None = None

    @property
    def keeps_waiting(self) -> bool:
        """Whether whoever hands out must wait; an absent hearer keeps nobody waiting."""
        return len(self.waiting) >= WAITING and self.left_at is None

    def put(self, handed: _Handed[T]) -> None:
        if len(self.waiting) >= WAITING:
            self.waiting.popleft().settle()
        self.waiting.append(handed)
        self.empty.clear()
        self.news.set()

    async def hand_over(self) -> None:
        """Gives the hearer what waits, some at once, for ever; what it did not finish waits again."""
        while True:
            self.news.clear()
            if not self.waiting:
                self.empty.set()
                await self.news.wait()
            some = [self.waiting[number] for number in range(min(AT_ONCE, len(self.waiting)))]
            await self.hearer.take([handed.item for handed in some])
            for handed in some:
                self.waiting.popleft()
                handed.settle()
            self.room.set()

    def end(self, loss: LinkError) -> None:
        """Lets the hearer end with this loss, as soon as it has what was heard before."""
        self.loss = loss
        self.lost.set()

    async def ends(self) -> None:
        await self.lost.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await self.empty.wait()
        raise self.loss or LinkError("no_answer", "the line is lost")


class SharedLine(Generic[T]):
    """The one connection of several listeners; to be kept in `Surroundings.wires` under everything that makes it."""

    def __init__(self, open_line: Callable[[], Awaitable[Line[T]]], *, absent_s: float = ABSENT_S) -> None:
        self._open = open_line
        self._absent_s = absent_s
        self._line: Line[T] | None = None
        self._boxes: dict[str, _Box[T]] = {}
        self._lead_lock = asyncio.Lock()
        self._members_changed = asyncio.Event()
        self._in_hand: list[T] = []  # received, and not in any box yet
        self._was_used = False
        self.unheard = 0  # things that concerned nobody, or somebody who stayed away

    @property
    def in_use(self) -> bool:
        """Whether somebody hears through it, or is still expected to begin."""
        return not self._was_used or bool(self._present())

    @property
    def line(self) -> Line[T] | None:
        """The open line, for who wants to say something on it."""
        return self._line

    async def listen(self, hearer: Hearer[T]) -> None:
        """Hears until cancelled; LinkError when the line is lost, or refuses what this hearer asks for."""
        box = self._join(hearer)
        try:
            await first_of(self._lead(), box.hand_over(), box.ends())
        finally:
            self._leave(box)
            if not self._present():
                await self._close()

    def _present(self) -> list[_Box[T]]:
        return [box for box in self._boxes.values() if box.left_at is None]

    def _join(self, hearer: Hearer[T]) -> _Box[T]:
        """The box of this hearer, with what still waited for one of the same name."""
        box = _Box(hearer)
        before = self._boxes.get(hearer.name)
        if before is not None and before.left_at is not None:
            box.waiting.extend(before.waiting)
        self._boxes[hearer.name] = box
        self._was_used = True
        self._members_changed.set()
        return box

    def _leave(self, box: _Box[T]) -> None:
        box.left_at = _now()
        box.room.set()  # nobody shall wait for who is not there
        self._members_changed.set()

    async def _lead(self) -> None:
        """Waits for its turn, then reads for everybody."""
        async with self._lead_lock:
            try:
                if self._line is None:
                    self._line = await self._open()
                self._members_changed.set()
                await first_of(self._read(self._line), self._ask(self._line))
            except LinkError as loss:
                await self._close()
                for box in self._present():
                    box.end(loss)
                await asyncio.Event().wait()  # ends with the others

    async def _ask(self, line: Line[T]) -> None:
        """Tells the other side what everybody wants, whenever somebody comes or goes."""
        while True:
            await self._members_changed.wait()
            self._members_changed.clear()
            self._forget_absent()
            boxes = list(self._boxes.values())
            refused = await line.want(frozenset().union(*(box.hearer.topics for box in boxes)))
            for box in boxes:
                if not refused.isdisjoint(box.hearer.topics):
                    told = ", ".join(sorted(refused & box.hearer.topics))
                    box.end(LinkError(REFUSED, f"the other side refuses {told}"))

    async def _read(self, line: Line[T]) -> None:
        while True:
            if not self._in_hand:
                self._in_hand.append(await line.receive())
            await self._hand_out(line, self._in_hand[0])
            self._in_hand.clear()

    async def _hand_out(self, line: Line[T], item: T) -> None:
        """Waits for room in every box that it concerns, then puts it into all in one step."""
        boxes = self._concerned(item)
        while full := next((box for box in boxes if box.keeps_waiting), None):
            full.room.clear()
            await full.room.wait()
            boxes = self._concerned(item)
        if not boxes:
            self.unheard += 1
            line.settled(item)
        handed = _Handed(item, line, len(boxes))
        for box in boxes:
            box.put(handed)

    def _concerned(self, item: T) -> list[_Box[T]]:
        self._forget_absent()
        return [box for box in self._boxes.values() if box.hearer.concerns(item)]

    def _forget_absent(self) -> None:
        for name, box in list(self._boxes.items()):
            if box.left_at is not None and _now() - box.left_at > self._absent_s:
                del self._boxes[name]
                self._members_changed.set()
                self.unheard += len(box.waiting)
                _settle_all(box.waiting)

    async def _close(self) -> None:
        line, self._line = self._line, None
        self._in_hand.clear()
        if line is not None:
            await line.close()


def _settle_all(handed: Collection[_Handed[T]]) -> None:
    for each in handed:
        each.settle()


def _now() -> float:
    return asyncio.get_running_loop().time()
