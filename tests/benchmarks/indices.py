"""`python -m tests.benchmarks.indices`: what the indices of the pilot fleet cost, live and after a day without a link.

The fleet of the province (gauges, rivers, air, rooms, fridges, meters, cabinets, cameras, desks) with its own reporting
times, embedded stores. First an hour minute by minute, as it comes; then a day of the whole fleet at once, as backlog.
The last line is JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud.alarms.book import AlarmBook
from cloud.index_files import load_indices
from cloud.indexer import Indexer, IndexHouse, IndexWork
from cloud.indices.marks import IndexMarks
from cloud.ingest.intake import Admitted
from cloud.ingest.window import Window
from cloud.inventory.fleet import Fleet
from cloud.inventory.sites import GatewayEntry, Inventory, Site
from cloud.metrics import Metric, Metrics
from cloud.recorder import Recorder
from cloud.rollups.marks import Marks
from cloud.rules.judge import Judge
from cloud.rules.rule_set import rule_set
from cloud.store.base import Columns
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.load import load_catalogue
from device_profiles.schema import PointType, Text
from device_profiles.wire import Channel
from device_profiles.wire.messages import Cell
from tests.fakes import ManualClock

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
BACKLOG_H = int(os.environ.get("BENCH_INDICES_BACKLOG_H", "24"))
LIVE_MINUTES = int(os.environ.get("BENCH_INDICES_LIVE_MINUTES", "60"))
BEFORE_H = 72
BEGIN = 1_785_517_200_000  # 1 August 2026 at Hà Nội
INDICES = Path(__file__).parents[2] / "deploy" / "indices"
GATEWAY, NAME = "gw-1", Text(vi="Tỉnh", en="Province")
SITE = Site(id="province", name=NAME, area="a", lat=21.7, lon=104.9, gateways=(GatewayEntry(id=GATEWAY, name=NAME),))


@dataclass(frozen=True, slots=True)
class Kind:
    """So many devices of a model, how often they say something, and about which values."""

    profile: str
    devices: int
    minutes: int
    points: dict[str, float]


FLEET = (
    Kind("rain_gauge_tipping", 120, 10, {"rain_mm": 0.4}),
    Kind("river_gauge_radar", 8, 10, {"level_m": 29.0}),
    Kind("air_station", 1, 5, {"pm25": 40.0, "pm10": 60.0, "so2": 20.0, "no2": 60.0, "o3": 80.0, "co": 900.0}),
    Kind("air_node", 12, 5, {"pm25": 40.0, "pm10": 60.0}),
    Kind("water_sonde", 3, 10, {"ph": 7.0, "do_mg_l": 6.0, "tss_mg_l": 50.0, "cod_mg_l": 9.0, "nh4_mg_l": 0.1}),
    Kind("classroom_iaq", 60, 5, {"co2_ppm": 900.0, "temp_c": 27.0, "rh": 70.0}),
    Kind("vaccine_fridge", 40, 5, {"temp_c": 5.0}),
    Kind("power_meter_sdm630", 24, 1, {"u1_v": 230.0, "u2_v": 229.0, "u3_v": 231.0, "pf": 0.95, "freq_hz": 50.0}),
    Kind("street_light_cabinet", 80, 5, {"u1_v": 230.0, "u2_v": 229.0, "u3_v": 231.0, "p_w": 3000.0}),
    Kind("water_dma", 20, 5, {"flow_m3_h": 30.0}),
    Kind("kiosk_queue", 52, 15, {"wait_min": 9.0, "counters_open": 3.0, "served": 100.0}),
    Kind("satisfaction_tablet", 52, 15, {"score": 4.0}),
    Kind("ip_camera", 155, 1, {"online": 1.0, "frozen": 0.0, "black": 0.0, "blurred": 0.0, "moved": 0.0}),
)


class Bench:
    """A centre without a broker: stores on disk, recorder, indexer."""

    def __init__(self, folder: Path) -> None:
        catalogue = load_catalogue()
        indices = load_indices(INDICES, catalogue)
        self.types = {
            key: {point.key: point.type for point in profile.points} for key, profile in catalogue.profiles.items()
        }
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.readings = SqliteStore(folder / "readings.sqlite3")
        self.clock, self.metrics, self.chance = ManualClock(BEGIN), Metrics(), random.Random(1)
        self.fleet, self.sequence, self.index_cpu_s = Fleet(), 0, 0.0
        marks = IndexMarks(indices, settle_ms=2000)
        self.recorder = Recorder(
            self.state,
            lambda: Judge(rule_set([]), AlarmBook()),
            clock=self.clock,
            keep=lambda columns: self.readings.write(columns, []),
            announce=lambda judgement: None,
            marks=Marks(settle_ms=30_000, refresh_ms=900_000),
            index_marks=marks,
        )
        house = IndexHouse(
            self.recorder, self.readings, self.fleet, Inventory({SITE.id: SITE}, {}, {GATEWAY: SITE}), lambda _: None
        )
        work = IndexWork(indices, self.state.index_log, marks)
        self.indexer = Indexer(work, house, clock=self.clock, metrics=self.metrics)

    def blocks(self, begin: int, end: int) -> list[Columns]:
        """What the fleet reads between two times, end excluded."""
        found: list[Columns] = []
        for kind in FLEET:
            step = kind.minutes * MINUTE_MS
            times = list(range(-(-begin // step) * step, end, step))
            devices = range(kind.devices if times else 0)
            found.extend(self._block(kind, f"{kind.profile}-{number}", times) for number in devices)
        return found

    def _block(self, kind: Kind, device: str, times: list[int]) -> Columns:
        types = {point: self.types[kind.profile][point] for point in kind.points}
        points = {point: [self._cell(value, types[point]) for _ in times] for point, value in kind.points.items()}
        return Columns(SITE.id, GATEWAY, device, kind.profile, times, points, {}, types)

    def _cell(self, value: float, kind: PointType) -> Cell:
        if kind is PointType.BOOL:
            return value > 0
        near = value * self.chance.uniform(0.95, 1.05)
        return round(near) if kind is PointType.INT else round(near, 2)

    async def arrive(self, blocks: Sequence[Columns]) -> None:
        """The flow's part."""
        self.sequence += 1
        window, now = Window(), self.clock.now_ms()
        window.add(Admitted(GATEWAY, Channel.READINGS, "a" * 16, self.sequence, 0, now, list(blocks), size=len(blocks)))
        await self.readings.write(blocks, [])
        await self.recorder.settle(window, received_at=now)
        for block in blocks:
            self.fleet.observed(block, received_at=now)

    async def work(self) -> None:
        """Whatever is due; its CPU is counted."""
        before = _cpu_s()
        while await self.indexer.turn():
            pass
        self.index_cpu_s += _cpu_s() - before


async def run(folder: Path) -> dict[str, float]:
    """The hour, then the day."""
    bench = Bench(folder)
    await bench.readings.open()
    for hour in range(-BEFORE_H - BACKLOG_H, -BACKLOG_H):
        await bench.readings.write(bench.blocks(BEGIN + hour * HOUR_MS, BEGIN + (hour + 1) * HOUR_MS), [])
    live = await _live(bench)
    backlog = await _backlog(bench)
    bench.state.close()
    await bench.readings.close()
    return {**live, **backlog, "indices_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}


async def _live(bench: Bench) -> dict[str, float]:
    """Readings come each minute; they are of a day later than what is stored, with the day between missing."""
    longest, readings = 0.0, 0
    for minute in range(LIVE_MINUTES):
        at = BEGIN + minute * MINUTE_MS
        blocks = bench.blocks(at, at + MINUTE_MS)
        readings += sum(len(block.times) * len(block.points) for block in blocks)
        await bench.arrive(blocks)
        await bench.clock.advance(60)
        began = time.perf_counter()
        await bench.work()
        longest = max(longest, time.perf_counter() - began)
    return {
        "indices_live_cpu_pct": round(100 * bench.index_cpu_s / (LIVE_MINUTES * 60), 2),
        "indices_live_longest_s": round(longest, 2),
        "indices_live_readings": readings,
        "indices_live_rows": bench.metrics.value(Metric.INDEX_ROWS),
        "indices_live_hours": bench.metrics.value(Metric.INDEXED),
    }


async def _backlog(bench: Bench) -> dict[str, float]:
    """The day that was missing comes at once: every result since is worked out again."""
    done, rows, bench.index_cpu_s = bench.metrics.value(Metric.INDEXED), bench.metrics.value(Metric.INDEX_ROWS), 0.0
    for hour in range(-BACKLOG_H, 0):
        await bench.arrive(bench.blocks(BEGIN + hour * HOUR_MS, BEGIN + (hour + 1) * HOUR_MS))
    await bench.clock.advance(5)
    began = time.perf_counter()
    await bench.work()
    hours = bench.metrics.value(Metric.INDEXED) - done
    return {
        "indices_backlog_s": round(time.perf_counter() - began, 1),
        "indices_backlog_cpu_s": round(bench.index_cpu_s, 1),
        "indices_backlog_hours": hours,
        "indices_backlog_hours_per_s": round(hours / (time.perf_counter() - began)),
        "indices_backlog_rows": bench.metrics.value(Metric.INDEX_ROWS) - rows,
    }


def _cpu_s() -> float:
    return time.process_time()


def main() -> None:
    """Runs it in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(run(Path(folder)))))


if __name__ == "__main__":
    main()
