"""PMTiles files for tests, written by the library's own writer: pictures, and shapes."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from math import asinh, floor, pi, radians, tan
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, serialize_header, zxy_to_tileid
from pmtiles.writer import Writer

YEN_BAI = (103.86, 21.31, 105.15, 22.3)  # west, south, east, north


def header(
    kind: TileType, packing: Compression, *, zooms: tuple[int, int], bounds: tuple[float, ...]
) -> dict[str, Any]:
    """What the file says of itself."""
    west, south, east, north = (round(each * 1e7) for each in bounds)
    return {
        "tile_type": kind,
        "tile_compression": packing,
        "min_zoom": zooms[0],
        "max_zoom": zooms[1],
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": zooms[0],
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def columns_of(zoom: int, bounds: tuple[float, ...] = YEN_BAI) -> list[tuple[int, int]]:
    """The tiles (column, row) that cover a part of the world; Web Mercator (EPSG:3857)."""

    def place(lon: float, lat: float) -> tuple[int, int]:
        share = (1 - asinh(tan(radians(lat))) / pi) / 2
        return floor((lon + 180) / 360 * 2**zoom), floor(share * 2**zoom)

    west, south, east, north = bounds
    (left, bottom), (right, top) = place(west, south), place(east, north)
    return [(column, row) for column in range(left, right + 1) for row in range(top, bottom + 1)]


def picture(red: int, green: int, blue: int, size: int = 256) -> bytes:
    """A PNG of one colour."""
    rows = b"".join(b"\0" + bytes((red, green, blue)) * size for _ in range(size))

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    about = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", about) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def shape() -> bytes:
    """A vector tile (MVT 2.1) whose layer `water` has one square over the middle of the tile, as protobuf."""
    square = [9, 2048, 2048, 26, 4096, 0, 0, 4096, 4095, 0, 15]  # move to (1024, 1024), three lines, close
    geometry = b"".join(_varint(each) for each in square)
    feature = b"\x18\x03" + b"\x22" + _varint(len(geometry)) + geometry
    layer = b"\x78\x02" + b"\x0a\x05water" + b"\x12" + _varint(len(feature)) + feature + b"\x28" + _varint(4096)
    return b"\x1a" + _varint(len(layer)) + layer


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes((*found, number))


def raster(path: Path, *, bounds: tuple[float, ...] = YEN_BAI, zooms: tuple[int, int] = (7, 9)) -> Path:
    """Pictures of one colour a zoom over old Yên Bái."""
    return _written(path, TileType.PNG, Compression.NONE, picture(30, 90, 60), bounds=bounds, zooms=zooms)


def vector(path: Path, *, bounds: tuple[float, ...] = YEN_BAI, zooms: tuple[int, int] = (7, 9)) -> Path:
    """Water in the middle of every tile, packed with gzip."""
    return _written(path, TileType.MVT, Compression.GZIP, gzip.compress(shape()), bounds=bounds, zooms=zooms)


def _written(
    path: Path, kind: TileType, packing: Compression, tile: bytes, *, bounds: tuple[float, ...], zooms: tuple[int, int]
) -> Path:
    target = io.BytesIO()
    writer = Writer(target)
    for zoom in range(zooms[0], zooms[1] + 1):
        for number in sorted(zxy_to_tileid(zoom, *place) for place in columns_of(zoom, bounds)):
            writer.write_tile(number, tile)
    about = {"attribution": '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap</a> <b>ODbL</b>'}
    writer.finalize(header(kind, packing, zooms=zooms, bounds=bounds), about)
    path.write_bytes(target.getvalue())
    return path


def around(directory: bytes, *, metadata: bytes = b"{}", leaf: bytes = b"") -> bytes:
    """A file of pictures whose parts are as they are given (not packed yet), whatever they say."""
    root, told, leaves = (gzip.compress(each) for each in (directory, metadata, leaf))
    start = header(TileType.PNG, Compression.NONE, zooms=(0, 9), bounds=YEN_BAI) | {
        "version": 3,
        "internal_compression": Compression.GZIP,
        "clustered": True,
        "root_offset": 127,
        "root_length": len(root),
        "metadata_offset": 127 + len(root),
        "metadata_length": len(told),
        "leaf_directory_offset": 127 + len(root) + len(told),
        "leaf_directory_length": len(leaves),
        "tile_data_offset": 127 + len(root) + len(told) + len(leaves),
        "tile_data_length": 4,
        "addressed_tiles_count": 1,
        "tile_entries_count": 1,
        "tile_contents_count": 1,
    }
    return bytes(serialize_header(start)) + root + told + leaves + b"tile"


def listed(*entries: tuple[int, int, int, int]) -> bytes:
    """A directory, not packed: (number of the tile, run, length, offset) each; run 0 = another directory."""
    ids = [entry[0] for entry in entries]
    steps = [each - before for each, before in zip(ids, [0, *ids], strict=False)]
    numbers = [len(entries), *steps, *(e[1] for e in entries), *(e[2] for e in entries), *(e[3] + 1 for e in entries)]
    return b"".join(map(_varint, numbers))
