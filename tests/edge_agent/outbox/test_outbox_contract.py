"""What every outbox promises, over every shelf: numbers, order, bounds, declared losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device_profiles.wire import Batch, Dropped, Receipt, Refused, decode_batch, size_of
from edge_agent.outbox.base import Bounds, Load, Loss, Outbox, Priority
from edge_agent.outbox.memory import memory_outbox
from edge_agent.outbox.sqlite import sqlite_outbox
from tests.edge_agent.samples import NOW, load

EVENTS, READINGS = Priority.EVENTS, Priority.READINGS
DAY_MS = 86_400_000
Open = Callable[[Bounds], Outbox]


@pytest.fixture(params=["memory", "sqlite"])
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[Outbox] = []

    def build(bounds: Bounds) -> Outbox:
        outbox: Outbox = (
            memory_outbox(bounds=bounds, compression="none")
            if request.param == "memory"
            else sqlite_outbox(tmp_path, bounds=bounds, compression="none")
        )
        opened.append(outbox)
        return outbox

    yield build
    for outbox in opened:
        outbox.close()


@pytest.fixture
def outbox(open_one: Open) -> Outbox:
    return open_one(Bounds())


def batches(outbox: Outbox, *, priority: Priority = READINGS) -> list[Batch]:
    parcels = outbox.peek(priority, after=0, before=2**53, limit=10_000)
    return [decode_batch(parcel.payload) for parcel in parcels]


def everything(outbox: Outbox) -> list[Batch]:
    return sorted([*batches(outbox), *batches(outbox, priority=EVENTS)], key=lambda batch: batch.sequence)


def receipt(outbox: Outbox, *ranges: tuple[int, int]) -> Receipt:
    return Receipt(v=1, epoch=outbox.counters().epoch, committed=list(ranges))


def test_batches_are_numbered_from_one_and_their_bases_add_up(outbox: Outbox) -> None:
    assert outbox.append([load(values=3), load(values=2, priority=EVENTS)], now=NOW) == [1, 2]
    assert outbox.append([load(values=4)], now=NOW) == [3]
    assert [(each.sequence, each.base, size_of(each)) for each in everything(outbox)] == [
        (1, 0, 3),
        (2, 3, 2),
        (3, 5, 4),
    ]
    counters = outbox.counters()
    assert (counters.next_sequence, counters.accepted) == (4, 9)
    assert (counters.backlog_batches, counters.backlog_readings) == (3, 9)
    assert counters.backlog_bytes == counters.appended_bytes > 0
    assert outbox.produced() == {"gauge": 9}


def test_priorities_are_peeked_apart_between_two_numbers(outbox: Outbox) -> None:
    outbox.append([load(), load(priority=EVENTS), load(), load(), load(priority=EVENTS)], now=NOW)
    found = outbox.peek(READINGS, after=1, before=4, limit=5)
    assert [parcel.sequence for parcel in found] == [3]
    assert [parcel.sequence for parcel in outbox.peek(EVENTS, after=0, before=99, limit=1)] == [2]
    assert [parcel.sequence for parcel in outbox.fetch([4, 77, 2])] == [2, 4]


def test_a_receipt_frees_what_it_names_and_nothing_else(outbox: Outbox) -> None:
    outbox.append([load() for _ in range(6)], now=NOW)
    mixed = Receipt(
        v=1,
        epoch=outbox.counters().epoch,
        committed=[(1, 2), (4, 4)],
        missing=[(3, 3)],
        refused=[Refused(sequence=5, reason="time_window")],
    )
    assert outbox.settle([mixed]) == 4
    assert [each.sequence for each in everything(outbox)] == [3, 6]
    assert outbox.settle([mixed]) == 0
    assert outbox.settle([Receipt(v=1, epoch="f" * 16, committed=[(1, 99)])]) == 0
    assert outbox.counters().backlog_batches == 2
    assert outbox.counters().dropped_readings == 0


def test_the_oldest_of_the_lowest_priority_goes_and_is_declared_in_the_new_batch(open_one: Open) -> None:
    outbox = open_one(Bounds(max_bytes=1500))
    outbox.append([load(priority=EVENTS, values=1)], now=NOW)
    while outbox.counters().dropped_readings == 0:
        outbox.append([load(values=5)], now=NOW)
    kept = everything(outbox)
    assert [each.sequence for each in kept][:2] == [1, 3]
    assert kept[-1].dropped == [Dropped(first=2, last=2, reason="full", readings=5, begin=NOW, end=NOW + 4000)]
    assert outbox.counters().backlog_bytes <= 1500


def test_events_do_not_give_way_to_readings(open_one: Open) -> None:
    outbox = open_one(Bounds(max_bytes=1000))
    while outbox.counters().dropped_readings == 0:
        outbox.append([load(priority=EVENTS, values=1)], now=NOW)
    before = len(batches(outbox, priority=EVENTS))
    outbox.append([load(values=2)], now=NOW)
    assert batches(outbox) == []
    outbox.append([load(priority=EVENTS, values=1)], now=NOW)
    assert len(batches(outbox, priority=EVENTS)) >= before - 1
    assert 2 in [drop.readings for each in everything(outbox) for drop in each.dropped]


def test_a_batch_that_never_fits_is_declared_and_evicts_nobody(open_one: Open) -> None:
    outbox = open_one(Bounds(max_bytes=1000))
    outbox.append([load(values=2)], now=NOW)
    outbox.append([load(values=900)], now=NOW)
    outbox.append([load(values=1)], now=NOW)
    assert [each.sequence for each in everything(outbox)] == [1, 3]
    assert [drop.readings for drop in everything(outbox)[1].dropped] == [900]
    assert outbox.counters().accepted == 903


def test_a_declaration_that_is_dropped_itself_is_declared_again(open_one: Open) -> None:
    outbox = open_one(Bounds(max_bytes=1200))
    for _ in range(40):
        outbox.append([load(values=5)], now=NOW)
    kept = everything(outbox)
    declared = {seq for each in kept for drop in each.dropped for seq in range(drop.first, drop.last + 1)}
    assert declared | {each.sequence for each in kept} == set(range(1, 41))
    assert sum(drop.readings for each in kept for drop in each.dropped) == outbox.counters().dropped_readings


def test_what_is_too_old_goes_and_an_empty_batch_says_so(open_one: Open) -> None:
    outbox = open_one(Bounds(max_days=2))
    outbox.append([load(values=4)], now=NOW)
    outbox.append([load(values=3)], now=NOW + DAY_MS)
    assert outbox.sweep(now=NOW + DAY_MS) == 0
    assert outbox.sweep(now=NOW + 2 * DAY_MS + 1) == 4
    kept = everything(outbox)
    assert [each.sequence for each in kept] == [2, 3]
    assert kept[1].dropped == [Dropped(first=1, last=1, reason="expired", readings=4, begin=NOW, end=NOW + 3000)]
    assert size_of(kept[1]) == 0
    assert outbox.sweep(now=NOW + 2 * DAY_MS + 1) == 0


def test_readings_that_never_reached_the_disk_take_a_number_and_are_declared(outbox: Outbox) -> None:
    loss = Loss({"gauge": 5, "meter": 2}, NOW, NOW + 9, "disk_full")
    outbox.append([load(values=1)], now=NOW, losses=[loss])
    [batch] = everything(outbox)
    assert (batch.sequence, batch.base) == (2, 7)
    assert batch.dropped == [Dropped(first=1, last=1, reason="disk_full", readings=7, begin=NOW, end=NOW + 9)]
    assert outbox.produced() == {"gauge": 6, "meter": 2}
    assert outbox.counters().accepted == 8


def test_a_long_list_of_drops_is_spread_over_batches(open_one: Open) -> None:
    outbox = open_one(Bounds(max_days=1))
    for _ in range(250):  # every second one stays, so that no two dropped ranges touch
        outbox.append([load(values=1)], now=NOW)
        outbox.append([load(values=1, priority=EVENTS)], now=NOW)
    outbox.settle([receipt(outbox, *[(n, n) for n in range(2, 501, 2)])])
    outbox.sweep(now=NOW + DAY_MS + 1)
    outbox.sweep(now=NOW + DAY_MS + 1)
    kept = everything(outbox)
    assert [len(each.dropped) for each in kept] == [200, 50]


def undated(boot: str, values: int = 3, *, priority: Priority = READINGS, begin: int = 5000) -> Load:
    return replace(load(values=values, begin=begin, priority=priority), boot=boot, clock="doubtful")


def test_what_nobody_could_date_is_kept_counted_and_not_sent(outbox: Outbox) -> None:
    outbox.append([load(values=2)], now=NOW)
    assert outbox.append([undated("b1"), undated("b1", 1, priority=EVENTS)], now=5000) == [2, 3]
    assert [each.sequence for each in everything(outbox)] == [1]
    assert outbox.fetch([1, 2, 3])[1:] == []
    counters = outbox.counters()
    assert (counters.accepted, counters.backlog_readings, counters.undated_batches) == (6, 6, 2)
    assert (counters.latest_at, counters.oldest_at) == (NOW, NOW)
    assert outbox.sweep(now=NOW + DAY_MS) == 0


def test_undated_batches_get_their_times_and_keep_their_numbers(outbox: Outbox) -> None:
    outbox.append([undated("b1"), undated("b1", 1, priority=EVENTS)], now=7000)
    outbox.append([load(values=2)], now=NOW + 9000)
    assert outbox.date(boot="b1", offset_ms=NOW, now=NOW + 9000) == 2
    assert outbox.date(boot="b1", offset_ms=NOW, now=NOW + 9000) == 0
    readings, event, later = everything(outbox)
    assert (readings.devices[0].times, readings.base, readings.clock) == ([NOW + 5000, 1000, 1000], 0, "doubtful")
    assert (event.events[0].at, event.base) == (NOW + 5000, 3)
    assert (later.base, later.clock) == (4, "good")
    counters = outbox.counters()
    assert (counters.backlog_readings, counters.undated_batches, counters.dropped_readings) == (6, 0, 0)
    outbox.settle([receipt(outbox, (1, 3))])
    assert outbox.counters().backlog_bytes == 0


def test_a_boot_that_never_knew_the_time_is_declared(outbox: Outbox) -> None:
    outbox.append([load(values=1)], now=NOW)
    outbox.append([undated("b1", 4), undated("b2", 2)], now=5000)
    assert outbox.date(boot="b2", offset_ms=NOW + 100, now=NOW + 9000) == 2
    outbox.append([load(values=1)], now=NOW + 9000)
    kept = everything(outbox)
    assert [each.sequence for each in kept] == [1, 3, 4]
    assert kept[2].dropped == [Dropped(first=2, last=2, reason="no_clock", readings=4, begin=NOW, end=NOW)]


def test_a_full_outbox_declares_undated_batches_at_the_last_known_time(open_one: Open) -> None:
    outbox = open_one(Bounds(max_bytes=1500))
    outbox.append([load(values=1, priority=EVENTS)], now=NOW)
    for _ in range(20):
        outbox.append([undated("b1", 5)], now=5000)
    while outbox.date(boot="b1", offset_ms=NOW, now=NOW + 9000):
        pass
    assert outbox.counters().backlog_bytes <= 1500
    outbox.append([load(values=1)], now=NOW + 9000)
    kept = everything(outbox)
    drops = [drop for each in kept for drop in each.dropped]
    assert {(drop.reason, drop.begin >= NOW) for drop in drops} == {("full", True)}
    assert sum(drop.readings for drop in drops) == outbox.counters().dropped_readings
    assert outbox.counters().accepted == 102


def test_the_last_known_time_goes_back_only_with_a_clock_that_is_believed(outbox: Outbox) -> None:
    outbox.append([load()], now=NOW)
    outbox.append([replace(load(), clock="doubtful")], now=NOW - DAY_MS)
    assert outbox.counters().latest_at == NOW
    outbox.append([load()], now=NOW - DAY_MS)
    assert outbox.counters().latest_at == NOW - DAY_MS


def test_a_command_is_new_once(outbox: Outbox) -> None:
    assert outbox.remember("c1", until=NOW + 60_000, now=NOW)
    assert not outbox.remember("c1", until=NOW + 60_000, now=NOW + 1000)
    assert outbox.remember("c2", until=NOW, now=NOW + 2 * DAY_MS)
    assert outbox.remember("c1", until=NOW, now=NOW + 2 * DAY_MS)


def test_an_empty_outbox_has_nothing_to_say(outbox: Outbox) -> None:
    assert outbox.sweep(now=NOW) == 0
    assert outbox.settle([]) == 0
    assert everything(outbox) == []
    counters = outbox.counters()
    assert (counters.next_sequence, counters.accepted, counters.oldest_at) == (1, 0, 0)
    assert len(counters.epoch) == 16
