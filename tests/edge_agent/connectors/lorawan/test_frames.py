"""Bytes of frames, counters and times: whatever arrives, numbers or nothing come out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from device_profiles.load import load_catalogue
from device_profiles.sources.lorawan import ByteLayout, ByteTest, LorawanSource
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.lorawan.counting import Arrival, Count, step
from edge_agent.connectors.lorawan.downlink import frame_for
from edge_agent.connectors.lorawan.frames import channels_in, counts, number_in
from edge_agent.connectors.lorawan.recorded import observe
from edge_agent.connectors.lorawan.uplink import uplink_in
from tests.readme_check import assert_documented

NOW = 1_725_926_400_000
MODELS = [each for each in load_catalogue().profiles.values() if each.protocol == "lorawan"]


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (ByteLayout(at=0, encoding="u16"), 0x8102),
        (ByteLayout(at=0, encoding="u16", order="little"), 0x0281),
        (ByteLayout(at=0, encoding="s16"), 0x8102 - 0x10000),
        (ByteLayout(at=1, encoding="u24"), 0x0203FF),
        (ByteLayout(at=0, encoding="u16", mask=0x3FFF), 0x0102),
        (ByteLayout(at=0, encoding="u8", mask=0xC0), 0b10),
        (ByteLayout(at=3, encoding="u8", absent=(0xFF,)), None),
        (ByteLayout(at=3, encoding="u16"), None),
        (ByteLayout(at=241, encoding="u8"), None),
    ],
)
def test_a_number_lies_where_the_layout_says(layout: ByteLayout, expected: int | None) -> None:
    assert number_in(b"\x81\x02\x03\xff", layout) == expected


def test_real_numbers_are_read_in_both_orders() -> None:
    assert number_in(b"\x00\x00\x20\x41", ByteLayout(at=0, encoding="f32", order="little")) == 10.0
    assert number_in(b"\x41\x20\x00\x00", ByteLayout(at=0, encoding="f32")) == 10.0


def test_a_frame_of_another_kind_does_not_count() -> None:
    layout = ByteLayout(at=0, only_if=ByteTest(at=1, mask=0xF0, equals=2))
    assert counts(b"\x00\x2f", layout)
    assert not counts(b"\x00\x3f", layout)
    assert not counts(b"\x00", layout)


def test_channels_stand_in_any_order_and_an_unknown_type_ends_the_reading() -> None:
    assert channels_in(bytes.fromhex("03670101017564")) == ({(3, 0x67): b"\x01\x01", (1, 0x75): b"\x64"}, True)
    assert channels_in(bytes.fromhex("017564099905")) == ({(1, 0x75): b"\x64"}, False)
    assert channels_in(bytes.fromhex("01756403")) == ({(1, 0x75): b"\x64"}, False)
    assert channels_in(b"") == ({}, True)


@settings(deadline=None)
@given(st.binary(max_size=250))
def test_no_frame_ends_the_agent(frame: bytes) -> None:
    found, _ = channels_in(frame)
    assert sum(len(value) + 2 for value in found.values()) <= len(frame)


nested = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "time", "fCnt", "fPort", "rxInfo", "rssi", "object", "txInfo", "margin", "devAddr"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=14,
)


@settings(deadline=None)
@given(st.sampled_from(MODELS), nested)
def test_no_event_ends_the_agent(model: object, document: object) -> None:
    observe("d", model, document)  # type: ignore[arg-type]
    uplink_in(document, now_ms=NOW)  # type: ignore[arg-type]


def test_a_time_of_tomorrow_is_doubted_and_one_of_nanoseconds_is_read() -> None:
    assert uplink_in({"time": "2024-09-10T00:00:01.123456789+00:00"}, now_ms=NOW).at_ms == NOW + 1123
    assert uplink_in({"time": "2031-01-01T00:00:00+00:00"}, now_ms=NOW).at_ms == -1
    assert uplink_in({}, now_ms=NOW).at_ms is None


arrivals = st.builds(
    Arrival,
    f_cnt=st.integers(0, 12),
    at_ms=st.integers(0, 12),
    address=st.sampled_from(["a", "b"]),
    mark=st.integers(0, 30).map(str),
    digest=st.sampled_from(["x", "y"]),
)


@settings(deadline=None)
@given(st.lists(arrivals, max_size=30))
def test_a_counter_never_loses_less_than_nothing_and_counts_a_mark_once(frames: list[Arrival]) -> None:
    count, taken = Count(), []
    for frame in frames:
        count, verdict, lost = step(count, frame)
        assert lost is None or lost >= 0
        if verdict != "repeated":
            taken.append(frame.mark)
    assert len(taken) == len(set(taken))


def test_an_order_fits_into_its_frame_or_is_none() -> None:
    source = LorawanSource(port=10, frame="a1{u16le}{u8}")
    assert frame_for(source, 5) == bytes.fromhex("a1050005")
    assert frame_for(source, 256) is None
    assert frame_for(source, -1) is None
    assert frame_for(source, 1.5) is None
    assert frame_for(source, "5") is None
    assert frame_for(LorawanSource(port=85, frame="07{u8}ff"), True) == bytes.fromhex("0701ff")


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"path": "a", "radio": "f_cnt"},
        {"frame": "00"},
        {"layout": {}},
        {"layout": {"at": 0, "encoding": "s8", "mask": 1}},
    ],
    ids=["nothing", "both", "no_port", "no_place", "signed_bits"],
)
def test_a_source_says_one_thing(source: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LorawanSource.model_validate(source)


def test_each_field_of_the_configuration_is_described() -> None:
    assert_documented("edge_agent/connectors/lorawan", LorawanConnection)
