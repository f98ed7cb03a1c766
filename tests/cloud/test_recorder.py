"""The single writer: what a failed or a lost commit leaves behind, and commands on their narrow way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from cloud.alarms.book import AlarmBook
from cloud.alarms.lifecycle import AlarmError
from cloud.alarms.shelf import Shelves
from cloud.births import Births
from cloud.commands import Commander, CommandRefusedError
from cloud.errors import StoreUnavailableError
from cloud.ingest.inbox import Inbox
from cloud.ingest.intake import Admitted
from cloud.ingest.window import Window
from cloud.inventory.fleet import Fleet
from cloud.inventory.load import load_inventory
from cloud.keys import make_command_key, public_text, read_command_key
from cloud.metrics import Metrics
from cloud.recorder import Recorder
from cloud.rollups.marks import Marks
from cloud.rules import desk, shelving
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge, Judgement
from cloud.rules.load import load_rules
from cloud.store.base import AlarmFilter, Columns, Commit
from cloud.store.memory import MemoryStore
from cloud.store.sql import SqlStateStore
from device_profiles.load import load_catalogue
from device_profiles.wire import BirthDevice, Channel, Health, Result, SignedCommand, State, decode
from device_profiles.wire.signing import verify
from tests.cloud.stage import DEVICE, EPOCH, GATEWAY, PROFILE, write_config
from tests.fakes import ManualClock
from tests.waiting import eventually

CATALOGUE = load_catalogue()
TYPES = {point.key: point.type for point in CATALOGUE[PROFILE].points}


class FlakyState(SqlStateStore):
    """A database that a test can take away, before or after it has kept a commit."""

    fault = ""

    def commit(self, change: Commit) -> None:
        """Keeps the change, unless the test says otherwise."""
        if self.fault == "before":
            raise StoreUnavailableError("gone")
        super().commit(change)
        if self.fault == "after":
            raise StoreUnavailableError("the answer got lost")


class Bench:
    """A recorder with everything around it."""

    def __init__(self, folder: Path) -> None:
        write_config(folder, "mqtt://127.0.0.1:1")
        self.state = FlakyState(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.clock = ManualClock()
        self.told: list[Judgement] = []
        self.derived: list[Columns] = []
        rules = load_rules(folder / "rules", CATALOGUE)
        self.recorder = Recorder(
            self.state,
            lambda: Judge(rules, AlarmBook()),
            clock=self.clock,
            keep=self._keep,
            announce=self.told.append,
            marks=Marks(settle_ms=0, refresh_ms=0),
        )

    async def _keep(self, columns: Sequence[Columns]) -> None:
        self.derived.extend(columns)

    def window(self, sequence: int, value: float) -> Window:
        """One batch with one reading of the river."""
        at = self.clock.now_ms() + sequence
        columns = Columns("yen-bai", GATEWAY, DEVICE, PROFILE, [at], {"level_m": [value]}, {}, TYPES)
        window = Window()
        window.add(Admitted(GATEWAY, Channel.READINGS, EPOCH, sequence, sequence - 1, at, [columns], size=1))
        return window

    def open_alarms(self) -> int:
        """How many alarms the database holds open."""
        return len(self.state.alarms(AlarmFilter(open=True), before=None, limit=9))


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_commit_that_fails_or_whose_answer_is_lost_counts_once(tmp_path: Path, fault: str) -> None:
    bench = Bench(tmp_path)
    bench.state.fault = fault
    with pytest.raises(StoreUnavailableError):
        await bench.recorder.settle(bench.window(1, 31.0), received_at=bench.clock.now_ms())
    assert (bench.recorder.ledger.terms().stored, bench.told) == (0, [])
    assert bench.recorder.fault()
    bench.state.fault = ""
    await bench.recorder.settle(bench.window(1, 31.0), received_at=bench.clock.now_ms())
    await bench.recorder.settle(bench.window(2, 31.1), received_at=bench.clock.now_ms())
    assert bench.recorder.ledger.terms().stored == 2
    assert bench.state.point_counts() == {(GATEWAY, DEVICE, "level_m"): 2}
    assert bench.open_alarms() == 1
    assert bench.recorder.fault() == ""
    bench.state.close()


async def test_duplicates_in_one_window_are_judged_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    window = bench.window(1, 27.0)
    window.add(window.batches[0])
    settled = await bench.recorder.settle(window, received_at=bench.clock.now_ms())
    assert (len(settled.settlements), len(settled.new), len(settled.columns)) == (2, 1, 1)
    assert bench.state.point_counts() == {(GATEWAY, DEVICE, "level_m"): 1}
    bench.state.close()


async def test_alarms_are_worked_through_the_same_writer(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.recorder.settle(bench.window(1, 31.0), received_at=bench.clock.now_ms())
    (alarm,) = bench.state.alarms(AlarmFilter(), before=None, limit=9)
    await bench.recorder.act(desk.acknowledge(alarm.id, Remark("lan", "")))
    (row,) = bench.state.alarms(AlarmFilter(), before=None, limit=9)
    assert row.state == "acked"
    with pytest.raises(AlarmError):
        await bench.recorder.act(desk.acknowledge(alarm.id, Remark("lan", "")))
    await bench.recorder.act(desk.comment(alarm.id, Remark("lan", "đang xử lý")))
    await bench.recorder.tick()
    assert [line.what for line in bench.state.history(alarm.id)] == ["raised", "acknowledged", "commented"]
    bench.state.close()


async def test_a_shelf_is_kept_in_the_same_commit_as_its_history(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.recorder.settle(bench.window(1, 31.0), received_at=bench.clock.now_ms())
    (alarm,) = bench.state.alarms(AlarmFilter(), before=None, limit=9)
    until = bench.clock.now_ms() + 60_000
    await bench.recorder.act(shelving.shelve(alarm.id, Remark("lan", "sửa cảm biến"), until=until))
    kept = Shelves()
    kept.restore(bench.state.rule_states())
    assert list(kept.all()) == list(bench.recorder.mutes().shelves.all())
    assert [(shelf.alarm, shelf.until) for shelf in kept.all()] == [(alarm.id, until)]
    await bench.recorder.act(shelving.unshelve(alarm.id, Remark("lan", "xong")))
    assert list(bench.recorder.mutes().shelves.all()) == []
    assert not [row for row in bench.state.rule_states() if row.rule.startswith("@shelved")]
    assert [line.what for line in bench.state.history(alarm.id)] == ["raised", "shelved", "unshelved"]
    bench.state.close()


class FakeLink:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.lost = ""

    async def run(self, inbox: Inbox) -> None:
        """Hears nothing."""

    def send(self, topic: str, payload: bytes) -> bool:
        """Keeps it."""
        self.sent.append((topic, payload))
        return True

    def fault(self) -> str:
        """What the test says."""
        return self.lost

    def connected_for_s(self) -> float:
        """For ever."""
        return 1e9


async def test_a_command_is_signed_sent_and_answered(tmp_path: Path) -> None:
    key, link, clock = make_command_key(tmp_path), FakeLink(), ManualClock()
    commander = Commander(key, link, clock=clock, metrics=Metrics(), wait_s=5.0)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(commander.send(GATEWAY, "kiosk-1", "show_message", {"text": "Chào"}))
        await asyncio.sleep(0)
        ((topic, payload),) = link.sent
        command = verify(decode(payload, SignedCommand), key.public_key(), gateway=GATEWAY)
        assert topic.endswith(f"/{GATEWAY}/command")
        assert (command.verb, command.arguments) == ("show_message", {"text": "Chào"})
        assert command.expires_at > command.issued_at == clock.now_ms()
        commander.result_came(Result(1, "somebody-else", "done", 1))
        commander.result_came(Result(1, command.id, "done", 7, "shown"))
        outcome = await sending
    assert (outcome.outcome, outcome.at, outcome.detail) == ("done", 7, "shown")


async def test_a_command_without_answer_key_or_link_says_so(tmp_path: Path) -> None:
    key, link = make_command_key(tmp_path), FakeLink()
    patient = Commander(key, link, clock=ManualClock(), metrics=Metrics(), wait_s=0.01)
    assert (await patient.send(GATEWAY, "d", "reboot", {})).outcome == "sent"
    link.lost = "refused"
    with pytest.raises(CommandRefusedError, match="refused"):
        await patient.send(GATEWAY, "d", "reboot", {})
    with pytest.raises(CommandRefusedError, match="thacba-cloud keys"):
        await Commander(None, link, clock=ManualClock(), metrics=Metrics()).send(GATEWAY, "d", "reboot", {})


def test_the_command_key_is_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    assert read_command_key(tmp_path) is None
    key = make_command_key(tmp_path / "data")
    assert public_text(make_command_key(tmp_path / "data")) == public_text(key)
    assert ((tmp_path / "data" / "command_key").stat().st_mode & 0o777) == 0o600


async def test_what_gateways_said_comes_back_after_a_restart(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    inventory = load_inventory(tmp_path / "sites")
    fleet = Fleet()
    births = Births(fleet, bench.state, CATALOGUE.profiles, clock=bench.clock)
    now = bench.clock.now_ms()
    device = BirthDevice(DEVICE, PROFILE, "0" * 12, "Trạm", "Gauge")
    fleet.born(GATEWAY, State(1, "online", now, devices=[device]), site="yen-bai", received_at=now)
    fleet.healthy(GATEWAY, Health(1, now, EPOCH, 2, 1, 0, 0, 0, 0, 0), received_at=now)
    fleet.born(GATEWAY, State(1, "lost", now + 5), site="yen-bai", received_at=now)
    births.changed(GATEWAY, at_once=True)

    async def kept_after(seconds: float) -> bool:
        await bench.clock.advance(seconds)
        return bool(bench.state.births())

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(births.run())
        await eventually(lambda: kept_after(1.0))
        keeping.cancel()
    store = MemoryStore()
    await store.write(bench.window(1, 27.5).columns(), [])
    again = Fleet()
    restored = Births(again, bench.state, CATALOGUE.profiles, clock=bench.clock)
    await restored.restore(inventory)
    await restored.restore_values(store)
    standing = again.gateway(GATEWAY)
    assert standing is not None
    assert (standing.presence, standing.since, standing.health_at) == ("lost", now + 5, now)
    found = again.device(GATEWAY, DEVICE)
    assert found is not None
    assert (found.name_vi, found.points["level_m"].value) == ("Trạm", 27.5)
    bench.state.close()
