"""Lines as an independent parser reads them, and how quickly they are made."""

from __future__ import annotations

import time

import pytest
from line_protocol_parser import parse_line  # type: ignore[import-untyped]

from cloud.store.line_protocol import (
    NotStorableError,
    encode_columns,
    encode_event,
    encode_quality,
    event_time,
    halves,
    is_single,
    is_storable,
)
from device_profiles.schema import PointType
from device_profiles.wire.messages import Cell
from tests.cloud.store.blocks import NOW, block, rating

KINDS = {"a": PointType.FLOAT, "b": PointType.INT, "c": PointType.BOOL, "d": PointType.ENUM, "e": PointType.STRING}
ROW: dict[str, list[Cell]] = {"a": [1.5], "b": [-2], "c": [True], "d": [3], "e": ['say "mở" \\ a,b=c']}


def test_every_type_has_its_form() -> None:
    line = encode_columns(block(0, points=ROW, types=KINDS)).decode()
    assert line == (
        f'river_gauge,device=river,gateway=gw1,site=yen-bai a=1.5,b=-2i,c=1i,d=3i,e="say \\"mở\\" \\\\ a,b=c" {NOW}\n'
    )
    parsed = parse_line(line)
    assert parsed["tags"] == {"device": "river", "gateway": "gw1", "site": "yen-bai"}
    assert parsed["fields"] == {"a": 1.5, "b": -2, "c": 1, "d": 3, "e": 'say "mở" \\ a,b=c'}


def test_without_texts_and_holes_the_lines_are_the_same_as_with() -> None:
    plain = {key: ROW[key] * 3 for key in "abcd"}
    holed = {key: [*cells, None] for key, cells in plain.items()}
    quick, sparse = (
        encode_columns(block(*[0] * rows, points=points, types=KINDS)) for rows, points in ((3, plain), (4, holed))
    )
    assert quick == sparse
    assert len(quick.splitlines()) == 3


def test_a_hole_is_left_out_and_an_empty_row_is_no_line() -> None:
    points = {"a": [1.0, None, None], "b": [None, None, 2]}
    lines = encode_columns(block(0, 0, 0, points=points, types=KINDS)).decode().splitlines()
    assert [line.split(" ")[1] for line in lines] == ["a=1.0", "b=2i"]
    assert encode_columns(block(None, None)) == b""


def test_a_line_break_in_a_text_becomes_a_space() -> None:
    lines = encode_columns(block(0, points={"e": ["a\r\nb\nc\rd"]}, types=KINDS))
    assert b'e="a b c d"' in lines
    assert is_single(lines)


@pytest.mark.parametrize(
    ("cell", "reason"), [(float("nan"), "not_a_number"), (float("-inf"), "not_a_number"), ("12,5", "type")]
)
def test_what_is_no_number_is_not_storable(cell: object, reason: str) -> None:
    for cells in ([cell], [None, cell, 1.0]):
        with pytest.raises(NotStorableError, match=reason):
            encode_columns(block(*cells))


def test_quality_codes_are_lines_of_their_own() -> None:
    marks = {"level_m": [(0, "bad:range"), (2, "uncertain:rate")]}
    lines = encode_quality(block(None, 1.0, 2.0, quality=marks)).decode().splitlines()
    assert [parse_line(line)["fields"] for line in lines] == [{"code": "bad:range"}, {"code": "uncertain:rate"}]
    assert [parse_line(line)["time"] for line in lines] == [NOW, NOW + 2000]
    assert encode_quality(block(1.0)) == b""


def test_an_event_keeps_its_id_and_facts() -> None:
    placed = rating("e-1", rating=4, ok=True, word='"tốt"\n', id=7)
    parsed = parse_line(encode_event(placed).decode())
    assert parsed["fields"]["id"] == "e-1", "a fact of that name does not replace it"
    assert parsed["fields"]["rating"] == 4.0
    assert parsed["fields"]["ok"] == 1.0
    assert '"id":7' in parsed["fields"]["facts"]
    assert parsed["time"] == event_time("e-1", NOW)


def test_two_events_of_one_millisecond_have_two_times() -> None:
    times = {event_time(f"e{n}", NOW) for n in range(100)}
    assert len(times) == 100
    assert {at // 1_000_000 for at in times} == {NOW}


@pytest.mark.parametrize("wrong", ["", "a b", "a,b", "a=b", "a\n", "a\\", "ố", "x" * 65])
def test_ids_that_would_need_escaping_are_not_storable(wrong: str) -> None:
    assert is_storable("s", "g", "d", "level_m")
    assert not is_storable("s", wrong, "d", "level_m")


@pytest.mark.parametrize("wrong", ["", "A", "1a", "a b", "time", "gateway", "a.b"])
def test_names_that_collide_are_not_storable(wrong: str) -> None:
    assert not is_storable("s", "g", "d", wrong)


def test_halves_are_cut_between_lines() -> None:
    assert halves(b"a\nbb\n") == (b"a\n", b"bb\n")
    assert halves(b"aaaaaaaa\nb\n") == (b"aaaaaaaa\n", b"b\n")
    assert halves(b"a\nb\nc\nd\n") == (b"a\nb\n", b"c\nd\n")
    assert is_single(b"a\n")
    assert is_single(b"a")
    assert not is_single(b"a\nb\n")


def test_the_server_stays_the_bottleneck() -> None:
    """An InfluxDB takes under a million readings a second from one core: making the lines must cost far less."""
    keys = ("u1_v", "u2_v", "u3_v", "p_w", "hz")
    types = dict.fromkeys(keys, PointType.FLOAT)
    one = block(*range(20), points={key: [220.1 + n for n in range(20)] for key in keys}, types=types)
    best = min(_seconds_for(one, 300) for _ in range(5))
    assert 300 * 100 / best > 1_000_000, "readings per second; some six million on an idle machine"


def _seconds_for(one: object, rounds: int) -> float:
    began = time.thread_time()
    for _ in range(rounds):
        encode_columns(one)  # type: ignore[arg-type]
    return time.thread_time() - began
