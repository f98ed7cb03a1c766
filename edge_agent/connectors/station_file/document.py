"""The text of a station's file as samples: one line per parameter, columns separated by tabs; pure.

```
 name    value   unit    yyyyMMddHHmmss  status          Circular 10/2021/TT-BTNMT, as stations write it
 pH      7.12    -       20240908101500  00              measured
 COD     41.8    mg/L    20240908101500  01              being calibrated: no value
 TSS     0       mg/L    20240908101500  02              device out of order: no value
```
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from device_profiles.schema import DeviceProfile, Point, PointType
from device_profiles.sources.station_file import StationFileSource
from edge_agent.connector import EdgeError, Sample, Scalar

COLUMNS = 5
MEASURED = "00"
NOT_MEASURED = {"01": "calibrating", "02": "device"}
STATUS = re.compile(r"\d\d", re.ASCII)
STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", re.ASCII)
SCALED_DIGITS = 12
MARK = "\ufeff"
EARLIEST_MS = 1_609_459_200_000  # 2021, the year of the circular: a clock before it was reset, to 1970 or to 2000


class _WrongError(EdgeError, ValueError):
    """The line is none of a station's file."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How this station writes; `latest_ms` is the last moment that is believed, None for any."""

    utc_offset_h: float = 7.0
    decimal: str = "."
    latest_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. `wrong` lines say nothing; `is_finished` tells one that is whole from one that was cut."""

    samples: Sequence[Sample]
    lines: int
    wrong: int
    is_finished: bool


@dataclass(frozen=True, slots=True)
class _Row:
    symbol: str
    value: str
    unit: str
    moment: int
    status: str


def lines_of(text: str) -> list[str]:
    """The lines that hold something."""
    return [line.strip("\r") for line in text.removeprefix(MARK).split("\n") if line.strip()]


def read(device: str, profile: DeviceProfile, text: str, terms: Terms, *, without: Collection[str] = ()) -> Document:
    """Every parameter that the profile knows; those without a line are missing. `without` are lines known already."""
    rows: list[_Row] = []
    lines = lines_of(text)
    fresh = [line for line in lines if line not in without]
    wrong = 0
    for line in fresh:
        try:
            rows.append(_row(line, terms))
        except _WrongError:
            wrong += 1
    by_symbol = {_folded(source.symbol): (point, source) for point in profile.points if (source := _source(point))}
    samples = [_sample(device, *by_symbol[row.symbol], row=row, terms=terms) for row in rows if row.symbol in by_symbol]
    if rows and not without:
        told = {row.symbol for row in rows}
        moment = max(row.moment for row in rows)
        absent = [point.key for symbol, (point, _) in by_symbol.items() if symbol not in told]
        samples += [_timed(Sample(device, key, None, moment, "missing"), terms) for key in absent]
    return Document(samples, len(lines), wrong, _is_finished(text))


def _source(point: Point) -> StationFileSource | None:
    return point.source if isinstance(point.source, StationFileSource) else None


def _folded(symbol: str) -> str:
    """Stations write PM2,5 and PM2.5, Temp and TEMP."""
    return unicodedata.normalize("NFC", symbol).strip().lower().replace(",", ".")


def _row(line: str, terms: Terms) -> _Row:
    columns = [column.strip() for column in line.split("\t")]
    while len(columns) > COLUMNS and not columns[-1]:
        columns.pop()
    if len(columns) != COLUMNS or not columns[0] or not STATUS.fullmatch(columns[4]):
        raise _WrongError("not five columns")
    symbol, value, unit, stamp, status = columns
    return _Row(_folded(symbol), value, unit, _moment(stamp, terms.utc_offset_h), status)


def _moment(stamp: str, utc_offset_h: float) -> int:
    found = STAMP.fullmatch(stamp)
    if found is None:
        raise _WrongError("no time")
    year, month, day, hour, minute, second = map(int, found.groups())
    zone = timezone(timedelta(hours=utc_offset_h))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return round(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise _WrongError("no time") from error


def _sample(device: str, point: Point, source: StationFileSource, *, row: _Row, terms: Terms) -> Sample:
    value, fault = _value(point, source, row, terms.decimal)
    return _timed(Sample(device, point.key, value, row.moment, fault), terms)


def _timed(sample: Sample, terms: Terms) -> Sample:
    """The sample, unless its time cannot be: then nobody knows when it was measured."""
    moment = sample.observed_at or 0
    if moment < EARLIEST_MS or (terms.latest_ms is not None and moment > terms.latest_ms):
        return Sample(sample.device, sample.point, None, None, "clock")
    return sample


def _value(point: Point, source: StationFileSource, row: _Row, decimal: str) -> tuple[Scalar | None, str]:
    if row.status != MEASURED:
        return None, NOT_MEASURED.get(row.status, f"status_{row.status}")
    if source.unit and _plain_unit(row.unit) not in {_plain_unit(unit) for unit in source.unit}:
        return None, "unit"
    if not row.value:
        return None, "missing"
    if point.type is PointType.STRING:
        return row.value, ""
    number = _number(row.value, decimal)
    if number is None:
        return None, "not_a_number"
    if source.scale == 1.0 and source.offset == 0.0:
        return number, ""
    return float(f"{number * source.scale + source.offset:.{SCALED_DIGITS}g}"), ""


def _number(text: str, decimal: str) -> float | None:
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if not NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _plain_unit(unit: str) -> str:
    """Spellings that differ in nothing: case, spaces, and letters that look alike (micro sign, superscripts)."""
    return unicodedata.normalize("NFKC", unit).lower().replace(" ", "").replace("°", "")


def _is_finished(text: str) -> bool:
    """Whether the last line was written to its end."""
    if text.endswith("\n"):
        return True
    columns = text.rpartition("\n")[2].rstrip("\t\r ").split("\t")
    return len(columns) == COLUMNS and STATUS.fullmatch(columns[4].strip()) is not None
