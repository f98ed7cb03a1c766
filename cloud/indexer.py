"""Works out the indices of what readings have touched, early and late, and hands them on as readings of their own.

    due hours of the log ──▶ claim ──▶ raw readings ──▶ work out ──▶ what is new: judge, store, fleet ──▶ done

A crash between any two of these works the same hours out again, with the same result; what is stored already is new to
nobody. So results do not depend on the order in which readings came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from cloud.indices.derive import Source, affected, changed, window, work_out
from cloud.indices.marks import IndexMarks, closed_by
from cloud.indices.spec import Indices, Spec
from cloud.indices.table import Place
from cloud.ingest.patience import Patience
from cloud.inventory.fleet import DeviceStanding, Fleet
from cloud.inventory.sites import Directory
from cloud.metrics import Metric, Metrics
from cloud.recorder import Recorder, Settled
from cloud.rollups.fold import runs
from cloud.store.base import Columns, DirtyRow, RawColumn, ReadingStore, SeriesKey
from cloud.store.index_port import IndexLog
from cloud.store.roll_up import HOUR_MS
from device_profiles.clock import Clock

DEVICES_A_TURN = 16  # a backlog of one is worked out in one go
PACE_S = 1.0
PROBE_S = 30.0


@dataclass(frozen=True, slots=True)
class IndexWork:
    """What is to be worked out, and where that stands."""

    indices: Indices
    log: IndexLog
    marks: IndexMarks


@dataclass(frozen=True, slots=True)
class IndexHouse:
    """Who must know of results."""

    recorder: Recorder
    readings: ReadingStore
    fleet: Fleet
    inventory: Directory
    came: Callable[[Settled], None] = lambda _: None


class Indexer:
    """The only one who works out indices; lives in the process that judges."""

    def __init__(self, work: IndexWork, house: IndexHouse, *, clock: Clock, metrics: Metrics) -> None:
        self._work = work
        self._house = house
        self._clock = clock
        self._metrics = metrics
        self._patience = Patience("indices", clock, metrics, counter=Metric.INDEX_RETRIES, probe_s=PROBE_S)

    async def run(self) -> NoReturn:
        """Until cancelled. A store that is away is asked again, with growing pauses; the log keeps what is to do."""
        await self._patience.until_taken(self.restore)
        while True:
            began = self._clock.monotonic()
            devices = await self._patience.until_taken(self.turn)
            busy_s = self._clock.monotonic() - began
            await self._clock.sleep(busy_s if devices == DEVICES_A_TURN else PACE_S)  # half of the time is others'

    async def turn(self) -> int:
        """Works out what is longest due; says of how many devices that was."""
        work, now = self._work, self._clock.now_ms()
        due = await asyncio.to_thread(work.log.due, now=now, devices=DEVICES_A_TURN)
        if not due:
            return 0
        work.marks.claim(due)
        found: list[tuple[DeviceStanding, Spec, Columns]] = []
        again: list[DirtyRow] = []
        for run in runs(due):
            source = self._source(run[0])
            if source is not None:
                again += [await self._run(source, run, found)]
        if found:
            await self._house.recorder.derive([columns for _, _, columns in found])
            self._tell(found)
        later = [row for row in again if row.due_at]
        if later:
            await asyncio.to_thread(work.log.put, later)  # before `done`, which leaves what was marked since
        await asyncio.to_thread(work.log.done, due)
        self._metrics.add(Metric.INDEXED, len(due))
        return len({(row.gateway, row.device, row.profile) for row in due})

    async def restore(self) -> None:
        """Shows the results that the store holds, for devices that the fleet knows again after a start."""
        for source in list(self._house.fleet.devices()):
            for spec in self._work.indices.of(source.profile):
                await self._restore(source, spec)

    async def _restore(self, source: DeviceStanding, spec: Spec) -> None:
        fleet, device = self._house.fleet, spec.derived(source.device)
        for point in spec.target.points:
            key = SeriesKey(spec.table.profile, source.gateway, device, point.key)
            newest = await self._house.readings.latest(key)
            if newest is not None:
                index = self._index(source, spec)
                fleet.remembered(index, point.key, observed_at=newest[0], value=newest[1])
                index.read_at = max(index.read_at, newest[0])

    async def _run(
        self, source: DeviceStanding, run: Sequence[DirtyRow], found: list[tuple[DeviceStanding, Spec, Columns]]
    ) -> DirtyRow:
        """Works out hours of one device that follow each other; returns its last row with the time to look again."""
        begin, end, again = run[0].hour, run[-1].hour + HOUR_MS, 0
        for spec in self._work.indices.of(source.profile):
            newest = await self._newest(source, spec)
            until = max(newest, self._clock.now_ms() - spec.table.hold_s * 1000)
            columns = await self._columns(source, spec, (begin, end), until)
            if columns is not None:
                found.append((source, spec, columns))
            closing = closed_by(spec, newest)
            if begin <= newest < end and closing > self._clock.now_ms():  # nobody else would come back for it
                again = min(again or closing, closing)
        return replace(run[-1], due_at=again, marks=1)

    async def _newest(self, source: DeviceStanding, spec: Spec) -> int:
        """The newest reading that the index is worked out from; 0 when there is none."""
        newest = 0
        for point in spec.points.values():
            if point in source.points:
                newest = max(newest, source.points[point].observed_at)
            else:
                key = SeriesKey(source.profile, source.gateway, source.device, point)
                stored = await self._house.readings.latest(key)
                newest = max(newest, stored[0] if stored is not None else 0)
        return newest

    async def _columns(self, source: DeviceStanding, spec: Spec, span: tuple[int, int], until: int) -> Columns | None:
        at = affected(spec, *span, until=until)
        if not len(at):
            return None
        begin, end = window(spec, at)
        keys = {
            point: SeriesKey(source.profile, source.gateway, source.device, point) for point in spec.points.values()
        }
        readings = {point: await self._raw(key, begin, end) for point, key in keys.items()}
        place = Place(self._attributes(source.gateway))
        here = Source(source.site, source.gateway, source.device)
        columns = await asyncio.to_thread(work_out, spec, here, readings, at, place=place)
        return None if columns is None else await self._changed(columns)

    async def _changed(self, columns: Columns) -> Columns | None:
        begin, end = columns.times[0], columns.times[-1] + 1
        stored: dict[str, RawColumn] = {}
        for point in columns.points:
            key = SeriesKey(columns.profile, columns.gateway, columns.device, point)
            stored[point] = await self._raw(key, begin, end)
        return changed(columns, stored)

    async def _raw(self, key: SeriesKey, begin: int, end: int) -> RawColumn:
        return await self._house.readings.raw(key, begin=begin, end=end)

    def _tell(self, found: Sequence[tuple[DeviceStanding, Spec, Columns]]) -> None:
        now, rows = self._clock.now_ms(), 0
        for source, spec, columns in found:
            self._house.fleet.worked_out(self._index(source, spec), columns, received_at=now)
            rows += len(columns.times)
        self._house.came(Settled(columns=[columns for _, _, columns in found]))
        self._metrics.add(Metric.INDEX_ROWS, rows)

    def _index(self, source: DeviceStanding, spec: Spec) -> DeviceStanding:
        name = spec.target.name
        names = (f"{source.name_vi or source.device}: {name.vi}", f"{source.name_en or source.device}: {name.en}")
        return self._house.fleet.indexed(source, spec.derived(source.device), spec.table.profile, names=names)

    def _source(self, row: DirtyRow) -> DeviceStanding | None:
        """The device of a row; None when it is nobody's any more."""
        site = self._house.inventory.site_of(row.gateway)
        if site is None:
            return None
        known = self._house.fleet.device(row.gateway, row.device)
        if known is not None and known.profile == row.profile:
            return known
        return DeviceStanding(row.gateway, row.device, row.profile, site.id)

    def _attributes(self, gateway: str) -> Mapping[str, float | str]:
        site = self._house.inventory.site_of(gateway)
        return site.attributes if site is not None else {}
