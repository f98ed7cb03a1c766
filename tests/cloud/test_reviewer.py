"""Late readings through the centre's own parts and real databases: the past is put right, and nobody is paged."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest

from cloud.alarms.book import AlarmBook
from cloud.alarms.chronicle import Entry, chronicle
from cloud.app import Centre
from cloud.errors import StoreUnavailableError
from cloud.ingest.intake import Admitted
from cloud.ingest.window import Window
from cloud.metrics import Metric, Metrics
from cloud.notify.content import NoticeContent
from cloud.recorder import Recorder
from cloud.reviewer import Reviewer, ReviewTerms
from cloud.rollups.marks import Marks
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.store.base import Columns, RawColumn, SeriesKey
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.clock import SystemClock
from device_profiles.schema import PointType
from device_profiles.wire import Channel
from tests.cloud.rules.builders import FLOOD, rule
from tests.cloud.stage import DEVICE, EPOCH, GATEWAY, PROFILE, running, scripted, settings_for
from tests.fakes import YAGI_MS, ManualClock
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

MINUTE = 60_000
HOUR = 60 * MINUTE
LATE_S = 900.0
SUMS = [{"name": "I", "severity": 3, "above": 180.0, "clear": 178.0}]
RULES = [
    rule("level"),
    rule("held", kind={"kind": "threshold", "unit": "m", "hold_s": 1200, "levels": FLOOD}),
    rule("hour", kind={"kind": "window", "unit": "m", "figure": "sum", "window_s": 3600, "levels": SUMS}),
    rule("mean", kind={"kind": "window", "unit": "m", "figure": "mean", "window_s": 1800, "levels": FLOOD}),
]


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own."""
    with run_mosquitto() as server:
        yield server


class Readings(SqliteStore):
    """A database of readings that a test can take away, or interrupt."""

    fault = ""
    interrupt: Callable[[], object] | None = None

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The readings, unless the test says otherwise."""
        if self.fault:
            raise StoreUnavailableError(self.fault)
        column = await super().raw(key, begin=begin, end=end)
        if self.interrupt is not None:
            interrupt, self.interrupt = self.interrupt, None
            await interrupt()  # type: ignore[misc]
        return column


class Bench:
    """Recorder, reviewer and their two databases; `kill` begins anew with what is on disk."""

    def __init__(self, folder: Path, rules: Sequence[Rule] = RULES) -> None:
        folder.mkdir(exist_ok=True)
        self.rules = rules
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.readings = Readings(folder / "readings.sqlite3")
        self.clock, self.metrics, self.sequence = ManualClock(), Metrics(), 0
        self.kill()

    def kill(self) -> None:
        """Whatever was in memory is gone."""
        self.recorder = Recorder(
            self.state,
            lambda: Judge(rule_set(self.rules), AlarmBook(), notices=NoticeOptions(("ops",), LATE_S)),
            clock=self.clock,
            keep=self._keep,
            announce=lambda judgement: None,
            marks=Marks(settle_ms=0, refresh_ms=0),
        )
        self.reviewer = self.reviewing(ReviewTerms(5, 600))

    def reviewing(self, terms: ReviewTerms) -> Reviewer:
        """A reviewer who waits for so long."""
        return Reviewer(
            self.recorder, self.readings, self.state.pasts, clock=self.clock, metrics=self.metrics, terms=terms
        )

    async def arrive(self, *readings: tuple[int, float], held: bool = False, sequence: int = 0) -> None:
        """Readings arrive in one batch, now."""
        self.sequence += 1
        number, now = sequence or self.sequence, self.clock.now_ms()
        times, values = [at for at, _ in readings], [value for _, value in readings]
        block = Columns(
            "yen-bai", GATEWAY, DEVICE, PROFILE, times, {"level_m": list(values)}, {}, {"level_m": PointType.FLOAT}
        )
        window = Window()
        window.add(Admitted(GATEWAY, Channel.BACKLOG, EPOCH, number, number - 1, now, [block], size=len(times)))
        if held:
            window.hold()
        else:
            await self.readings.write([block], [])
        await self.recorder.settle(window, received_at=now)

    async def at(self, moment: int) -> None:
        """Lets the time come."""
        await self.clock.advance(max(0, moment - self.clock.now_ms()) / 1000)

    async def review(self) -> int:
        """Waits until nothing comes late any more, and looks again; says how much there was."""
        await self.clock.advance(6)
        return await self.reviewer.turn()

    def told(self, name: str) -> list[Entry]:
        """What is known of a rule's alarms."""
        _, lines = self.state.pasts.past(name, GATEWAY, DEVICE, since=0)
        levels = next([level.name for level in each.kind.levels] for each in self.rules if each.id == name)
        return chronicle(lines, levels)

    async def _keep(self, columns: Sequence[Columns]) -> None:
        await self.readings.write(columns, [])


@asynccontextmanager
async def bench_in(folder: Path, rules: Sequence[Rule] = RULES) -> AsyncIterator[Bench]:
    """A bench whose databases are open."""
    bench = Bench(folder, rules)
    await bench.readings.open()
    try:
        yield bench
    finally:
        bench.state.close()
        await bench.readings.close()


async def in_order(folder: Path, readings: Sequence[tuple[int, float]]) -> dict[str, list[Entry]]:
    """What each rule tells of readings that arrive when they are read."""
    async with bench_in(folder) as bench:
        for reading in sorted(readings):
            await bench.at(reading[0])
            await bench.arrive(reading)
        return {each.id: bench.told(each.id) for each in RULES}


async def send_backlog(bench: Bench, away: Sequence[tuple[int, float]]) -> None:
    """Sends readings hours late: shuffled, most of them twice, with the centre killed and reviews in between."""
    chance = random.Random(3)
    blocks = [sorted(chance.sample(away, 6)) for _ in range(12)] + [away[n : n + 4] for n in range(0, len(away), 4)]
    chance.shuffle(blocks)
    for number, block in enumerate(blocks):
        await bench.arrive(*block)
        if number % 5 == 0:
            bench.kill()
            await bench.recorder.open()
        if number % 7 == 0:
            await bench.review()
    while await bench.review():
        pass


def flood() -> list[tuple[int, float]]:
    """Nine hours of a flood that comes, ripples, and goes, every ten minutes."""
    chance = random.Random(7)
    levels = [28 + 4.5 * min(n, 54 - n) / 27 + chance.uniform(-0.4, 0.4) for n in range(54)]
    return [(YAGI_MS + n * 10 * MINUTE, round(level, 2)) for n, level in enumerate(levels)]


async def test_a_backlog_of_six_hours_makes_the_history_of_delivery_in_order(tmp_path: Path) -> None:
    event = flood()
    prompt = await in_order(tmp_path / "prompt", event)
    assert all(prompt.values())
    async with bench_in(tmp_path / "late") as late:
        for reading in (*event[:6], *event[42:]):  # six hours without the link
            await late.at(reading[0])
            await late.arrive(reading)
        await send_backlog(late, event[6:42])
        assert {each.id: late.told(each.id) for each in RULES} == prompt
        for notice in late.state.notices(limit=1000):
            content = msgspec.json.decode(notice.body, type=NoticeContent)
            assert notice.created_at - content.observed_at <= LATE_S * 1000
        assert late.metrics.value(Metric.REVIEWS) > len(RULES)
        assert not [row for row in late.state.rule_states() if row.rule.startswith("@review")]


async def test_readings_that_a_gateway_holds_are_waited_for(tmp_path: Path) -> None:
    async with bench_in(tmp_path) as bench:
        late = [(YAGI_MS - 20 * MINUTE, 31.5), (YAGI_MS - 10 * MINUTE, 29.0)]
        await bench.arrive((YAGI_MS, 29.0))
        await bench.arrive(*late, held=True)
        assert await bench.review() == 0
        assert bench.recorder.reviews() == len(RULES)
        await bench.arrive(*late, sequence=2)
        assert await bench.review() == len(RULES)
        assert [(entry.what, entry.level) for entry in bench.told("level")] == [("raised", "II"), ("cleared", "II")]


async def test_a_store_that_is_away_is_asked_again(tmp_path: Path) -> None:
    async with bench_in(tmp_path) as bench:
        await bench.arrive((YAGI_MS, 29.0))
        await bench.arrive((YAGI_MS - 20 * MINUTE, 31.5))
        bench.readings.fault = "gone"
        with pytest.raises(StoreUnavailableError):
            await bench.review()
        bench.readings.fault = ""
        assert await bench.review() == len(RULES)
        assert await bench.review() == 0
        assert [entry.what for entry in bench.told("level")] == ["raised", "cleared"]


async def test_what_never_falls_quiet_is_looked_at_after_a_while(tmp_path: Path) -> None:
    async with bench_in(tmp_path, RULES[:1]) as bench:
        await bench.arrive((YAGI_MS, 29.0))
        bench.reviewer = bench.reviewing(ReviewTerms(5, 40))
        for second in range(0, 42, 4):
            await bench.arrive((YAGI_MS - 20 * MINUTE + second, 31.5))
            assert await bench.reviewer.turn() == (second == 40)
            await bench.clock.advance(4)


async def test_what_is_no_longer_stored_is_not_judged_again(tmp_path: Path) -> None:
    async with bench_in(tmp_path, RULES[:1]) as bench:
        raised = (YAGI_MS - 25 * HOUR, 31.5)
        await bench.arrive(raised, (YAGI_MS - 10 * HOUR, 29.0))
        before = bench.told("level")
        await bench.readings.purge(begin=0, end=YAGI_MS - 24 * HOUR)
        await bench.arrive((YAGI_MS - 26 * HOUR, 28.0), (YAGI_MS - 12 * HOUR, 30.5))
        bench.reviewer = bench.reviewing(ReviewTerms(5, 600, kept_days=1))
        assert await bench.review() == 1
        assert [entry.what for entry in before] == ["raised", "cleared"]
        assert [(entry.what, entry.level) for entry in bench.told("level")] == [
            ("raised", "II"), ("eased", "I"), ("cleared", "I"),
        ]  # fmt: skip


async def test_a_rule_that_breaks_over_a_review_stops_alone(tmp_path: Path) -> None:
    async with bench_in(tmp_path, RULES[:2]) as bench:
        await bench.arrive((YAGI_MS - HOUR, 31.5), (YAGI_MS, 29.0))
        await bench.arrive((YAGI_MS - 20 * MINUTE, 31.5))
        bench.recorder.guard("level", lambda: 1 // 0)  # type: ignore[arg-type]
        assert await bench.review() == 2
        assert "ZeroDivisionError" in bench.recorder.rule_faults()["level"]
        await bench.recorder.tick()
        while await bench.review():
            pass
        assert bench.recorder.reviews() == 0


@pytest.mark.parametrize("newer", [(YAGI_MS + MINUTE, 32.5), (YAGI_MS - 15 * MINUTE, 29.0)])
async def test_what_comes_during_a_review_is_not_lost(tmp_path: Path, newer: tuple[int, float]) -> None:
    early = [(YAGI_MS, 29.0), (YAGI_MS - 20 * MINUTE, 31.5)]
    prompt = await in_order(tmp_path / "prompt", [*early, newer])
    async with bench_in(tmp_path / "late") as bench:
        for reading in early:
            await bench.arrive(reading)
        bench.readings.interrupt = partial(bench.arrive, newer)
        while await bench.review():
            pass
        assert bench.metrics.value(Metric.REVIEWS_AGAIN) == 1
        assert {each.id: bench.told(each.id) for each in RULES} == prompt


@pytest.mark.scenario
async def test_the_running_centre_records_what_a_gateway_sends_after_hours(tmp_path: Path, broker: Server) -> None:
    centre = Centre(settings_for(tmp_path, broker))
    now = SystemClock().now_ms()
    async with running(centre), scripted(broker) as gateway:
        await gateway.be_born()
        await gateway.measure(28.0, at=now)
        times = [now - 6 * HOUR + minute * MINUTE for minute in range(0, 60, 10)]
        backlog = gateway.batch({"level_m": [28.0, 30.5, 31.0, 30.2, 29.0, 28.5]}, times)
        await gateway.send(backlog, Channel.BACKLOG)
        await gateway.until_settled(1, 2)
        recorder = centre.house.parts.recorder
        prompt = Reviewer(
            recorder,
            centre.store,
            centre.state.pasts,
            clock=centre.clock,
            metrics=centre.metrics,
            terms=ReviewTerms(0.0, 0.0),
        )
        await prompt.turn()
        await eventually(lambda: recorder.reviews() == 0)
        _, lines = centre.state.pasts.past("river_high", GATEWAY, DEVICE, since=0)
        assert [(line.what, line.observed_at) for line in lines] == [("missed", times[1]), ("missed_end", times[4])]
        assert not centre.state.notices(limit=9)


TWO: dict[str, object] = {
    "kind": "n_of_m", "unit": "m", "condition": {"above": 30}, "within_s": 3600,
    "levels": [{"name": "two", "severity": 2, "above": 2}],
}  # fmt: skip


def of(device: str, at: int, value: float) -> Columns:
    """One reading of a gauge."""
    return Columns("yen-bai", GATEWAY, device, PROFILE, [at], {"level_m": [value]}, {}, {"level_m": PointType.FLOAT})


async def give(bench: Bench, *columns: Columns) -> None:
    """Readings of several gauges arrive, now."""
    bench.sequence += 1
    number, now = bench.sequence, bench.clock.now_ms()
    window = Window()
    window.add(Admitted(GATEWAY, Channel.BACKLOG, EPOCH, number, number - 1, now, list(columns), size=len(columns)))
    await bench.readings.write(columns, [])
    await bench.recorder.settle(window, received_at=now)


async def test_what_a_group_missed_is_found_while_it_goes_on(tmp_path: Path) -> None:
    async with bench_in(tmp_path, [rule("two", kind=TWO)]) as bench:
        for number in range(3):
            await give(bench, of(f"g-{number}", YAGI_MS, 29.0))
        await bench.at(YAGI_MS + 6 * HOUR)
        await give(bench, of("g-0", YAGI_MS + 6 * HOUR, 29.0))
        await give(bench, of("g-1", YAGI_MS + HOUR, 31.0), of("g-2", YAGI_MS + HOUR + MINUTE, 31.0))
        await give(bench, of("g-1", YAGI_MS + 2 * HOUR, 29.0))
        bench.kill()
        await bench.recorder.open()
        now = YAGI_MS + 6 * HOUR + MINUTE

        async def go_on() -> None:
            await give(bench, of("g-0", now, 31.0), of("g-2", now + 1000, 31.0))

        bench.readings.interrupt = go_on
        for _ in range(3):
            await bench.clock.advance(60)
            await bench.review()
        _, lines = bench.state.pasts.past("two", "@site", "yen-bai", since=0)
        found = [(entry.what, entry.observed_at - YAGI_MS) for entry in chronicle(lines, ["two"])]
        assert found == [("raised", HOUR + MINUTE), ("cleared", 2 * HOUR), ("raised", 6 * HOUR + MINUTE + 1000)]
        for notice in bench.state.notices(limit=1000):
            content = msgspec.json.decode(notice.body, type=NoticeContent)
            assert notice.created_at - content.observed_at <= LATE_S * 1000
        assert not bench.recorder.reviews()


async def test_what_has_lasted_for_long_is_not_taken_for_a_beginning(tmp_path: Path) -> None:
    soon: dict[str, object] = {
        "kind": "sequence", "unit": "m", "first": {"above": 30}, "then": {"above": 31},
        "levels": [{"name": "soon", "severity": 2, "within_s": 600}],
    }  # fmt: skip
    async with bench_in(tmp_path, [rule("soon", kind=soon)]) as bench:
        for hour in range(0, 60, 2):  # both began together, two days ago
            await bench.at(YAGI_MS + hour * HOUR)
            await give(bench, of("g-0", YAGI_MS + hour * HOUR, 30.5 if hour else 29.0))
            await give(bench, of("g-1", YAGI_MS + hour * HOUR + MINUTE, 29.0 if hour < 6 else 31.5))
        known = bench.state.pasts.past("soon", "@site", "yen-bai", since=0)[1]
        assert [line.what for line in known] == ["raised"]
        await give(bench, of("g-0", YAGI_MS + 50 * HOUR + MINUTE, 30.5))
        await bench.review()
        assert not bench.recorder.reviews()
        assert bench.metrics.value(Metric.REVIEWS_SKIPPED) == 1
        assert bench.state.pasts.past("soon", "@site", "yen-bai", since=0)[1] == known
