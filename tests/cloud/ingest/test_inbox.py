"""The inbox is bounded and fair: who floods it loses his own messages, and is not served before the others."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.inbox import WEIGHT, Inbox
from cloud.metrics import Metric, Metrics
from device_profiles.wire import Channel, parse_topic, topic_for
from tests.fakes import ManualClock

PAYLOAD = b"x" * 100
FLOODER, QUIET = "flooder", [f"quiet-{number}" for number in range(20)]


def inbox(messages: int = 100, size: int = 1_000_000) -> tuple[Inbox, Metrics]:
    metrics = Metrics()
    return Inbox(ManualClock(), metrics, most_messages=messages, most_bytes=size), metrics


def put(box: Inbox, gateway: str, channel: Channel = Channel.READINGS, payload: bytes = PAYLOAD) -> None:
    box.put(topic_for(gateway, channel), payload)


def pop_all(box: Inbox) -> list[tuple[str, Channel, bytes]]:
    taken = []
    while len(box):
        arrival = box.pop()
        address = parse_topic(arrival.topic)
        taken.append((address.gateway, address.channel, arrival.payload))
    return taken


def test_one_flooding_gateway_pushes_out_nobody_and_delays_nobody() -> None:
    box, metrics = inbox()
    for _ in range(500):
        put(box, FLOODER)
    for gateway in QUIET:
        put(box, gateway, Channel.EVENTS)
        put(box, gateway)
    for _ in range(500):
        put(box, FLOODER)
    taken = pop_all(box)
    assert Counter(gateway for gateway, _, _ in taken) == {FLOODER: 60, **dict.fromkeys(QUIET, 2)}
    assert {gateway for gateway, _, _ in taken[:42]} == {FLOODER, *QUIET}  # they take turns
    assert metrics.value(Metric.LET_GO) == 940
    assert metrics.value(Metric.MESSAGES) == 1040


def test_a_flood_of_empty_messages_is_a_flood() -> None:
    box, _ = inbox()
    for _ in range(500):
        put(box, FLOODER, payload=b"")
    for gateway in QUIET:
        put(box, gateway)
    assert Counter(gateway for gateway, _, _ in pop_all(box)) == {FLOODER: 80, **dict.fromkeys(QUIET, 1)}


def test_what_is_new_goes_before_backlog_and_leaves_it_a_share() -> None:
    box, _ = inbox()
    for gateway in QUIET:
        put(box, gateway, Channel.BACKLOG)
        put(box, gateway, Channel.READINGS)
    channels = [channel for _, channel, _ in pop_all(box)]
    assert channels[:20].count(Channel.BACKLOG) == 5
    assert channels.count(Channel.BACKLOG) == 20


def test_a_storm_of_births_holds_up_no_event() -> None:
    box, _ = inbox()
    for gateway in QUIET:
        put(box, gateway, Channel.STATE)
        put(box, gateway, Channel.HEALTH)
    put(box, QUIET[-1], Channel.EVENTS)
    channels = [channel for _, channel, _ in pop_all(box)]
    assert Channel.EVENTS in channels[:2]
    assert (channels.count(Channel.STATE), channels.count(Channel.HEALTH)) == (20, 20)


def test_new_messages_push_out_backlog_and_backlog_pushes_out_nothing_new() -> None:
    box, metrics = inbox(messages=20)
    for gateway in QUIET:
        put(box, gateway, Channel.BACKLOG)
    for gateway in QUIET:
        put(box, gateway, Channel.EVENTS)
    for gateway in QUIET:
        put(box, gateway, Channel.BACKLOG)
    assert [channel for _, channel, _ in pop_all(box)] == [Channel.EVENTS] * 20
    assert metrics.value(Metric.LET_GO) == 40


def test_the_bound_in_bytes_holds_and_a_message_beyond_it_alone_goes() -> None:
    box, metrics = inbox(size=3 * (WEIGHT + 100))
    for gateway in QUIET[:4]:
        put(box, gateway)
    assert (len(box), box.size_bytes) == (3, 3 * (WEIGHT + 100))
    put(box, FLOODER, payload=b"x" * 10_000)
    assert metrics.value(Metric.LET_GO) >= 2
    assert box.size_bytes <= 3 * (WEIGHT + 100)


@given(
    st.lists(
        st.one_of(
            st.none(), st.tuples(st.sampled_from("abcd"), st.sampled_from(["readings", "backlog"]), st.integers(0, 500))
        ),
        max_size=120,
    )
)
def test_whatever_comes_the_bounds_hold_and_each_gateway_keeps_its_order(
    steps: list[tuple[str, str, int] | None],
) -> None:
    box, metrics = inbox(messages=10, size=10_000)
    sent, out = 0, []
    for number, step in enumerate(steps):
        if step is None:
            if len(box):
                out.append(box.pop())
            continue
        gateway, channel, size = step
        put(box, gateway, Channel(channel), b"%06d" % number + b"x" * size)
        sent += 1
        assert len(box) <= 10
        assert box.size_bytes <= 10_000
    while len(box):
        out.append(box.pop())
    assert box.size_bytes == 0
    assert len(out) + metrics.value(Metric.LET_GO) == sent
    by_topic: dict[str, list[bytes]] = {}
    for arrival in out:
        by_topic.setdefault(arrival.topic, []).append(arrival.payload[:6])
    assert all(numbers == sorted(numbers) for numbers in by_topic.values())
