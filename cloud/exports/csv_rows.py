"""Rows as CSV (RFC 4180): UTF-8, points as decimal marks, times in UTC."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import UTC, datetime

from cloud.exports.order import ExportRow


class CsvRows:
    """Gives the bytes of each piece at once."""

    media_type = "text/csv; charset=utf-8"

    def begin(self) -> bytes:
        """The names of the columns."""
        return _lines([["time_utc", *(each.name for each in fields(ExportRow))]])

    def more(self, rows: Sequence[ExportRow]) -> bytes:
        """A piece."""
        return _lines([[_moment(row.at), *astuple(row)] for row in rows])

    def end(self) -> bytes:
        """Nothing stands at the end."""
        return b""


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
