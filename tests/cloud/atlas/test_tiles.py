"""The province's tiles: what is in the file is served, and nothing that is no map takes the place of one."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.atlas import tile_shelf
from cloud.atlas.tile_shelf import TileShelf
from cloud.atlas.tiles import HEADER, TileMap, TilesError
from tests.cloud.atlas.sheets import YEN_BAI, around, columns_of, listed, picture, raster, shape, vector
from tests.disks import small_disk


def test_each_tile_of_the_file_is_there_and_no_other(tmp_path: Path) -> None:
    tiles = TileMap(raster(tmp_path / "a.pmtiles", zooms=(6, 12)))
    for zoom in range(6, 13):
        assert all(tiles.tile(zoom, *place) == picture(30, 90, 60) for place in columns_of(zoom))
    assert tiles.tile(9, 0, 0) is None
    assert tiles.tile(5, *columns_of(5)[0]) is None, "a zoom that the file has not"
    assert tiles.tile(9, 1 << 9, 0) is None, "no such column on earth"
    assert (tiles.sheet.west, tiles.sheet.north) == (YEN_BAI[0], YEN_BAI[3])
    assert (tiles.sheet.media_type, tiles.sheet.zipped) == ("image/png", False)


def test_shapes_are_served_as_they_are_packed_and_the_source_is_told_in_plain_words(tmp_path: Path) -> None:
    tiles = TileMap(vector(tmp_path / "a.pmtiles"))
    packed = tiles.tile(9, *columns_of(9)[0])
    assert packed is not None
    assert zlib.decompress(packed, 31) == shape()
    assert (tiles.sheet.kind, tiles.sheet.zipped) == ("vector", True)
    assert tiles.sheet.attribution == "© OpenStreetMap ODbL"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda whole: b"GIF89a" + whole, "no PMTiles"),
        (lambda whole: whole[:100], "no PMTiles"),
        (lambda whole: whole[:7] + b"\x02" + whole[8:], "version 2"),
        (lambda whole: whole[:-10], "cut off"),
        (lambda whole: whole[:97] + b"\x03" + whole[98:], "directories are not packed with gzip"),
        (lambda whole: whole[:98] + b"\x04" + whole[99:], "packed with zstd"),
        (lambda whole: whole[:99] + b"\x06" + whole[100:], "type MLT"),
        (lambda whole: whole[:99] + b"\x63" + whole[100:], "header is unknown"),
        (lambda whole: whole[:101] + b"\x63" + whole[102:], "make no sense"),
        (lambda whole: whole[:102] + whole[110:114] + whole[106:], "which part of the world"),
        (lambda whole: whole[:HEADER] + bytes(20) + whole[HEADER + 20 :], "not packed with gzip"),
    ],
)
def test_what_is_no_map_is_refused_with_the_reason(tmp_path: Path, spoil: object, words: str) -> None:
    whole = raster(tmp_path / "a.pmtiles").read_bytes()
    spoilt = tmp_path / "b.pmtiles"
    spoilt.write_bytes(spoil(whole))  # type: ignore[operator]
    with pytest.raises(TilesError, match=words):
        TileMap(spoilt)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_file_that_is_spoiled_anywhere_gives_tiles_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("spoiled") / "a.pmtiles"
    whole = bytearray(vector(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    with contextlib.suppress(TilesError):  # anything else would be a page that fails
        tiles = TileMap(path)
        for place in columns_of(8):
            tiles.tile(8, *place)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (around(bytes([0])), "has no tiles"),
        (around(listed((0, 1, 4, 1 << 62))), "cannot be read|cut off"),
        (around(listed((0, 1, 1 << 40, 0))), "at most are read"),
        (around(listed((0, 0, 400, 0))), "cut off"),
        (around(b"\xff" * 1_000_000), "has no end"),
        (around(listed((0, 1, 4, 0)), metadata=b"[" * 200_000), "no JSON"),
        (around(listed((0, 1, 4, 0)), metadata=b"\xff"), "no JSON"),
        (around(listed((0, 1, 4, 0)), metadata=b" " * 5_000_000), "larger than it may be"),
    ],
)
def test_directories_that_lead_astray_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.pmtiles"
    path.write_bytes(content)
    with pytest.raises(TilesError, match=words):
        TileMap(path)


def test_directories_that_lead_round_in_a_ring_end_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    ring = next(it for size in range(99) if len(gzip.compress(it := listed((0, 0, size, 0)))) == size)  # names itself
    path.write_bytes(around(ring, leaf=ring))
    with pytest.raises(TilesError, match="lead nowhere"):
        TileMap(path).tile(0, 0, 0)


def test_a_source_of_endless_marks_costs_nothing_and_keeps_its_first_words(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    told = msgspec.json.encode({"attribution": "Sở TN&amp;MT " + "<!" * 1_000_000})
    path.write_bytes(around(listed((0, 1, 4, 0)), metadata=told))
    tiles = TileMap(path)
    assert tiles.sheet.attribution.startswith("Sở TN&MT")
    assert tiles.tile(0, 0, 0) == b"tile"


@settings(max_examples=150, deadline=None)
@given(directory=st.binary(max_size=60), leaf=st.binary(max_size=60), metadata=st.binary(max_size=40))
def test_whatever_stands_in_the_directories_gives_tiles_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, directory: bytes, leaf: bytes, metadata: bytes
) -> None:
    path = tmp_path_factory.mktemp("random") / "a.pmtiles"
    path.write_bytes(around(directory, leaf=leaf, metadata=b'{"attribution":"' + metadata + b'"}'))
    with contextlib.suppress(TilesError):
        tiles = TileMap(path)
        for zoom in range(4):
            tiles.tile(zoom, 0, 0)


def brought(shelf: TileShelf, file: Path, *, by: str = "hoa", at: int = 5) -> None:
    content = file.read_bytes()
    with shelf.taking(len(content)) as arrival:
        arrival.write(content[:1000])
        arrival.write(content[1000:])
        arrival.look()
        shelf.put(arrival, by=by, at=at)


def test_a_file_takes_the_place_of_the_one_before_and_lasts_over_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    shelf = TileShelf(folder)
    assert shelf.tiles() is None
    brought(shelf, raster(tmp_path / "a.pmtiles"))
    before = shelf.tiles()
    brought(shelf, vector(tmp_path / "b.pmtiles"), by="lan")
    again = TileShelf(folder).tiles()
    assert again is not None
    assert (again.about.by, again.map.sheet.kind) == ("lan", "vector")
    assert [path.suffix for path in sorted(folder.iterdir())] == [".pmtiles", ".json"], "the former one is gone"
    assert before is not None
    with pytest.raises(OSError, match="No such file"):
        before.map.tile(9, *columns_of(9)[0])
    shelf.forget()
    assert (shelf.tiles(), TileShelf(folder).tiles(), list(folder.iterdir())) == (None, None, [])


def test_what_does_not_arrive_whole_or_is_too_large_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    shelf = TileShelf(folder)
    brought(shelf, raster(tmp_path / "a.pmtiles"))
    kept = sorted(folder.iterdir())
    with shelf.taking(0) as arrival:
        arrival.write(b"PMTiles")
        with pytest.raises(TilesError):
            arrival.look()
    with pytest.raises(TilesError, match="cut it to the province"):
        shelf.taking(tile_shelf.MAX_BYTES + 1)
    assert sorted(folder.iterdir()) == kept
    (folder / "tiles.json").write_text("{}")
    assert TileShelf(folder).tiles() is None
    with pytest.raises(TilesError, match="keeps no map"):
        TileShelf(None).taking(1)


def test_what_a_cut_left_behind_is_gone_when_the_centre_starts_again_and_what_comes_stays(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    brought(TileShelf(folder), raster(tmp_path / "a.pmtiles"))
    kept = sorted(folder.iterdir())
    (folder / ".tiles-cut.new").write_bytes(bytes(1000))  # as kill -9 leaves it
    (folder / "tiles-0123456789abcdef.pmtiles").write_bytes(bytes(1000))
    again = TileShelf(folder)
    with again.taking(0) as arrival:
        arrival.write(raster(tmp_path / "b.pmtiles").read_bytes())
        assert again.tiles() is not None
        arrival.look()
    assert sorted(folder.iterdir()) == kept


def test_what_a_cut_left_of_the_first_upload_is_gone_too(tmp_path: Path) -> None:
    (tmp_path / ".tiles-cut.new").write_bytes(bytes(1000))
    assert (TileShelf(tmp_path).tiles(), list(tmp_path.iterdir())) == (None, [])


def test_a_disk_that_alarms_need_takes_no_map(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder, pytest.raises(TilesError, match="has room for 0 bytes"):
        TileShelf(folder).taking(100)
