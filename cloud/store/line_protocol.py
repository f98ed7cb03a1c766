"""Readings and events as InfluxDB line protocol: pure, and quick because it works by column.

    profile,device=…,gateway=…,site=… point=1.5,other=2i 1700000000000        times in ms, `i` = whole number
    quality,device=…,gateway=…,point=…,site=… code="bad:range" 1700000000000
    event,device=…,gateway=…,kind=…,site=… facts="{…}",id="…",rating=4.0 1700000000000123456      times in ns

Ids and names are of an alphabet in which nothing needs escaping (`is_storable` proves it); tags stand in the order
of their names, which InfluxDB likes best.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import chain
from zlib import crc32

import msgspec

from cloud.errors import CloudError
from cloud.store.base import Columns, PlacedEvent
from device_profiles.schema import RESERVED_KEYS, PointType
from device_profiles.wire.messages import Cell

IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,64}")
NAME = re.compile(r"[a-z][a-z0-9_]*")
OUR_EVENT_FIELDS = frozenset({"time", "site", "gateway", "device", "kind", "id", "facts"})
LINE_BREAK = re.compile(r"\r\n|\r|\n")
NS_PER_MS = 1_000_000
NULL = b"null"

_json = msgspec.json.Encoder().encode


class NotStorableError(CloudError, ValueError):
    """A value that no series can hold; the text is a countable reason."""


def is_storable(site: str, gateway: str, device: str, *names: str) -> bool:
    """Whether these ids and names need no escaping and collide with nothing of ours."""
    ids = all(IDENTIFIER.fullmatch(each) for each in (site, gateway, device))
    return ids and all(NAME.fullmatch(name) and name not in RESERVED_KEYS for name in names)


def encode_columns(block: Columns) -> bytes:
    """The block's usable values, one line per time; NotStorableError for a number that is none.

    All cells go through one JSON encoder at once and come back as tokens (`1.5`, `2`, `true`), which one format
    string sets into lines: twice as fast as formatting line by line.
    """
    keys, types = tuple(block.points), tuple(map(block.types.__getitem__, block.points))
    prefix = f"{block.profile},device={block.device},gateway={block.gateway},site={block.site} ".encode()
    if PointType.STRING in types:
        return _encode_sparse(prefix, block, keys, types)
    tokens = _tokens(list(chain.from_iterable(zip(*block.points.values(), block.times, strict=True))))
    if NULL in tokens:
        return _encode_sparse(prefix, block, keys, types)
    return (prefix + _form_of_row(keys, types)) * len(block.times) % tuple(tokens.split(b","))


def encode_quality(block: Columns) -> bytes:
    """The block's quality codes, one line each."""
    if not block.quality:
        return b""
    device, gateway, site, times = block.device, block.gateway, block.site, block.times
    return "".join(
        f'quality,device={device},gateway={gateway},point={point},site={site} code="{code}" {times[position]}\n'
        for point, marks in block.quality.items()
        for position, code in marks
    ).encode()


def encode_event(placed: PlacedEvent) -> bytes:
    """One event, in ns: its id moves it within its millisecond, so that two of one kind at once both stay.

    Numbers among the facts become fields of type float; everything, texts too, stands in the field `facts` as JSON.
    """
    event = placed.event
    fields = [f"facts={_quoted(_json(event.facts).decode())}", f"id={_quoted(event.id)}"]
    for key, value in sorted(event.facts.items()):
        if not isinstance(value, str) and key not in OUR_EVENT_FIELDS and math.isfinite(value):
            fields.append(f"{key}={float(value)!r}")
    tags = f"event,device={event.device},gateway={placed.gateway},kind={event.kind},site={placed.site}"
    return f"{tags} {','.join(fields)} {event_time(event.id, event.at)}\n".encode()


def event_time(identifier: str, at: int) -> int:
    """The event's time in ns: the same event always has the same, two of one millisecond have two."""
    return at * NS_PER_MS + crc32(identifier.encode()) % NS_PER_MS


def time_of(line: bytes) -> int:
    """The time at the end of a line, in the line's own precision."""
    return int(line[line.rindex(b" ") + 1 :])


@lru_cache(maxsize=4096)
def _form_of_row(keys: tuple[str, ...], types: tuple[PointType, ...]) -> bytes:
    return b",".join(name + b"%b" + mark for name, mark in _form_of_cells(keys, types)) + b" %b\n"


@lru_cache(maxsize=4096)
def _form_of_cells(keys: tuple[str, ...], types: tuple[PointType, ...]) -> tuple[tuple[bytes, bytes], ...]:
    plain = (PointType.FLOAT, PointType.STRING)
    return tuple((f"{key}=".encode(), b"" if kind in plain else b"i") for key, kind in zip(keys, types, strict=True))


def _tokens(cells: list[Cell]) -> bytes:
    """Cells as JSON without brackets: null where there is none, truth as 1 and 0."""
    tokens = _json(cells)[1:-1]
    if b'"' in tokens:
        raise NotStorableError("type")
    if b"t" in tokens or b"f" in tokens:
        tokens = tokens.replace(b"true", b"1").replace(b"false", b"0")
    return tokens


def _encode_sparse(prefix: bytes, block: Columns, keys: tuple[str, ...], types: tuple[PointType, ...]) -> bytes:
    """The same with cells left out where a point has nothing to report; a row without any is no line."""
    columns = [_column(block.points[key], kind) for key, kind in zip(keys, types, strict=True)]
    forms, lines = _form_of_cells(keys, types), []
    for time, *cells in zip(block.times, *columns, strict=True):
        fields = [name + cell + mark for (name, mark), cell in zip(forms, cells, strict=True) if cell != NULL]
        if fields:
            lines.append(b"%b%b %d\n" % (prefix, b",".join(fields), time))
    return b"".join(lines)


def _column(cells: list[Cell], kind: PointType) -> list[bytes]:
    if kind is PointType.STRING:
        return [NULL if cell is None else _quoted(str(cell)).encode() for cell in cells]
    tokens = _tokens(cells).split(b",")
    if tokens.count(NULL) != cells.count(None):
        raise NotStorableError("not_a_number")  # JSON has no word for NaN and infinity, the encoder says null
    return tokens


def _quoted(text: str) -> str:
    """A string field; a line break would end the line and becomes a space."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + LINE_BREAK.sub(" ", escaped) + '"'


def halves(lines: bytes) -> tuple[bytes, bytes]:
    """Two or more lines cut near the middle, on a line boundary."""
    middle = lines.rfind(b"\n", 0, len(lines) // 2) + 1 or lines.find(b"\n") + 1
    return lines[:middle], lines[middle:]


def is_single(lines: bytes) -> bool:
    """Whether it is one line and cannot be cut."""
    return lines.find(b"\n") in (-1, len(lines) - 1)
