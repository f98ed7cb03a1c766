"""The codec under hostile and random input: it gives back what went in, or a WireError, and never costs memory."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.wire import (
    DEFAULT_LIMITS,
    Batch,
    DeviceBlock,
    Dropped,
    Event,
    Limits,
    Receipt,
    State,
    WireError,
    absolute_times,
    decode,
    decode_batch,
    encode,
    readings_in,
    relative_times,
    size_of,
)
from device_profiles.wire.codec import Compression

NOW = 1_725_954_600_000
COMPRESSIONS: tuple[Compression, ...] = ("none", "gzip", "zstd")
MEBIBYTE = 1024 * 1024

identifiers = st.text("ABCabc019._:-", min_size=1, max_size=64)
names = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
whole = st.integers(min_value=-(2**63), max_value=2**63 - 1)
scalars = whole | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text(max_size=40)


@st.composite
def columns(draw: st.DrawFn, rows: int) -> tuple[list[object], list[tuple[int, str]]]:
    """A column of cells with quality codes that fit it."""
    cells = draw(st.lists(scalars | st.none(), min_size=rows, max_size=rows))
    marked = draw(st.sets(st.integers(min_value=0, max_value=rows - 1)))
    return cells, [(row, "bad:range" if cells[row] is None else "uncertain:flat") for row in sorted(marked)]


@st.composite
def blocks(draw: st.DrawFn, device: str) -> DeviceBlock:
    """The readings of one device."""
    times = draw(st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, max_size=8))
    drawn = {key: draw(columns(len(times))) for key in draw(st.sets(names, min_size=1, max_size=3))}
    points = {key: cells for key, (cells, _) in drawn.items()}
    quality = {key: marks for key, (_, marks) in drawn.items() if marks}
    return DeviceBlock(device=device, profile=draw(names), times=times, points=points, quality=quality)  # type: ignore[arg-type]


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Any batch that keeps the contract."""
    devices = [draw(blocks(device)) for device in draw(st.sets(identifiers, max_size=3))]
    events = [
        Event(
            id=identifier, device="d", kind=draw(names), at=NOW, facts=draw(st.dictionaries(names, scalars, max_size=3))
        )
        for identifier in draw(st.sets(identifiers, max_size=3))
    ]
    return Batch(
        v=1,
        epoch=draw(st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
        sequence=draw(st.integers(min_value=3, max_value=2**53)),
        base=draw(st.integers(min_value=0, max_value=2**53)),
        devices=devices,
        events=events,
        dropped=draw(st.sampled_from([[], [Dropped(first=1, last=2, reason="age", readings=4, begin=0, end=NOW)]])),
        clock=draw(st.sampled_from(["good", "doubtful"])),
    )


def _batch(rows: int = 3) -> Batch:
    block = DeviceBlock(
        device="d1",
        profile="p",
        times=relative_times([NOW + 1000 * row for row in range(rows)]),
        points={"level_m": [30.0 + row / 100 for row in range(rows)], "batt_v": [None] * rows},
        quality={"batt_v": [(0, "bad:timeout")]},
    )
    return Batch(v=1, epoch="0123456789abcdef", sequence=1, base=0, devices=[block])


@given(batch=batches(), compression=st.sampled_from(COMPRESSIONS))
@settings(max_examples=150, deadline=None)
def test_what_goes_in_comes_out(batch: Batch, compression: Compression) -> None:
    again = decode_batch(encode(batch, compression))
    assert again == batch
    assert size_of(again) == size_of(batch) == _counted_cell_by_cell(batch)


def _counted_cell_by_cell(batch: Batch) -> int:
    readings = len(batch.events)
    for block in batch.devices:
        for key, column in block.points.items():
            bad = {row for row, code in block.quality.get(key, []) if code.startswith("bad:")}
            readings += sum(1 for row, cell in enumerate(column) if cell is not None or row in bad)
    return readings


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_message_cut_at_any_byte_is_refused(compression: Compression) -> None:
    payload = encode(_batch(), compression)
    assert decode_batch(payload) == _batch()
    for end in range(len(payload)):
        with pytest.raises(WireError):
            decode_batch(payload[:end])


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_changed_byte_gives_a_batch_or_a_wire_error_and_nothing_else(compression: Compression) -> None:
    payload = encode(_batch(), compression)
    refused = dict.fromkeys(range(len(payload)), 0)
    for position in refused:
        for byte in (0, 0x22, 0x5B, 0x7F, 0xFF, payload[position] ^ 1):
            changed = payload[:position] + bytes([byte]) + payload[position + 1 :]
            refused[position] += not _is_accepted(changed)
    assert refused[0] == 6, "whatever does not begin as a message is none"
    assert sum(refused.values()) > len(payload)


@given(payload=st.binary(max_size=200), magic=st.sampled_from([b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b'{"v":1,']))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_batch_or_a_wire_error_and_nothing_else(payload: bytes, magic: bytes) -> None:
    assert _is_accepted(magic + payload) in {True, False}


def _is_accepted(payload: bytes) -> bool:
    """False when it is refused; what is accepted is whole: it can be sent on and comes back equal."""
    try:
        batch = decode_batch(payload)
    except WireError:
        return False
    assert decode_batch(encode(batch)) == batch
    return True


def test_too_many_bytes_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(WireError, match="too_large") as caught:
        decode_batch(b"[" * (DEFAULT_LIMITS.wire_bytes + 1))
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("bomb", ["gzip", "zstd", "zstd_of_zeros_in_one_frame"])
def test_a_bomb_is_refused_without_costing_memory(bomb: str) -> None:
    plain = b'{"v":1}' + b" " * (60 * MEBIBYTE)
    payload = gzip.compress(plain, 9) if bomb == "gzip" else zstandard.ZstdCompressor(level=3).compress(plain)
    if bomb.endswith("frame"):
        payload = zstandard.ZstdCompressor(level=1).compress(bytes(200 * MEBIBYTE))
    del plain
    assert len(payload) < DEFAULT_LIMITS.wire_bytes
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="bomb"):
            decode_batch(payload)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5 * MEBIBYTE


def test_a_zstd_frame_that_lies_about_its_size_is_refused() -> None:
    honest = zstandard.ZstdCompressor(level=3).compress(encode(_batch(50)))
    size = zstandard.frame_content_size(honest)
    lying = honest.replace((size - 256).to_bytes(2, "little"), (size - 257).to_bytes(2, "little"), 1)
    assert lying != honest
    assert zstandard.frame_content_size(lying) == size - 1
    with pytest.raises(WireError, match="malformed"):
        decode_batch(lying)


def test_deep_nesting_is_refused() -> None:
    for opener in (b"[", b'{"a":', b'{"devices":['):
        with pytest.raises(WireError):
            decode_batch(opener * 15_000)
        with pytest.raises(WireError):
            decode(opener * 15_000, State)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400, "-" + "9" * 30, str(2**63)])
@pytest.mark.parametrize("place", ["cell", "time", "sequence", "fact"])
def test_numbers_that_no_store_keeps_are_refused(number: str, place: str) -> None:
    numbers = {"cell": "1", "time": str(NOW), "sequence": "1", "fact": "1", place: number}
    devices = f'{{"device":"d","profile":"p","times":[{numbers["time"]}],"points":{{"a":[{numbers["cell"]}]}}}}'
    events = f'{{"id":"e","device":"d","kind":"k","at":0,"facts":{{"f":{numbers["fact"]}}}}}'
    head = f'"v":1,"epoch":"0123456789abcdef","sequence":{numbers["sequence"]},"base":0'
    text = f'{{{head},"devices":[{devices}],"events":[{events}]}}'
    with pytest.raises(WireError):
        decode_batch(text.encode())


def test_limits_of_ones_own_are_kept() -> None:
    payload = encode(_batch(100))
    with pytest.raises(WireError, match="too_many_readings"):
        decode_batch(payload, Limits(readings=199))
    assert size_of(decode_batch(payload, Limits(readings=200))) == 101


def test_a_null_without_a_code_is_no_reading_and_one_with_a_code_is() -> None:
    (block,) = _batch(3).devices
    assert readings_in(block) == 3 + 1


def test_times_become_absolute_and_relative_again() -> None:
    assert absolute_times([NOW, 5, 5]) == [NOW, NOW + 5, NOW + 10]
    assert relative_times([NOW, NOW + 5, NOW + 10]) == [NOW, 5, 5]
    assert relative_times([]) == absolute_times([]) == []


def test_other_messages_are_strict_too() -> None:
    receipt = Receipt(v=1, epoch="0123456789abcdef", committed=[(1, 4)])
    assert decode(encode(receipt, "gzip"), Receipt) == receipt
    with pytest.raises(WireError, match="malformed"):
        decode(b'{"v":1,"epoch":"0123456789abcdef","extra":1}', Receipt)
