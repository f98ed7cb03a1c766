"""The pipeline: nothing is lost, nothing is sent twice but by a crash, and one channel never holds up another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.notify.chain import Terms
from cloud.notify.content import NoticeContent
from cloud.notify.lane import Channel, RetryPolicy
from cloud.notify.notifier import Address, NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.pace import Pace
from cloud.notify.pipeline import NoticePipeline
from cloud.people.people import People, Person, Team
from cloud.store.base import Commit, NoticeRow
from cloud.store.notice_port import NoticeChange, NoticeFilter
from cloud.store.notice_sql import SqlNoticeStore
from cloud.store.sql import SqlStateStore
from cloud.store.sql_door import SqlDoor
from tests.cloud.notify.contents import AT, row
from tests.fakes import ManualClock
from tests.waiting import eventually

EACH_ALONE = Terms(People(), Pace(group_s=0, per_minute=6000))


class Mailbox:
    """A channel whose other side is a list; `fault` is asked before each delivery."""

    def __init__(self, fault: Callable[[NoticeContent], Exception | None] = lambda _: None) -> None:
        self.taken: list[NoticeContent] = []
        self.asked: list[str] = []
        self.fault = fault
        self.held: asyncio.Event | None = None
        self.closed = False

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Takes it unless there is a fault."""
        self.asked.append(content.key)
        if self.held is not None:
            await self.held.wait()
        fault = self.fault(content)
        if fault is not None:
            raise fault
        self.taken.append(content)

    async def close(self) -> None:
        """Remembers it."""
        self.closed = True


class Unrecorded(SqlNoticeStore):
    """A store that loses the record of what was sent: the crash between sending and recording."""

    broken = False
    settled = 0

    def settle(self, change: NoticeChange) -> None:
        """Fails while broken."""
        if self.broken:
            raise StoreUnavailableError("gone")
        self.settled += 1
        super().settle(change)

    def due(self, *, now: int, limit: int) -> Sequence[NoticeRow]:
        """Fails while broken."""
        if self.broken:
            raise StoreUnavailableError("gone")
        return super().due(now=now, limit=limit)


class State(SqlStateStore):
    """The state, with notices that can break."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.notice_book: Unrecorded = Unrecorded(SqlDoor(url, busy_s=5))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    store = State(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    store.migrate()
    yield store
    store.close()


@asynccontextmanager
async def running(
    state: State, channels: dict[str, Channel], *, policy: RetryPolicy | None = None, terms: Terms = EACH_ALONE
) -> AsyncIterator[tuple[NoticePipeline, ManualClock]]:
    """A pipeline at work."""
    clock = ManualClock(AT)
    pipeline = NoticePipeline(state.notice_book, channels, clock, policy=policy, terms=terms)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pipeline.run())
        try:
            yield pipeline, clock
        finally:
            task.cancel()


def of(state: State, *words: str) -> dict[str, int]:
    """How many notices are in each of these states."""
    rows = state.notices(limit=10_000)
    return {word: sum(1 for notice in rows if notice.state == word) for word in words}


async def test_what_is_committed_is_sent_once(state: State) -> None:
    box = Mailbox()
    async with running(state, {"ops": Channel(box)}) as (pipeline, clock):
        state.commit(Commit(notices=[row()]))
        pipeline.wake()
        await eventually(lambda: of(state, "sent") == {"sent": 1})
        await clock.advance(10)
    assert box.asked == ["alarm-1:III:1:ops"]
    assert box.closed
    assert pipeline.counts == {"ops": {"sent": 1}}


async def test_old_notices_are_forgotten_when_they_are_done_and_never_before(state: State) -> None:
    old = AT - 100 * 86_400_000
    sent, waiting = (replace(row(number), created_at=old, due_at=old) for number in (1, 2))
    state.commit(Commit(notices=[replace(sent, state="sent"), replace(waiting, due_at=AT + 10**9), row(3)]))
    async with running(state, {"ops": Channel(Mailbox())}):
        await eventually(lambda: of(state, "pending", "sent") == {"pending": 1, "sent": 1})
    assert {notice.alarm for notice in state.notices(limit=9)} == {waiting.alarm, row(3).alarm}


async def test_a_channel_out_of_order_is_tried_again_and_loses_nothing(state: State) -> None:
    box = Mailbox(lambda _: NoticeLinkError("answered 500"))
    state.commit(Commit(notices=[row(number) for number in range(5)]))
    async with running(state, {"ops": Channel(box)}, policy=RetryPolicy(base_s=0, cap_s=1)) as (_, clock):
        await eventually(lambda: len(box.asked) == 1)
        await eventually(lambda: not state.notice_book.due(now=clock.now_ms(), limit=9))
        assert len(box.asked) == 1, "the others wait behind the first"
        box.fault = lambda _: None
        await eventually(lambda: _advanced(clock, lambda: of(state, "sent") == {"sent": 5}))
    assert sorted({content.key for content in box.taken}) == sorted(f"alarm-{number}:III:1:ops" for number in range(5))
    assert len(box.taken) == 5


async def test_what_is_never_taken_fails_visibly(state: State) -> None:
    boxes = {"ops": Mailbox(lambda _: NoticeLinkError("no")), "duty": Mailbox(lambda _: NoticeRefusedError("never"))}
    state.commit(Commit(notices=[row(1), row(2, channel="duty"), row(3, channel="gone")]))
    policy = RetryPolicy(base_s=0, cap_s=1, attempts=3)
    channels = {name: Channel(box) for name, box in boxes.items()}
    async with running(state, channels, policy=policy) as (_, clock):
        await eventually(lambda: _advanced(clock, lambda: of(state, "failed") == {"failed": 3}))
    errors = {notice.channel: (notice.attempts, notice.error) for notice in state.notices(limit=9)}
    assert errors == {"ops": (3, "no"), "duty": (1, "never"), "gone": (0, "no channel gone is configured")}


async def test_a_bug_in_a_channel_is_logged_and_tried_again(state: State, caplog: pytest.LogCaptureFixture) -> None:
    box = Mailbox(lambda _: ZeroDivisionError("boom"))
    broken = NoticeRow("bad", "alarm-9", "ops", "{}", AT, AT)
    state.commit(Commit(notices=[row(), broken]))
    async with running(state, {"ops": Channel(box)}, policy=RetryPolicy(base_s=0, cap_s=1, attempts=2)) as (_, clock):
        await eventually(lambda: _advanced(clock, lambda: of(state, "failed") == {"failed": 2}))
    assert "notice attempt faulted" in caplog.text


async def test_a_slow_channel_holds_up_nobody_else(state: State) -> None:
    slow, quick = Mailbox(), Mailbox()
    slow.held = asyncio.Event()
    state.commit(Commit(notices=[row(1, channel="slow"), row(2, channel="quick")]))
    async with running(state, {"slow": Channel(slow), "quick": Channel(quick)}) as (pipeline, clock):
        await eventually(lambda: of(state, "sent") == {"sent": 1})
        state.commit(Commit(notices=[row(3, channel="quick")]))
        pipeline.wake()
        await eventually(lambda: of(state, "sent") == {"sent": 2})
        await clock.advance(3)
        assert slow.asked == ["alarm-1:III:1:slow"], "nothing is asked twice while it is under way"
        slow.held.set()
        await eventually(lambda: of(state, "sent") == {"sent": 3})


async def test_a_flood_of_alarms_is_limited_delayed_and_complete(state: State) -> None:
    box = Mailbox()
    state.commit(Commit(notices=[row(number, severity=3) for number in range(30)]))
    async with running(state, {"ops": Channel(box, per_minute=60)}) as (pipeline, clock):
        await eventually(lambda: of(state, "sent") == {"sent": 20})
        state.commit(Commit(notices=[row(999, severity=1)]))
        pipeline.wake()
        await eventually(lambda: pipeline.in_hand == 11)
        await eventually(lambda: _advanced(clock, lambda: len(box.taken) > 20), within_s=20)
        assert box.taken[20].key.startswith("alarm-999:"), "the gravest goes first"
        await eventually(lambda: _advanced(clock, lambda: of(state, "sent") == {"sent": 31}), within_s=30)
        assert clock.monotonic() >= 10
    assert len({content.key for content in box.taken}) == 31


async def test_a_crash_before_the_record_repeats_once_with_the_same_key(state: State) -> None:
    box = Mailbox()
    box.held = asyncio.Event()
    state.commit(Commit(notices=[row()]))
    async with running(state, {"ops": Channel(box)}) as (pipeline, clock):
        await eventually(lambda: box.asked)
        state.notice_book.broken = True
        box.held.set()
        await eventually(lambda: box.taken)
        await eventually(lambda: clock.sleepers)
        await clock.advance(5)
        pipeline.wake()
    state.notice_book.broken = False
    async with running(state, {"ops": Channel(box)}):
        await eventually(lambda: of(state, "sent") == {"sent": 1})
    assert [content.key for content in box.taken] == ["alarm-1:III:1:ops"] * 2


async def test_a_crash_repeats_a_digest_once_and_puts_nothing_into_another_one(state: State) -> None:
    box = Mailbox()
    state.commit(Commit(notices=[row(number, channel="team:desk") for number in range(40)]))
    an = Person.model_validate({"id": "an", "name": "An", "channels": ("ops",)})
    desk = Team.model_validate({"id": "desk", "name": {"vi": "Trực", "en": "Duty"}, "otherwise": "person:an"})
    terms = Terms(People({"an": an}, {"desk": desk}), Pace())
    box.held = asyncio.Event()
    async with running(state, {"ops": Channel(box)}, terms=terms):
        await eventually(lambda: box.asked)
        state.notice_book.broken = True
        box.held.set()
        await eventually(lambda: len(box.taken) == 4)
    state.notice_book.broken = False
    state.commit(Commit(notices=[row(number, channel="person:an", at=AT - 1) for number in range(40, 60)]))
    async with running(state, {"ops": Channel(box)}, terms=terms) as (_, clock):
        await eventually(lambda: _advanced(clock, lambda: not of(state, "pending")["pending"]))
    digests = {content.key: content.count for content in box.taken if content.kind == "digest"}
    assert max(Counter(content.key for content in box.taken).values()) == 2
    assert sum(digests.values()) + len({each.key for each in box.taken} - digests.keys()) == 60
    assert of(state, "shared", "failed") == {"shared": 40, "failed": 0}


async def _advanced(clock: ManualClock, condition: Callable[[], bool]) -> bool:
    """Lets a second pass and looks."""
    if not condition():
        await clock.advance(1)
    return condition()


async def test_a_channel_that_fails_is_out_of_order_until_it_takes_one(state: State) -> None:
    box = Mailbox(lambda _: NoticeLinkError("no"))
    terms = Terms(People(), Pace(outage_attempts=3))
    state.commit(Commit(notices=[row(), row(2, channel="quiet")]))
    channels = {"ops": Channel(box), "quiet": Channel(Mailbox()), "idle": Channel(Mailbox())}
    policy = RetryPolicy(base_s=0, cap_s=1)
    async with running(state, channels, policy=policy, terms=terms) as (pipeline, clock):
        await eventually(lambda: of(state, "sent") == {"sent": 1} and len(box.asked) == 1)
        await eventually(lambda: _advanced(clock, lambda: bool(pipeline.outages["ops"])))
        assert len(box.asked) == 3
        assert pipeline.outages == {"ops": AT, "quiet": 0, "idle": None}
        box.fault = lambda _: None
        await eventually(lambda: _advanced(clock, lambda: of(state, "sent") == {"sent": 2}))
        assert pipeline.outages["ops"] == 0


async def test_what_a_channel_cannot_take_by_its_own_fault_goes_the_next_way_and_is_told_at_once(state: State) -> None:
    boxes = {"zalo": Mailbox(lambda _: NoticeMisconfiguredError("token expired")), "sms": Mailbox()}
    an = Person.model_validate({"id": "an", "name": "An", "phone": "0912345678", "channels": ("zalo", "sms")})
    state.commit(Commit(notices=[replace(row(number, channel="person:an"), severity=1) for number in range(3)]))
    terms = Terms(People({"an": an}), Pace(per_minute=60))
    async with running(state, {name: Channel(box) for name, box in boxes.items()}, terms=terms) as (pipeline, _):
        await eventually(lambda: of(state, "sent") == {"sent": 3})
        assert pipeline.outages == {"zalo": AT, "sms": 0}
    assert len(boxes["zalo"].asked) == 1, "the others do not try it"
    assert len(boxes["sms"].taken) == 3
    tried = Counter(
        (each.channel, each.outcome) for each in state.notice_book.attempts([row.key for row in rows(state)])
    )
    assert tried == {("zalo", "misconfigured"): 1, ("zalo", "passed"): 2, ("sms", "sent"): 3}


async def test_thousands_of_notices_are_settled_in_a_few_commits(state: State) -> None:
    box = Mailbox()
    state.commit(Commit(notices=[row(number, severity=1 + number % 4) for number in range(2000)]))
    async with running(state, {"ops": Channel(box)}, terms=Terms()) as (_, clock):
        await eventually(lambda: _advanced(clock, lambda: not state.notice_book.counts().get("pending")))
    assert state.notice_book.counts() == {
        "sent": len(box.taken),
        "digest": 2000 - sum(each.count == 1 for each in box.taken),
    }
    assert sum(each.count for each in box.taken) == 2000
    assert len(box.taken) <= 8
    assert state.notice_book.settled <= 20


def rows(state: State) -> Sequence[NoticeRow]:
    """Every notice."""
    return state.notice_book.page(NoticeFilter(), before=None, limit=10_000)
