"""Keeps orders for exports for an hour, reads them piece by piece, and says how far each one is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from cloud.errors import CloudError
from cloud.exports.order import ExportOrder, ExportRow, Form, State, stretches
from cloud.store.base import ReadingStore, SeriesKey

KEPT_MS: Final = 3_600_000
MOST: Final = 200  # orders of everybody; the oldest goes
AT_ONCE: Final = 2  # that travel


class NoFormatError(CloudError):
    """This centre cannot write that format; the text says what it needs."""


class Rows(Protocol):
    """A format: bytes for its head, for each piece, and for its end."""

    media_type: str

    def begin(self) -> bytes:
        """What stands first."""

    def more(self, rows: Sequence[ExportRow]) -> bytes:
        """A piece."""

    def end(self) -> bytes:
        """What stands last."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An order, who gave it, and how far it is: `parts_done` of `parts`."""

    id: str
    actor: str
    at: int
    order: ExportOrder
    parts: int
    state: State = "waiting"
    parts_done: int = 0
    rows: int = 0
    size: int = 0  # bytes sent


class ExportDesk:
    """In memory: an order is a wish to read, and whoever lost it gives it again."""

    def __init__(self) -> None:
        self._known: dict[str, Standing] = {}
        self.travelling = asyncio.Semaphore(AT_ONCE)

    def take(self, order: ExportOrder, *, actor: str, now: int) -> Standing:
        """A new order."""
        old = [key for key, each in self._known.items() if each.at < now - KEPT_MS]
        for key in (*old, *list(self._known)[: max(0, len(self._known) - len(old) - MOST + 1)]):
            self._known.pop(key, None)
        found = Standing(secrets.token_hex(8), actor, now, order, order.parts)
        self._known[found.id] = found
        return found

    def of(self, actor: str) -> Sequence[Standing]:
        """Whatever somebody ordered, newest first."""
        return [each for each in reversed(self._known.values()) if each.actor == actor]

    def one(self, identifier: str, actor: str) -> Standing | None:
        """An order of this person."""
        found = self._known.get(identifier)
        return found if found is not None and found.actor == actor else None

    async def content(
        self, found: Standing, rows: Rows, readings: ReadingStore, units: Mapping[str, str]
    ) -> AsyncIterator[bytes]:
        """The file, piece by piece; whoever stops listening has broken it."""
        now = replace(found, state="running", parts_done=0, rows=0, size=0)
        try:
            yield rows.begin()
            for point in found.order.points:
                for begin, end in stretches(found.order):
                    piece = await _read(found.order, readings, (point, units.get(point, "")), begin=begin, end=end)
                    chunk = await asyncio.to_thread(rows.more, piece)
                    size = now.size + len(chunk)
                    now = replace(now, parts_done=now.parts_done + 1, rows=now.rows + len(piece), size=size)
                    self._known[found.id] = now
                    if chunk:
                        yield chunk
            yield rows.end()
            now = replace(now, state="done")
        finally:
            self._known[found.id] = now if now.state == "done" else replace(now, state="broken")


async def _read(
    order: ExportOrder, readings: ReadingStore, named: tuple[str, str], *, begin: int, end: int
) -> Sequence[ExportRow]:
    key = SeriesKey(order.profile, order.gateway, order.device, named[0])
    if order.step_ms:
        buckets = await readings.series(key, begin=begin, end=end, step_ms=order.step_ms)
        return [
            ExportRow(each.begin, *named, each.minimum, each.maximum, each.mean, each.last, each.count)
            for each in buckets
            if begin <= each.begin < end
        ]
    raw = await readings.raw(key, begin=begin, end=end)
    return [
        ExportRow(at, *named, value, value, value, value, 1) for at, value in zip(raw.times, raw.values, strict=True)
    ]


def rows_of(form: Form) -> Rows:
    """The format; NoFormatError when its part is not installed."""
    if form == "csv":
        from cloud.exports.csv_rows import CsvRows  # noqa: PLC0415 -- beside its sibling

        return CsvRows()
    try:
        from cloud.exports.parquet_rows import ParquetRows  # noqa: PLC0415 -- 100 MB that few centres need
    except ImportError as error:
        raise NoFormatError("Parquet needs the extra: pip install 'thacba[parquet]'.") from error
    return ParquetRows()
