"""Pictures in RTP packets."""

from __future__ import annotations

import pytest

from simulators.devices.rtsp.jpeg_rtp import MAX_SCAN_BYTES, Picture, Stamp, interleaved, packets_of, take_apart
from simulators.devices.rtsp.scene import SIZE, SMALL_SIZE, Look, Scene

RTP_BYTES, JPEG_BYTES, TABLE_BYTES = 12, 8, 4 + 128


@pytest.mark.parametrize(("small", "size"), [(False, SIZE), (True, SMALL_SIZE)])
def test_a_picture_survives_the_way_through_packets(small: bool, size: tuple[int, int]) -> None:
    picture = take_apart(Scene(1).jpeg(Look(0.0, small=small)))
    packets = packets_of(picture, Stamp(sequence=65_534, time=2**32 + 5, source=9))
    assert (picture.width, picture.height) == size
    assert len(picture.tables) == 128
    assert len(packets) > 3
    assert [packet[1] >> 7 for packet in packets] == [0] * (len(packets) - 1) + [1]
    assert [int.from_bytes(packet[2:4], "big") for packet in packets[:3]] == [65_534, 65_535, 0]
    assert {packet[4:8] for packet in packets} == {b"\x00\x00\x00\x05"}
    assert {packet[18] * 8 for packet in packets} == {size[0]}
    assert {packet[19] * 8 for packet in packets} == {size[1]}
    first = packets[0][RTP_BYTES + JPEG_BYTES :]
    assert first[4:132] == picture.tables
    rest = b"".join(packet[RTP_BYTES + JPEG_BYTES :] for packet in packets[1:])
    assert first[132:] + rest == picture.scan


def test_offsets_say_where_each_part_belongs() -> None:
    packets = packets_of(Picture(16, 16, b"t" * 128, b"s" * (MAX_SCAN_BYTES * 2 + 1)), Stamp(0, 0, 0))
    assert [int.from_bytes(packet[13:16], "big") for packet in packets] == [0, MAX_SCAN_BYTES, MAX_SCAN_BYTES * 2]


def test_packets_lie_in_the_connection_with_channel_and_length() -> None:
    assert interleaved(b"abc", 1) == b"$\x01\x00\x03abc"
