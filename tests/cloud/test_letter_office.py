"""Dead letters in people's hands: retried or discarded once, whatever is cut off in between, and the sums hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.api.deps import RefusedOrderError, UnknownThingError, WrongStateError
from cloud.api.views import DeadLetterView, LetterFilter
from cloud.errors import CloudError, StoreUnavailableError
from cloud.ingest.deadletters import DeadLetter
from cloud.ingest.ledger import Ledger
from cloud.store.base import AuditRow, Columns, Commit, PlacedEvent, Rejection, SeriesKey
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.wire import Event
from tests.cloud.letters import CATALOGUE, DEVICE, EPOCH, GATEWAY, PROFILE, WITHOUT, Bench
from tests.fakes import ManualClock

ANYTHING = LetterFilter(state=None)
LEVEL = SeriesKey(PROFILE, GATEWAY, DEVICE, "level_m")
DAY_MS = 86_400_000


class FlakyState(SqlStateStore):
    """A database that a test can take away at one step."""

    fault = ""

    def commit(self, change: Commit) -> None:
        """Keeps the change; the test may lose the answer."""
        if self.fault == "before commit":
            raise StoreUnavailableError("gone")
        super().commit(change)
        if self.fault == "behind commit":
            raise StoreUnavailableError("the answer got lost")

    def put_audit(self, row: AuditRow) -> None:
        """The same for the audit log."""
        if self.fault == "before audit":
            raise StoreUnavailableError("gone")
        super().put_audit(row)
        if self.fault == "before mark":
            raise StoreUnavailableError("gone")


class PickyStore(SqliteStore):
    """A store that refuses whole rows while the test says so."""

    refuses: frozenset[int] = frozenset()

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Refuses the rows at these times; the rest is kept as ever."""
        found = [(index, tuple(at for at in each.times if at in self.refuses)) for index, each in enumerate(columns)]
        rejections = [Rejection(index, times, 0, "field type conflict: float") for index, times in found if times]
        if not rejections:
            return await super().write(columns, events)
        return rejections


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything real, in one folder."""
    clock = ManualClock()
    state, store = FlakyState(f"sqlite:///{tmp_path / 'state.sqlite3'}"), PickyStore(tmp_path / "readings.sqlite3")
    state.migrate()
    await store.open()
    yield Bench(tmp_path, state, store, clock)
    await store.close()
    state.close()


async def listed(bench: Bench, wanted: LetterFilter = ANYTHING) -> list[DeadLetterView]:
    """Every letter that fits."""
    letters, following = await bench.letters.page(wanted, before=None, limit=500)
    assert following is None
    return list(letters)


async def test_a_mended_profile_brings_the_readings_back(bench: Bench) -> None:
    now = bench.clock.now_ms()
    bench.restart(WITHOUT)
    quality = {"level_m": [(1, "bad:timeout"), (2, "uncertain:rate")]}
    await bench.receive(
        {"level_m": [27.5, None, 27.7], "nonsense": [1, 2, 3]}, [now - 2, now - 1, now], quality=quality
    )
    assert (bench.terms().stored, bench.terms().dead_lettered) == (0, 6)
    (level,) = [each for each in await listed(bench) if each.point == "level_m"]
    assert (level.readings, level.reason, level.begin, level.end) == (3, "unknown_profile", now - 2, now)
    with pytest.raises(RefusedOrderError, match="unknown_profile"):
        await bench.letters.retry(level.id, actor="lan")
    bench.restart(CATALOGUE)
    await bench.recorder.open()
    done = await bench.letters.retry(level.id, actor="lan")
    assert (done.state, done.handled_by) == ("retried", "lan")
    assert (bench.terms().stored, bench.terms().dead_lettered) == (3, 3)
    assert await bench.store.count(LEVEL) == 2
    assert bench.state.point_counts() == {(GATEWAY, DEVICE, "level_m"): 2}
    with pytest.raises(WrongStateError, match="retried by lan"):
        await bench.letters.retry(level.id, actor="minh")
    with pytest.raises(WrongStateError):
        await bench.letters.discard(level.id, actor="minh", reason="x")
    (other,) = await listed(bench, LetterFilter())
    with pytest.raises(RefusedOrderError, match="unmapped_point"):
        await bench.letters.retry(other.id, actor="lan")
    done = await bench.letters.discard(other.id, actor="lan", reason="thiết bị thử")
    assert (done.state, done.handled_reason) == ("discarded", "thiết bị thử")
    assert (bench.terms().dead_lettered, bench.terms().dropped) == (0, 3)
    ((_, _, account),) = Ledger(bench.state.accounts()).accounts()
    assert account.dropped_by_reason() == {"discarded": 3}
    assert [(each.begin, each.end) for each in account.spans] == [(now - 2, now)]
    actions = [(row.action, row.actor, row.target) for row in bench.state.audit(limit=9)]
    assert actions == [("dead_letter_discarded", "lan", other.id), ("dead_letter_retried", "lan", level.id)]


async def test_what_is_refused_again_for_another_reason_stays_a_letter(bench: Bench) -> None:
    now = bench.clock.now_ms()
    bench.restart(WITHOUT)
    await bench.receive({"level_m": [27.5, "x", 27.7]}, [now - 2, now - 1, now])
    bench.restart(CATALOGUE)
    await bench.recorder.open()
    (letter,) = await listed(bench)
    await bench.letters.retry(letter.id, actor="lan")
    assert (bench.terms().stored, bench.terms().dead_lettered) == (2, 1)
    (rest,) = await listed(bench, LetterFilter())
    assert (rest.reason, rest.readings, rest.begin) == ("type", 1, now - 1)
    ((_, _, account),) = bench.recorder.ledger.accounts()
    assert account.dead_by_reason() == {"type": 1}


async def test_rows_that_the_store_refused_come_back_when_it_takes_them(bench: Bench) -> None:
    assert isinstance(bench.store, PickyStore)
    now = bench.clock.now_ms()
    bench.store.refuses = frozenset({now})
    await bench.receive({"level_m": [27.5], "batt_v": [12.5]}, [now])
    assert {(each.point, each.reason) for each in await listed(bench)} == {
        ("level_m", "field type conflict: float"),
        ("batt_v", "field type conflict: float"),
    }
    ids = [each.id for each in await listed(bench, LetterFilter(reason="field type conflict"))]
    with pytest.raises(RefusedOrderError, match="field type conflict"):
        await bench.letters.retry(ids[0], actor="lan")
    bench.store.refuses = frozenset()
    for identifier in ids:
        await bench.letters.retry(identifier, actor="lan")
    assert (bench.terms().stored, bench.terms().dead_lettered) == (2, 0)
    assert await bench.store.latest(LEVEL) == (now, 27.5)


async def test_time_passing_neither_spoils_nor_forges(bench: Bench) -> None:
    assert isinstance(bench.clock, ManualClock)
    now = bench.clock.now_ms()
    bench.restart(WITHOUT)
    await bench.receive({"level_m": [27.5]}, [now - 20 * DAY_MS])
    bench.restart(CATALOGUE)
    door = Event("e1", "door-1", "door", now + DAY_MS, {"open": True})
    await bench.receive({"level_m": [1.0]}, [now - 31 * DAY_MS], events=[door])
    letters = {each.reason: each.id for each in await listed(bench)}
    await bench.clock.advance(20 * 86_400)
    await bench.letters.retry(letters["unknown_profile"], actor="lan")
    await bench.letters.retry(letters["future"], actor="lan")
    with pytest.raises(RefusedOrderError, match="too_old"):
        await bench.letters.retry(letters["too_old"], actor="lan")
    assert (bench.terms().stored, bench.terms().dead_lettered) == (2, 1)
    forged = Event("e2", "door-1", "door", 5, {"id": letters["future"]})
    await bench.receive({}, [], events=[forged])
    detail = await bench.letters.one(letters["future"])
    assert (detail.values, detail.facts, detail.letter.state) == (("e1",), {"open": True}, "retried")


@pytest.mark.parametrize("fault", ["before commit", "behind commit", "before audit", "before mark"])
@pytest.mark.parametrize("first", ["retry", "discard"])
async def test_a_cut_at_any_step_counts_once(bench: Bench, fault: str, first: str) -> None:
    assert isinstance(bench.state, FlakyState)
    now = bench.clock.now_ms()
    bench.restart(WITHOUT)
    await bench.receive({"level_m": [27.5, 27.6]}, [now - 1, now])
    bench.restart(CATALOGUE)
    await bench.recorder.open()
    (letter,) = await listed(bench)
    bench.state.fault = fault
    with pytest.raises(StoreUnavailableError):
        await handle(bench, first, letter.id)
    bench.state.fault = ""
    bench.restart(CATALOGUE)
    await bench.recorder.open()
    (again,) = await listed(bench)
    assert again.state == "open"
    done = await handle(bench, "discard", letter.id)
    kept = "retried" if first == "retry" and fault != "before commit" else "discarded"
    assert done.state == kept, "what was committed holds, whoever asks for something else behind it"
    assert (bench.terms().dead_lettered, bench.terms().stored, bench.terms().dropped) == (
        (0, 2, 0) if kept == "retried" else (0, 0, 2)
    )
    assert bench.state.point_counts() == ({(GATEWAY, DEVICE, "level_m"): 2} if kept == "retried" else {})
    assert bench.state.audit(limit=1)[0].action == f"dead_letter_{kept}"


async def handle(bench: Bench, what: str, identifier: str) -> DeadLetterView:
    """Retries or discards."""
    if what == "retry":
        return await bench.letters.retry(identifier, actor="lan")
    return await bench.letters.discard(identifier, actor="lan", reason="bỏ")


async def test_two_people_at_once_count_once(bench: Bench) -> None:
    now = bench.clock.now_ms()
    bench.restart(WITHOUT)
    await bench.receive({"level_m": [27.5]}, [now])
    bench.restart(CATALOGUE)
    await bench.recorder.open()
    (letter,) = await listed(bench)
    refused = 0

    async def attempt(what: str) -> None:
        nonlocal refused
        try:
            await handle(bench, what, letter.id)
        except WrongStateError:
            refused += 1

    async with asyncio.TaskGroup() as group:
        for what in ("retry", "discard", "retry"):
            group.create_task(attempt(what))
    assert refused == 2
    assert (bench.terms().stored, bench.terms().dropped, bench.terms().dead_lettered) == (1, 0, 0)


async def test_a_letter_whose_batch_is_not_committed_must_wait(bench: Bench) -> None:
    now = bench.clock.now_ms()
    await bench.recorder.open()
    batch = bench.batch({"nonsense": [1]}, [now])
    window = await bench.write(batch)
    (letter,) = await listed(bench)
    with pytest.raises(WrongStateError, match="not committed"):
        await bench.letters.discard(letter.id, actor="lan", reason="x")
    await bench.recorder.settle(window, received_at=now)
    await bench.write(batch)  # the same batch again, buried before anybody saw that it is settled
    assert len(await listed(bench)) == 1
    await bench.letters.discard(letter.id, actor="lan", reason="x")
    assert (bench.terms().dropped, await listed(bench, LetterFilter())) == (1, [])
    with pytest.raises(UnknownThingError):
        await bench.letters.one("0" * 16)


async def test_a_letter_that_no_count_holds_moves_nothing(bench: Bench) -> None:
    """The centre died behind the burial, learned the profile, and stored the batch when it was sent again."""
    now = bench.clock.now_ms()
    bench.restart(WITHOUT)
    batch = bench.batch({"level_m": [27.5]}, [now])
    await bench.write(batch)
    bench.restart(CATALOGUE)
    await bench.recorder.open()
    await bench.recorder.settle(await bench.write(batch), received_at=now)
    (letter,) = await listed(bench)
    await bench.letters.retry(letter.id, actor="lan")
    assert (bench.terms().stored, bench.terms().dead_lettered, bench.terms().awaited) == (1, 0, 0)


async def test_lists_are_filtered_and_paged_and_survive_a_torn_line(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(bench.clock, ManualClock)
    begin = bench.clock.now_ms()
    assert bench.graveyard.find("0" * 16) is None
    (bench.graveyard._folder).mkdir()
    (bench.graveyard._folder / "2024-01-01.jsonl").touch()
    assert bench.graveyard.find("0" * 16) is None
    for number in range(3):
        await bench.receive({"nonsense": [1, 2], "level_m": ["x", 1.0]}, [begin, begin + 1 + number])
        await bench.clock.advance(86_400)
    whole = await listed(bench)
    assert [each.at for each in whole] == sorted((each.at for each in whole), reverse=True)
    assert len(whole) == 6
    seen, before = [], None
    while True:
        letters, before = await bench.letters.page(ANYTHING, before=before, limit=2)
        seen += [each.id for each in letters]
        if before is None:
            break
    assert seen == [each.id for each in whole]
    one_day = LetterFilter(reason="type", begin=begin + DAY_MS, end=begin + 2 * DAY_MS)
    assert [each.point for each in await listed(bench, one_day)] == ["level_m"]
    assert await listed(bench, LetterFilter(gateway="another")) == []
    path = sorted((bench.graveyard._folder).glob("*.jsonl"))[-1]
    path.write_bytes(path.read_bytes()[:-20])
    assert len(await listed(bench)) == 5
    assert "dead letter not readable" in caplog.text
    bench.graveyard.bury([DeadLetter("g", "d", "p", "x", EPOCH, 1, "type", 1)], at=begin + 2 * DAY_MS)
    assert len(await listed(bench)) == 6, "a torn line spoils only itself"


async def test_a_letter_that_is_not_whole_can_only_be_discarded(bench: Bench) -> None:
    await bench.receive({"nonsense": [1]}, [bench.clock.now_ms()])
    letter = DeadLetter(GATEWAY, DEVICE, PROFILE, "level_m", EPOCH, 1, "type", 30, (1,), (1.0,))
    bench.graveyard.bury([letter], at=bench.clock.now_ms())
    with pytest.raises(WrongStateError, match="only a part"):
        await bench.letters.retry(letter.id, actor="lan")
    stranger = replace(letter, gateway="gw-gone", readings=1)
    bench.graveyard.bury([stranger], at=bench.clock.now_ms())
    with pytest.raises(WrongStateError, match="not committed"):
        await bench.letters.retry(stranger.id, actor="lan")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("batch"), st.lists(st.sampled_from([27.5, "x", None]), min_size=1, max_size=4)),
            st.tuples(st.sampled_from(["retry", "discard"]), st.integers(0, 30)),
            st.tuples(st.just("restart"), st.booleans()),
        ),
        max_size=14,
    )
)
def test_the_identity_holds_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object]]
) -> None:
    asyncio.run(_play(tmp_path_factory.mktemp("office"), steps))


async def _play(folder: Path, steps: list[tuple[str, object]]) -> None:
    state, store = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}"), SqliteStore(folder / "readings.sqlite3")
    state.migrate()
    await store.open()
    bench = Bench(folder, state, store, ManualClock())
    await bench.recorder.open()
    at = bench.clock.now_ms() - DAY_MS
    for what, how in steps:
        if what == "batch" and isinstance(how, list):
            times = [at + 1 + place for place in range(len(how))]
            at = times[-1]
            await bench.receive({"level_m": how, "nonsense": [7] * len(how)}, times)
        elif what == "restart":
            bench.restart(CATALOGUE if how else WITHOUT)
            await bench.recorder.open()
        elif letters := await listed(bench):
            chosen = letters[int(str(how)) % len(letters)]
            try:
                await handle(bench, what, chosen.id)
            except CloudError:
                assert chosen.state != "open" or what == "retry"
        terms = bench.terms()
        assert (terms.accepted, terms.awaited) == (bench.accepted, 0)
        assert terms.dead_lettered == sum(each.readings for each in await listed(bench, LetterFilter()))
        ((_, _, account),) = bench.recorder.ledger.accounts() or [("", "", None)]
        if account is not None:
            assert sum(account.dead_by_reason().values()) == account.dead_lettered
            assert sum(account.dropped_by_reason().values()) == account.dropped_readings
            assert len(account.handled) <= 1
    await store.close()
    state.close()
