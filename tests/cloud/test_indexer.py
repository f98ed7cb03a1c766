"""Indices through the centre's own parts and real databases: live, late, twice, killed in between, and while away."""

from __future__ import annotations

import random
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.alarms.book import AlarmBook
from cloud.alarms.chronicle import Entry, chronicle
from cloud.app import Centre
from cloud.errors import StoreUnavailableError
from cloud.indexer import Indexer, IndexHouse, IndexWork
from cloud.indices.marks import IndexMarks
from cloud.ingest.intake import Admitted
from cloud.ingest.window import Window
from cloud.inventory.fleet import Fleet
from cloud.inventory.sites import GatewayEntry, Inventory, Site
from cloud.metrics import Metric, Metrics
from cloud.recorder import Recorder, Settled
from cloud.reviewer import Reviewer, ReviewTerms
from cloud.rollups.marks import Marks
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.rule_set import rule_set
from cloud.settings import read_settings
from cloud.store.base import Columns, PlacedEvent, Rejection, SeriesKey
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.clock import SystemClock
from device_profiles.schema import PointType, Text
from device_profiles.wire import BirthDevice, Channel, State
from tests.cloud.indices.tables import FOLDER, HOUR_MS, indices
from tests.cloud.rules.builders import rule
from tests.cloud.stage import DEVICE, EPOCH, GATEWAY, letters_in, running, scripted, write_config
from tests.fakes import YAGI_MS, ManualClock
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

MINUTE = 60_000
BEGIN = (YAGI_MS // HOUR_MS + 1) * HOUR_MS
NODE, AQI = "air_node", "index_vn_aqi_hour"
INDEX = f"{DEVICE}.vn_aqi_hour"
LEVELS = [
    {"name": "101", "severity": 3, "above": 101.0, "clear": 95.0},
    {"name": "151", "severity": 2, "above": 151.0, "clear": 145.0},
]
RULE = rule("aqi", kind={"kind": "threshold", "unit": "1", "levels": LEVELS}, selector={"profile": AQI, "point": "aqi"})
HERE = Text(vi="Yên Bái", en="Yen Bai")
SITE = Site(
    id="yen-bai", name=HERE, area="lao-cai", lat=21.7, lon=104.9, gateways=(GatewayEntry(id=GATEWAY, name=HERE),)
)
Reading = tuple[int, float]


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own."""
    with run_mosquitto() as server:
        yield server


class Readings(SqliteStore):
    """A database of readings that loses its server at a moment of the test's choice."""

    lost = ""  # a profile that it does not take

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Takes it, unless the test says otherwise."""
        if self.lost and columns[0].profile == self.lost:
            raise StoreUnavailableError("gone")
        return await super().write(columns, events)


class Bench:
    """Recorder, indexer and reviewer over two databases; `kill` begins anew with what is on disk."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.readings = Readings(folder / "readings.sqlite3")
        self.clock, self.metrics, self.sequence = ManualClock(), Metrics(), 0
        self.told: list[Columns] = []
        self.kill()

    def kill(self) -> None:
        """Whatever was in memory is gone."""
        marks = IndexMarks(indices(), settle_ms=0)
        self.recorder = Recorder(
            self.state,
            lambda: Judge(rule_set([RULE]), AlarmBook(), notices=NoticeOptions(("ops",), 900.0)),
            clock=self.clock,
            keep=self._keep,
            announce=lambda judgement: None,
            marks=Marks(settle_ms=0, refresh_ms=0),
            index_marks=marks,
        )
        self.fleet = Fleet()
        house = IndexHouse(
            self.recorder, self.readings, self.fleet, Inventory({SITE.id: SITE}, {}, {GATEWAY: SITE}), self._came
        )
        work = IndexWork(indices(), self.state.index_log, marks)
        self.indexer = Indexer(work, house, clock=self.clock, metrics=self.metrics)
        self.reviewer = Reviewer(
            self.recorder,
            self.readings,
            self.state.pasts,
            clock=self.clock,
            metrics=self.metrics,
            terms=ReviewTerms(0, 0),
        )

    async def at(self, moment: int) -> None:
        """Lets the time come."""
        await self.clock.advance(max(0, moment - self.clock.now_ms()) / 1000)

    async def arrive(self, *readings: Reading, sequence: int = 0, held: bool = False) -> None:
        """Readings arrive in one batch, now; `held`: the store is away."""
        self.sequence += 1
        number, now = sequence or self.sequence, self.clock.now_ms()
        times, values = [at for at, _ in readings], [value for _, value in readings]
        block = Columns(SITE.id, GATEWAY, DEVICE, NODE, times, {"pm25": list(values)}, {}, {"pm25": PointType.FLOAT})
        window = Window()
        window.add(Admitted(GATEWAY, Channel.BACKLOG, EPOCH, number, number - 1, now, [block], size=len(times)))
        if held:
            window.hold()
        else:
            await self.readings.write([block], [])
        await self.recorder.settle(window, received_at=now)
        self.fleet.observed(block, received_at=now)

    async def work(self) -> None:
        """Works out what is due, and looks again at what came late."""
        while await self.indexer.turn() or await self.reviewer.turn():
            pass

    async def series(self, point: str = "aqi") -> list[Reading]:
        """What the store holds of the index."""
        column = await self.readings.raw(SeriesKey(AQI, GATEWAY, INDEX, point), begin=0, end=2**60)
        return list(zip(column.times, column.values, strict=True))

    def alarms(self) -> list[Entry]:
        """What is known of the rule's alarms."""
        _, lines = self.state.pasts.past(RULE.id, GATEWAY, INDEX, since=0)
        return chronicle(lines, [level.name for level in RULE.kind.levels])

    async def _keep(self, columns: Sequence[Columns]) -> None:
        await self.readings.write(columns, [])

    def _came(self, settled: Settled) -> None:
        self.told.extend(settled.columns)


@asynccontextmanager
async def bench_in(folder: Path) -> AsyncIterator[Bench]:
    """A bench whose databases are open."""
    bench = Bench(folder)
    await bench.readings.open()
    try:
        yield bench
    finally:
        bench.state.close()
        await bench.readings.close()


def smoke() -> list[Reading]:
    """Ten hours of a node: clean, four hours of burning straw, clean again; every ten minutes."""
    chance = random.Random(5)
    values = [110.0 if 18 <= n < 42 else 18.0 for n in range(61)]
    return [(BEGIN + n * 10 * MINUTE, round(value + chance.uniform(-2, 2), 1)) for n, value in enumerate(values)]


async def prompt(folder: Path) -> tuple[list[Reading], list[Entry]]:
    """What becomes of it when everything arrives as it is read."""
    async with bench_in(folder) as bench:
        for reading in smoke():
            await bench.at(reading[0])
            await bench.arrive(reading)
            await bench.work()
        return await bench.series(), bench.alarms()


async def test_live_readings_are_worked_out_judged_stored_and_told(tmp_path: Path) -> None:
    series, alarms = await prompt(tmp_path)
    assert [at for at, _ in series] == [BEGIN + hour * HOUR_MS for hour in range(2, 11)]  # two hours for NowCast
    assert series[0][1] < 50
    assert 150 < series[5][1] < 200
    assert [(entry.what, entry.level) for entry in alarms] == [
        ("raised", "101"), ("escalated", "151"), ("eased", "101"), ("cleared", "101"),
    ]  # fmt: skip


async def test_a_backlog_in_any_order_with_kills_ends_in_the_same_results_and_alarms(tmp_path: Path) -> None:
    expected = await prompt(tmp_path / "prompt")
    chance = random.Random(11)
    async with bench_in(tmp_path / "late") as bench:
        event = smoke()
        for reading in (*event[:10], *event[55:]):  # seven hours without the link
            await bench.at(reading[0])
            await bench.arrive(reading)
            await bench.work()
        blocks = [event[n : n + 5] for n in range(10, 55, 5)] + [sorted(chance.sample(event[10:55], 6))]
        chance.shuffle(blocks)
        for number, block in enumerate(blocks):
            await bench.arrive(*block)
            if number % 3 == 0:
                bench.kill()
                await bench.recorder.open()
            if number % 2 == 0:
                await bench.work()
        await bench.work()
        assert (await bench.series(), bench.alarms()) == expected
        assert len(bench.state.notices(limit=9)) == 0  # nobody is paged for what is long past


async def test_a_store_that_dies_between_judging_and_keeping_loses_nothing(tmp_path: Path) -> None:
    expected = await prompt(tmp_path / "prompt")
    async with bench_in(tmp_path / "dying") as bench:
        for number, reading in enumerate(smoke()):
            await bench.at(reading[0])
            await bench.arrive(reading)
            if number % 6 == 0 and number > 6:
                bench.readings.lost = AQI
                with pytest.raises(StoreUnavailableError):
                    await bench.work()
                bench.readings.lost = ""
                if number % 12 == 0:
                    bench.kill()
                    await bench.recorder.open()
            await bench.work()
        assert (await bench.series(), bench.alarms()) == expected


async def test_what_gateways_held_while_the_store_was_away_is_worked_out_when_it_comes(tmp_path: Path) -> None:
    expected = await prompt(tmp_path / "prompt")
    async with bench_in(tmp_path / "away") as bench:
        event = smoke()
        for number, reading in enumerate(event, start=1):
            await bench.at(reading[0])
            await bench.arrive(reading, sequence=number, held=20 < number <= 40)
            await bench.work()
        assert await bench.series() != expected[0]
        for number in range(21, 41):
            await bench.arrive(event[number - 1], sequence=number)
        await bench.work()
        assert (await bench.series(), bench.alarms()) == expected


async def test_what_is_worked_out_again_without_news_is_new_to_nobody(tmp_path: Path) -> None:
    async with bench_in(tmp_path) as bench:
        await bench.arrive(*smoke())
        await bench.at(BEGIN + 11 * HOUR_MS)
        await bench.work()
        rows = bench.metrics.value(Metric.INDEX_ROWS)
        await bench.arrive(*smoke()[20:30])
        await bench.work()
        assert rows > 0
        assert bench.metrics.value(Metric.INDEX_ROWS) == rows


async def test_the_last_hour_before_silence_is_given_when_its_readings_no_longer_count(tmp_path: Path) -> None:
    async with bench_in(tmp_path) as bench:
        for reading in smoke()[:18]:  # the last one at 02:50
            await bench.at(reading[0])
            await bench.arrive(reading)
            await bench.work()
        assert [at for at, _ in await bench.series()] == [BEGIN + 2 * HOUR_MS]
        await bench.at(BEGIN + 3 * HOUR_MS + 31 * MINUTE)
        await bench.work()
        assert [at for at, _ in await bench.series()] == [BEGIN + 2 * HOUR_MS, BEGIN + 3 * HOUR_MS]


async def test_an_index_is_shown_beside_its_device_also_after_a_start(tmp_path: Path) -> None:
    async with bench_in(tmp_path) as bench:
        await bench.arrive(*smoke())
        await bench.at(BEGIN + 11 * HOUR_MS)
        await bench.work()
        live = bench.fleet.device(GATEWAY, INDEX)
        bench.kill()
        birth = State(
            v=1, state="online", since=1, epoch=EPOCH, devices=[BirthDevice(DEVICE, NODE, "0" * 12, "Nút khí", "Node")]
        )
        bench.fleet.born(GATEWAY, birth, site=SITE.id, received_at=1)
        await bench.indexer.restore()
        bench.fleet.born(GATEWAY, birth, site=SITE.id, received_at=2)
        again = bench.fleet.device(GATEWAY, INDEX)
        assert live is not None
        assert again is not None
        assert again.name_vi == "Nút khí: VN_AQI giờ"
        assert again.points["aqi"].value == live.points["aqi"].value is not None
        bench.fleet.born(GATEWAY, State(v=1, state="online", since=1, epoch=EPOCH, devices=[]), site="", received_at=3)
        assert bench.fleet.device(GATEWAY, INDEX) is None


@pytest.mark.scenario
async def test_the_running_centre_shows_an_index_and_lets_no_gateway_claim_one(tmp_path: Path, broker: Server) -> None:
    shutil.copytree(FOLDER, tmp_path / "indices")
    path = write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}")
    path.write_text('indices_dir = "indices"\n' + path.read_text("utf-8"), encoding="utf-8")
    centre = Centre(read_settings(path))
    now = SystemClock().now_ms()
    async with running(centre), scripted(broker) as gateway:
        times = [now - 4 * HOUR_MS + minute * MINUTE for minute in range(0, 240, 10)]
        await gateway.send(gateway.batch({"pm25": [65.0] * len(times)}, times, profile=NODE), Channel.BACKLOG)
        await gateway.send(gateway.batch({"aqi": [1]}, [now], profile=AQI))
        await gateway.until_settled(1, 2)
        await eventually(lambda: centre.view.device(GATEWAY, INDEX) is not None, within_s=10)
        view = centre.view.device(GATEWAY, INDEX)
        assert view is not None
        assert {point.key: point.value for point in view.points if point.key in ("aqi", "band")} == {
            "aqi": 125,
            "band": 3,
        }
        assert [letter["reason"] for letter in letters_in(tmp_path / "data" / "dead_letters")] == ["unknown_profile"]
