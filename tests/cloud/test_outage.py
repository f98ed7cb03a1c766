"""Any interleaving of windows, outages of the store, crashes and repetitions: judged once, and stored in the end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alarms.book import AlarmBook
from cloud.errors import StoreUnavailableError
from cloud.indices.flood_level import PROFILE as INDEX
from cloud.ingest.intake import Admitted
from cloud.ingest.ranges import size_of_ranges
from cloud.ingest.recall import PATIENCE_S, Recall
from cloud.ingest.window import Window
from cloud.recorder import Recorder
from cloud.rollups.marks import Marks
from cloud.rules.judge import Judge, Judgement
from cloud.rules.platform import Report, Trouble
from cloud.rules.rule_set import rule_set
from cloud.store.base import AccountRow, AlarmFilter, AlarmRow, Columns, Commit, RuleStateRow
from cloud.store.sql import SqlStateStore
from device_profiles.wire import Channel
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule
from tests.fakes import ManualClock

EPOCH = "0" * 15 + "a"
RULE = rule(index="flood_level")
LEVELS = (29.0, 30.5, 29.96, 31.5, 29.0, 32.5, 30.97, 28.0, 31.2)
IDENTITIES = st.lists(st.integers(1, len(LEVELS)), min_size=1, max_size=4)


class DictState(SqlStateStore):
    """What a restart finds, in dictionaries; a commit may fail before or after it is kept."""

    def __init__(self) -> None:
        super().__init__("sqlite:///nowhere.sqlite3")  # never opened
        self.kept = Kept()
        self.rows: dict[tuple[str, str], AccountRow] = {}
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.fault = ""

    def commit(self, change: Commit) -> None:
        """Keeps all of it, unless the test says otherwise, once."""
        fault, self.fault = self.fault, ""
        if fault == "before":
            raise StoreUnavailableError("gone")
        self.rows.update({(row.gateway, row.epoch): row for row in change.accounts})
        self.counts.update(change.point_counts)
        self.kept.keep(Judgement(change.rule_states, change.alarms, change.history, change.notices))
        if fault == "after":
            raise StoreUnavailableError("the answer got lost")

    def accounts(self) -> Sequence[AccountRow]:
        """The ledger."""
        return list(self.rows.values())

    def rule_states(self) -> Sequence[RuleStateRow]:
        """Where the rules stand."""
        return list(self.kept.states.values())

    def alarms(self, wanted: AlarmFilter, *, before: str | None, limit: int) -> Sequence[AlarmRow]:
        """The open ones."""
        return [row for row in self.kept.alarms.values() if row.open]


class Bench:
    """A gateway with numbered readings, a recorder, a store that comes and goes; beside it a judge without outages."""

    def __init__(self) -> None:
        self.state, self.clock, self.reference = DictState(), ManualClock(START + 60 * MINUTE), Kept()
        self.stored: set[tuple[str, int]] = set()
        self.is_up, self.loses_derived = True, False
        self.first_seen: set[int] = set()
        self.start()

    def start(self) -> None:
        """The centre starts, perhaps after a crash."""
        self.recorder = Recorder(
            self.state,
            lambda: Judge(rule_set([RULE]), AlarmBook()),
            clock=self.clock,
            keep=self.keep,
            announce=lambda _: None,
            marks=Marks(settle_ms=0, refresh_ms=0),
        )

    async def keep(self, columns: Sequence[Columns]) -> None:
        """The store takes derived points, or goes away just now."""
        if self.loses_derived:
            self.is_up = self.loses_derived = False
        if not self.is_up:
            raise StoreUnavailableError("gone")
        self.stored |= {(each.profile, at) for each in columns for at in each.times}

    def columns(self, number: int) -> Columns:
        """The reading of batch `number`."""
        return block([(START + number * MINUTE, LEVELS[number - 1])])

    async def send(self, numbers: Sequence[int]) -> None:
        """One window, as the flow treats it: stored or held, judged, committed, tried again when the commit fails."""
        await self.recorder.open()
        now = self.clock.now_ms()
        window = Window()
        for number in numbers:
            columns = [] if self.recorder.ledger.has("gw-1", EPOCH, number) else [self.columns(number)]
            window.add(Admitted("gw-1", Channel.READINGS, EPOCH, number, number - 1, now, columns, size=1))
        if self.is_up:
            self.stored |= {(each.profile, at) for each in window.columns() for at in each.times}
        else:
            window.hold()
        while True:
            try:
                settled = await self.recorder.settle(window, received_at=now)
                break
            except StoreUnavailableError:
                continue
        new = [number for number in dict.fromkeys(numbers) if number not in self.first_seen]
        self.first_seen.update(new)
        self.reference.keep(self.reference.judge(RULE).observe(list(map(self.columns, new)), received_at=now))
        receipt = self.recorder.ledger.receipt(("gw-1", EPOCH), settled.settlements)
        assert bool(receipt.held) <= (not self.is_up), "with the store there nothing is held"

    def check(self) -> None:
        """The identity, and nothing that is called stored is missing in the store."""
        ledger = self.recorder.ledger
        terms = ledger.terms()
        assert terms.accepted == terms.stored + terms.dead_lettered + terms.dropped + terms.awaited
        held = ledger.held().get(("gw-1", EPOCH), [])
        assert sum(self.state.counts.values()) == terms.stored
        assert size_of_ranges(held) + terms.stored == len(self.first_seen)
        for number in range(1, len(LEVELS) + 1):
            if ledger.has("gw-1", EPOCH, number):
                at = START + number * MINUTE
                assert {("river_gauge_radar", at), (INDEX, at)} <= self.stored


STEPS: st.SearchStrategy[tuple[str, list[int]]] = st.one_of(
    st.tuples(st.just("send"), IDENTITIES),
    st.tuples(st.just("send"), IDENTITIES),
    st.tuples(st.sampled_from(["up", "down", "crash", "before", "after", "derived"]), st.just([])),
)


async def play(steps: list[tuple[str, list[int]]]) -> Bench:
    """All steps; then the store comes back, and everything that is held is asked for."""
    bench = Bench()
    for what, numbers in steps:
        if what == "send":
            await bench.send(numbers)
            bench.check()
        elif what in ("up", "down"):
            bench.is_up = what == "up"
        elif what == "crash":
            bench.start()
        elif what == "derived":
            bench.loses_derived = bench.is_up
        else:
            bench.state.fault = what
    bench.is_up, bench.loses_derived, now, recall = True, False, 0.0, Recall(2)
    await bench.recorder.open()
    while held := bench.recorder.ledger.held():
        for _, ranges in recall.due(held, now := now + PATIENCE_S):
            await bench.send([number for first, last in ranges for number in range(first, last + 1)])
    await bench.send(range(1, len(LEVELS) + 1))
    bench.check()
    return bench


@settings(max_examples=120, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_every_batch_is_judged_once_and_stored_in_the_end(steps: list[tuple[str, list[int]]]) -> None:
    bench = asyncio.run(play(steps))
    assert bench.recorder.ledger.terms().stored == len(LEVELS)
    assert bench.state.kept.history == bench.reference.history
    assert bench.state.kept.alarms == bench.reference.alarms
    assert bench.state.kept.states == bench.reference.states


async def test_the_alarm_of_the_platform_is_raised_once_survives_a_crash_and_is_cleared_once() -> None:
    bench = Bench()
    trouble = Trouble("away", bench.clock.now_ms())
    for _ in range(2):
        await bench.recorder.platform(Report([trouble]))
        bench.start()
        await bench.recorder.tick()
    await bench.recorder.platform(Report([Trouble("refused", trouble.since)]))
    await bench.recorder.platform(Report())
    await bench.recorder.platform(Report())
    story = [(line.what, bench.state.kept.alarms[line.alarm].rule) for line in bench.state.kept.history]
    assert story == [
        ("raised", "platform_store_away"),
        ("cleared", "platform_store_away"),
        ("raised", "platform_store_refused"),
        ("cleared", "platform_store_refused"),
    ]
