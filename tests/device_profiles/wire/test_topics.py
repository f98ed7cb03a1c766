"""Topics: built in one place, parsed in the same, and the shards divide a fleet evenly."""

from __future__ import annotations

from collections import Counter

import pytest

from device_profiles.wire import Address, Channel, WireError, filter_for, parse_topic, shard_of, topic_for
from device_profiles.wire.topics import BATCHES, DOWN, RETAINED, UP


@pytest.mark.parametrize("channel", list(Channel))
def test_a_topic_says_whose_it_is(channel: Channel) -> None:
    assert parse_topic(topic_for("yb.tv:thao-01", channel)) == Address("yb.tv:thao-01", channel)


@pytest.mark.parametrize("gateway", ["", "a/b", "+", "#", "gw 1", "trạm", "a" * 65, "a\x00"])
def test_an_id_that_could_steer_a_broker_is_no_gateway(gateway: str) -> None:
    with pytest.raises(WireError) as caught:
        topic_for(gateway, Channel.READINGS)
    assert caught.value.reason == "gateway_id"


def test_a_gateway_cannot_pose_in_another_shard() -> None:
    other = next(f"gw-{number}" for number in range(100) if shard_of(f"gw-{number}") != shard_of("gw-x"))
    with pytest.raises(WireError):
        parse_topic(f"thacba/1/{shard_of(other)}/gw-x/readings")


def test_a_filter_hears_one_channel_of_all_or_of_one_shard() -> None:
    assert filter_for(Channel.BACKLOG) == "thacba/1/+/+/backlog"
    assert filter_for(Channel.BACKLOG, "0a") == "thacba/1/0a/+/backlog"


def test_channels_have_one_direction_each() -> None:
    assert set(UP) | set(DOWN) == set(Channel)
    assert not set(UP) & set(DOWN)
    assert set(UP) >= BATCHES
    assert not BATCHES & RETAINED


def test_shards_divide_a_fleet_evenly() -> None:
    sizes = Counter(shard_of(f"yb-{number:05d}") for number in range(10_000))
    assert len(sizes) == 256
    assert max(sizes.values()) < 2 * 10_000 / 256
