"""Rows as Parquet: one row group for each piece, compressed; `pyarrow` is the extra `parquet`."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow
import pyarrow.parquet

from cloud.exports.order import ExportRow

SCHEMA = pyarrow.schema(
    [
        ("at", pyarrow.timestamp("ms", tz="UTC")),
        ("point", pyarrow.dictionary(pyarrow.int32(), pyarrow.string())),
        ("unit", pyarrow.dictionary(pyarrow.int32(), pyarrow.string())),
        *((name, pyarrow.float64()) for name in ("minimum", "maximum", "mean", "last")),
        ("count", pyarrow.int64()),
    ]
)


class ParquetRows:
    """Hands out what the writer has written so far, and forgets it."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self) -> None:
        self._written = _Drain()
        self._writer = pyarrow.parquet.ParquetWriter(self._written, SCHEMA, compression="zstd")

    def begin(self) -> bytes:
        """The mark of the format."""
        return self._written.taken()

    def more(self, rows: Sequence[ExportRow]) -> bytes:
        """A piece."""
        if rows:
            columns = {name: [getattr(row, name) for row in rows] for name in SCHEMA.names}
            self._writer.write_table(pyarrow.table(columns, schema=SCHEMA))
        return self._written.taken()

    def end(self) -> bytes:
        """The table of contents, which stands last."""
        self._writer.close()
        return self._written.taken()


class _Drain(io.RawIOBase):
    """A file that only grows and keeps nothing that was taken."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, chunk: object) -> int:
        """Takes more."""
        piece = bytes(memoryview(chunk))  # type: ignore[arg-type]
        self._chunks.append(piece)
        self._at += len(piece)
        return len(piece)

    def tell(self) -> int:
        """How much was ever written."""
        return self._at

    def taken(self) -> bytes:
        """What came since the last time."""
        found, self._chunks = b"".join(self._chunks), []
        return found
