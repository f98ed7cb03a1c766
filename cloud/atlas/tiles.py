"""The province's own map as tiles in a PMTiles file: checked when it comes, read piece by piece when it is asked.

Format: PMTiles version 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md).
"""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from cloud.errors import CloudError

HEADER: Final = 127  # bytes
DEEPEST: Final = 3  # directories between the header and a tile
MOST_DIRECTORY: Final = 1_000_000  # bytes, unpacked; some 200,000 entries
MOST_KNOWN: Final = 64  # directories that are remembered
MOST_TILE: Final = 8_000_000
MOST_METADATA: Final = 4_000_000
MOST_WORDS: Final = 5_000  # letters of the source, with its marks
ENDLESS: Final = re.compile(rb"[\x80-\xff]{10}")  # no number of 64 bits is written so
HIGHEST_ZOOM: Final = 22
CUT_OFF: Final = "the file is cut off: copy it again"
MEDIA: Final = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}


class TilesError(CloudError):
    """The file cannot be used as a map; the text says why."""


class TileKind(StrEnum):
    """How browsers draw them."""

    RASTER = "raster"
    VECTOR = "vector"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the file says of itself. Degrees in WGS 84; `zipped`: tiles are packed with gzip."""

    kind: TileKind
    media_type: str
    zipped: bool
    min_zoom: int
    max_zoom: int
    west: float
    south: float
    east: float
    north: float
    attribution: str
    root: tuple[int, int]
    leaves: int
    tiles: int

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a place lies on it."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


class TileMap:
    """One file, as it was when it was looked at. Synchronous: callers on the event loop use a worker thread."""

    def __init__(self, path: Path) -> None:
        """Reads what the file says of itself; TilesError when it is no map that can be shown."""
        self._path = path
        self._known: dict[tuple[int, int], list[Entry]] = {}
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            self.size, self._file = state.st_size, state.st_ino
            header = _header(file)
            for part in ("root", "metadata", "leaf_directory", "tile_data"):
                if header[f"{part}_offset"] + header[f"{part}_length"] > self.size:
                    raise TilesError(CUT_OFF)
            self.sheet = _sheet(header, _attribution(file, header))
            self._look(file)

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """One tile as it lies in the file; None = there is none. TilesError for a spoiled file."""
        sheet = self.sheet
        if not (sheet.min_zoom <= zoom <= sheet.max_zoom and 0 <= column < 1 << zoom and 0 <= row < 1 << zoom):
            return None
        number = zxy_to_tileid(zoom, column, row)
        offset, length = sheet.root
        with self._path.open("rb") as file:
            if os.fstat(file.fileno()).st_ino != self._file:
                return None  # another map has just taken its place
            for _ in range(DEEPEST + 1):
                entry = find_tile(self._directory(file, offset, length), number)
                if entry is None:
                    return None
                if entry.run_length:
                    return _piece(file, sheet.tiles + entry.offset, entry.length, MOST_TILE)
                offset, length = sheet.leaves + entry.offset, entry.length
        raise TilesError("its directories lead nowhere")

    def _look(self, file: BinaryIO) -> None:
        """At the first thing in it, so that a spoiled file is told when it comes."""
        entries = self._directory(file, *self.sheet.root)
        if not entries:
            raise TilesError("the file has no tiles")
        if entries[0].run_length:
            _piece(file, self.sheet.tiles + entries[0].offset, entries[0].length, MOST_TILE)
        else:
            self._directory(file, self.sheet.leaves + entries[0].offset, entries[0].length)

    def _directory(self, file: BinaryIO, offset: int, length: int) -> list[Entry]:
        place = offset, length
        if place not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            packed = _piece(file, offset, length, MOST_DIRECTORY)
            if ENDLESS.search(_unpacked(packed, MOST_DIRECTORY)):
                raise TilesError("one of its directories is spoiled: a number in it has no end")
            try:
                self._known[place] = list(deserialize_directory(packed))
            except (EOFError, ValueError, OverflowError) as error:
                raise TilesError(f"one of its directories is spoiled: {error}") from error
        return self._known[place]


def _header(file: BinaryIO) -> dict[str, Any]:
    start = os.pread(file.fileno(), HEADER, 0)
    if len(start) < HEADER or start[:7] != b"PMTiles":
        raise TilesError("it is no PMTiles file")
    if start[7] != 3:
        raise TilesError(f"it is PMTiles version {start[7]}, and version 3 is wanted: `pmtiles convert` makes it")
    try:
        return dict(deserialize_header(start))
    except ValueError as error:
        raise TilesError(f"its header is unknown: {error}") from error


def _sheet(header: dict[str, Any], attribution: str) -> Sheet:
    if header["internal_compression"] is not Compression.GZIP:
        raise TilesError("its directories are not packed with gzip")
    if header["tile_compression"] not in (Compression.NONE, Compression.GZIP):
        raise TilesError(f"its tiles are packed with {header['tile_compression'].name.lower()}, not with gzip")
    if header["tile_type"] not in MEDIA:
        raise TilesError(f"tiles of type {header['tile_type'].name} cannot be shown")
    west, south, east, north = (header[f"{side}_e7"] / 1e7 for side in ("min_lon", "min_lat", "max_lon", "max_lat"))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise TilesError("it does not say which part of the world it shows")
    if not header["min_zoom"] <= header["max_zoom"] <= HIGHEST_ZOOM:
        raise TilesError(f"its zooms {header['min_zoom']} to {header['max_zoom']} make no sense")
    return Sheet(
        kind=TileKind.VECTOR if header["tile_type"] is TileType.MVT else TileKind.RASTER,
        media_type=MEDIA[header["tile_type"]],
        zipped=header["tile_compression"] is Compression.GZIP,
        min_zoom=header["min_zoom"],
        max_zoom=header["max_zoom"],
        west=west,
        south=south,
        east=east,
        north=north,
        attribution=attribution,
        root=(header["root_offset"], header["root_length"]),
        leaves=header["leaf_directory_offset"],
        tiles=header["tile_data_offset"],
    )


def _attribution(file: BinaryIO, header: dict[str, Any]) -> str:
    """Whose data it is, as plain words: files say it in HTML."""
    packed = _piece(file, header["metadata_offset"], header["metadata_length"], MOST_METADATA)
    try:
        told = msgspec.json.decode(_unpacked(packed, MOST_METADATA))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise TilesError(f"what it says of itself is no JSON: {error}") from error
    words = told.get("attribution") if isinstance(told, dict) else None
    return _plain(words[:MOST_WORDS])[:300] if isinstance(words, str) else ""


class _Words(HTMLParser):
    """The words between the marks."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _plain(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())


def _piece(file: BinaryIO, offset: int, length: int, most: int) -> bytes:
    if not 0 < length <= most:
        raise TilesError(f"a piece of it has {length} bytes, and {most} at most are read")
    try:
        found = os.pread(file.fileno(), length, offset)
    except (OSError, OverflowError) as error:
        raise TilesError(f"it cannot be read: {error}") from error
    if len(found) < length:
        raise TilesError(CUT_OFF)
    return found


def _unpacked(packed: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(31)
    try:
        found = unpacker.decompress(packed, most)
    except zlib.error as error:
        raise TilesError(f"a piece of it is not packed with gzip: {error}") from error
    if not unpacker.eof:
        raise TilesError("a piece of it is cut off, or larger than it may be")
    return found
