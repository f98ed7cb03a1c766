"""What goes next: live first, backlog at a bounded share, again only what found no receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.wire import Channel, Receipt, Refused
from edge_agent.outbox.base import Parcel, Priority
from edge_agent.uplink.lanes import WINDOWS, Lanes, lane_of

EPOCH = "0" * 16


class Line:
    """Lanes over an outbox that is only numbers."""

    def __init__(self, *, timeout_s: float = 20) -> None:
        self.lanes = Lanes(receipt_timeout_s=timeout_s)
        self.kept: dict[int, Priority] = {}
        self.next = 1
        self.now = 0.0
        self.sent: list[tuple[int, Channel]] = []
        self.meanwhile: Callable[[], None] = lambda: None  # comes while the outbox is read

    def append(self, count: int, priority: Priority = Priority.READINGS) -> None:
        for _ in range(count):
            self.kept[self.next] = priority
            self.next += 1

    def begin(self) -> None:
        self.lanes.begin(next_sequence=self.next, now=self.now)

    def wave(self) -> list[tuple[int, Channel]]:
        sent: list[tuple[int, Channel]] = []
        for wish in self.lanes.wishes(next_sequence=self.next, now=self.now):
            found = [
                Parcel(sequence, priority, b"")
                for sequence, priority in sorted(self.kept.items())
                if priority is wish.priority and wish.after < sequence < wish.before
            ][: wish.limit]
            self.meanwhile()
            for parcel in self.lanes.fresh(wish, found):
                self.lanes.sent(parcel, wish.channel, now=self.now)
                sent.append((parcel.sequence, wish.channel))
        for sequence in self.lanes.again(now=self.now):
            if sequence in self.kept:
                channel = lane_of(self.kept[sequence])
                self.lanes.sent(Parcel(sequence, self.kept[sequence], b""), channel, now=self.now)
                sent.append((sequence, channel))
            else:
                self.lanes.forget(sequence)
        self.sent += sent
        return sent

    def drain(self) -> list[tuple[int, Channel]]:
        everything: list[tuple[int, Channel]] = []
        while wave := self.wave():
            everything += wave
        return everything

    def receipt(
        self,
        *committed: int,
        missing: Iterable[int] = (),
        refused: Iterable[int] = (),
        held: Iterable[int] = (),
        backlog_wait_s: float = 0.0,
    ) -> None:
        document = Receipt(
            v=1,
            epoch=EPOCH,
            committed=[(each, each) for each in committed],
            missing=[(each, each) for each in missing],
            refused=[Refused(each, "bad") for each in refused],
            held=[(each, each) for each in held],
            backlog_wait_s=backlog_wait_s,
        )
        for sequence in [*committed, *(each.sequence for each in document.refused)]:
            self.kept.pop(sequence, None)
        self.lanes.receipt(document, now=self.now)


def test_live_and_events_do_not_wait_for_a_long_backlog() -> None:
    line = Line()
    line.append(500)
    line.begin()
    line.append(1)
    line.append(1, Priority.EVENTS)
    first = line.wave()
    assert first[:2] == [(502, Channel.EVENTS), (501, Channel.READINGS)]
    assert [channel for _, channel in first[2:]] == [Channel.BACKLOG] * 8


def test_the_windows_hold_until_receipts_come() -> None:
    line = Line()
    line.append(500)
    line.begin()
    assert len(line.drain()) == WINDOWS[Channel.BACKLOG]
    line.receipt(1, 2, 3)
    assert [sequence for sequence, _ in line.drain()] == [33, 34, 35]


def test_a_live_lane_that_lags_hands_its_lag_to_the_backlog() -> None:
    line = Line()
    line.begin()
    line.append(400)
    line.wave()
    line.append(1)
    assert (401, Channel.READINGS) in line.wave()
    for _ in range(100):
        line.receipt(*[sequence for sequence, _ in line.sent if sequence in line.kept])
        line.wave()
    assert line.kept == {}
    assert len(line.sent) == 401


def test_after_a_new_session_everything_unreceipted_comes_again() -> None:
    line = Line()
    line.begin()
    line.append(3)
    line.append(1, Priority.EVENTS)
    line.drain()
    line.receipt(2)
    line.begin()
    assert sorted(line.drain()) == [(1, Channel.BACKLOG), (3, Channel.BACKLOG), (4, Channel.EVENTS)]


def test_what_the_centre_misses_is_sent_again_at_once_but_not_what_is_still_on_its_way() -> None:
    line = Line()
    line.begin()
    line.append(4)
    line.drain()
    line.now = 1.0
    line.receipt(4, missing=(1, 2, 3))
    assert line.wave() == []
    line.now = 3.0
    line.receipt(missing=(1, 3, 99))
    assert [sequence for sequence, _ in line.wave()] == [1, 3]


def test_a_live_batch_that_newer_ones_overtook_is_sent_again_once_without_waiting_for_its_time_out() -> None:
    line = Line(timeout_s=20)
    line.begin()
    again = []
    for number, at in enumerate((0.0, 1.0, 2.5, 8.0), start=1):
        line.now = at
        line.append(1)
        assert line.wave() == [(number, Channel.READINGS)]
        if number > 1:  # the first one was lost on its way
            line.receipt(number)
        again.append(line.wave())
    assert again == [[], [], [(1, Channel.BACKLOG)], []], "not while it may be on its way, and once: it may be withheld"


def test_what_is_held_overtakes_as_well() -> None:
    """While the store is away the rules still judge: a lost batch must not wait longer than it would otherwise."""
    line = Line(timeout_s=20)
    line.begin()
    for at in (0.0, 2.4):
        line.now = at
        line.append(1)
        line.wave()
    line.now = 2.5
    line.receipt(held=[2])
    assert line.wave() == [(1, Channel.BACKLOG)]


def test_while_the_centre_is_silent_only_two_are_tried_and_ever_more_rarely() -> None:
    line = Line(timeout_s=2)
    line.begin()
    line.append(30)
    line.drain()
    moments = []
    for second in range(1, 100):
        line.now = float(second)
        if again := line.wave():
            moments.append(second)
            assert len(again) == 2
    assert moments == [2, 4, 8, 16, 32, 52, 72, 92]  # the centre is back: known within 20 s
    line.receipt(30)
    line.now = 100.0
    assert len(line.drain()) == 29  # the centre speaks again: all the rest goes


def test_a_receipt_in_time_keeps_the_others_waiting_for_their_own_time() -> None:
    line = Line(timeout_s=20)
    line.begin()
    line.append(2)
    line.drain()
    line.now = 15.0
    line.receipt(1)
    assert line.wave() == []
    line.now = 21.0
    assert [sequence for sequence, _ in line.wave()] == [2]


def test_what_was_refused_or_dropped_meanwhile_is_not_sent_again() -> None:
    line = Line(timeout_s=5)
    line.begin()
    line.append(3)
    line.drain()
    line.receipt(refused=(1,))
    del line.kept[2]
    line.now = 5.5
    assert [sequence for sequence, _ in line.drain()] == [3]
    assert line.lanes.next_look_s(now=5.5) == 5.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans(), st.floats(0, 30)), max_size=40))
def test_everything_arrives_in_the_end(steps: list[tuple[int, int, bool, float]]) -> None:
    line = Line(timeout_s=5)
    line.begin()
    for readings, events, reconnect, passes in steps:
        line.append(readings)
        line.append(events, Priority.EVENTS)
        line.wave()
        line.now += passes
        on_the_way = [sequence for sequence, _ in line.sent if sequence in line.kept]
        line.receipt(*on_the_way[::2])
        if reconnect:
            line.begin()
    for _ in range(300):
        line.now += 5.1
        line.wave()
        line.receipt(*[sequence for sequence, _ in line.sent if sequence in line.kept])
    assert line.kept == {}


def test_what_is_held_frees_the_window_and_is_neither_asked_after_nor_sent_again() -> None:
    line = Line(timeout_s=5)
    line.begin()
    line.append(2000)
    for second in range(200):
        line.now = float(second)
        line.receipt(held=[sequence for sequence, _ in line.wave()])
        line.append(10)
    assert len(line.sent) == len(set(line.sent)) > 1500  # nothing twice, and far beyond the window of 64
    assert len(line.kept) == 4000  # the outbox keeps all of it
    assert len(line.lanes._held) <= 10  # ranges, not numbers


def test_what_was_held_and_is_missing_after_all_goes_again_as_backlog_and_nothing_else_does() -> None:
    line = Line()
    line.begin()
    line.append(5)
    line.append(2, Priority.EVENTS)
    line.drain()
    line.receipt(held=range(1, 8))
    assert line.drain() == []
    line.receipt(1, missing=(2, 3, 6))
    assert sorted(line.drain()) == [(2, Channel.BACKLOG), (3, Channel.BACKLOG), (6, Channel.EVENTS)]
    line.receipt(2, 3, 6)
    line.now = 500.0
    assert line.drain() == []
    line.begin()
    assert [sequence for sequence, _ in line.drain()] == [7, 4, 5]


def test_what_is_asked_for_while_the_outbox_is_read_is_not_passed_over() -> None:
    line = Line()
    line.append(50)
    line.begin()
    line.receipt(held=[sequence for sequence, _ in line.drain()])  # 1 to 32 fill the window
    line.now = 61

    def ask() -> None:
        line.meanwhile = lambda: None
        line.receipt(missing=range(1, 6))

    line.meanwhile = ask
    sent = [sequence for _ in range(20) for sequence, _ in line.wave()]
    assert sorted(sent) == [*range(1, 6), *range(33, 51)]


def test_while_the_store_is_away_no_backlog_travels_for_nothing() -> None:
    line = Line(timeout_s=100)
    line.append(100)
    line.begin()
    line.wave()
    line.receipt(held=range(1, 9))
    line.append(1)
    assert line.drain() == [(101, Channel.READINGS)]
    assert line.lanes.next_look_s(now=0.0) == 60
    line.receipt(101)
    assert len(line.drain()) == WINDOWS[Channel.BACKLOG]  # it stores again


def test_in_its_drain_slot_only_the_backlog_waits() -> None:
    line = Line(timeout_s=20)
    line.append(100)
    line.begin()
    line.append(1)
    line.wave()
    line.receipt(*range(1, 9), 101, backlog_wait_s=300)
    for second in range(0, 300, 10):
        line.now = float(second)
        line.append(1)
        line.append(1, Priority.EVENTS)
        sent = line.drain()
        assert {channel for _, channel in sent} == {Channel.EVENTS, Channel.READINGS}
        line.receipt(*[sequence for sequence, _ in sent])
    assert line.lanes.next_look_s(now=299.9) < 0.2
    line.now = 300.0
    assert len(line.drain()) == WINDOWS[Channel.BACKLOG]


STEPS = st.tuples(st.integers(0, 5), st.sampled_from(["commit", "hold", "lose", "miss", "reconnect"]), st.floats(0, 30))


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_whatever_is_held_missed_or_lost_all_is_stored_in_the_end_and_nothing_held_comes_unasked(
    steps: list[tuple[int, str, float]],
) -> None:
    line, held, asked = Line(timeout_s=5), set[int](), set[int]()
    line.begin()
    for count, what, passes in steps:
        line.append(count)
        line.append(count % 2, Priority.EVENTS)
        sent = {sequence for sequence, _ in line.drain()}
        assert not sent & (held - asked)
        held -= sent
        line.now += passes
        if what == "reconnect":
            held.clear()
            line.begin()
        elif what == "hold":
            line.receipt(held=sent)
            held |= sent
        elif what == "miss":
            line.receipt(missing=held)
            asked = set(held)
        elif what == "commit":
            line.receipt(*sent)
    for _ in range(200):
        line.now += 61
        line.receipt(*{sequence for sequence, _ in line.drain()}, missing=held)
    assert line.kept == {}
