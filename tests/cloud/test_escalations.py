"""Escalations: who must know is told once, up the ladder, and grave alarms open incidents by rule."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.alarms.book import AlarmBook, Finding
from cloud.alarms.lifecycle import Trigger
from cloud.errors import StoreUnavailableError
from cloud.escalations import Desk, Escalations
from cloud.incidents import casebook
from cloud.incidents.casebook import Action, Facts
from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.regulation import Regulation
from cloud.incidents.workflow import Move
from cloud.notify.content import NoticeContent, decode_content
from cloud.notify.words import body
from cloud.store.base import AlarmRow, Commit, NoticeRow
from cloud.store.incident_port import IncidentFilter, IncidentRow
from cloud.store.sql import SqlStateStore
from tests.fakes import ManualClock
from tests.waiting import eventually

RULES = Regulation.model_validate(
    PROPOSAL.model_dump()
    | {
        "tell": [
            {"tier": "commune", "areas": ["132"], "channels": ["team:ubnd-yen-bai"]},
            {"tier": "department", "sectors": ["thiên tai"], "channels": ["team:nnmt"]},
            {"tier": "department", "channels": ["team:others"]},
            {"tier": "province", "channels": ["team:bch", "mail"]},
        ]
    }
)


class World:
    """A state store, its clock, and the watcher over its incidents."""

    def __init__(self, folder: Path) -> None:
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.clock = ManualClock()
        self.woken = 0
        self.rules: list[str] = []

    def watcher(self) -> Escalations:
        """As after a restart."""

        def wake() -> None:
            self.woken += 1

        return Escalations(
            Desk(
                state=self.state, incidents=self.state.incidents, clock=self.clock, regulation=lambda: RULES,
                areas={"yen-bai": "132"}, public_url="https://ioc.example", opening=lambda: self.rules, wake=wake,
            )
        )  # fmt: skip

    def open(self, severity: int, alarm: str = "a1", sector: str = "thiên tai") -> IncidentRow:
        facts = Facts(title="Sông Thao", sector=sector, area="132", site="yen-bai", severity=severity, alarms=(alarm,))
        change = casebook.open_incident(Action("lan", self.clock.now_ms(), facts=facts, rules=RULES))
        self.state.incidents.keep(change)
        return change.incidents[0]

    def move(self, incident: str, how: Move) -> None:
        row = self.row(incident)
        action = Action("lan", self.clock.now_ms(), "lý do", Facts(assignee="ubnd"), RULES)
        self.state.incidents.keep(casebook.move(row, how, action))

    def row(self, incident: str) -> IncidentRow:
        row = self.state.incidents.incident(incident)
        assert row is not None
        return row

    def notices(self) -> list[NoticeRow]:
        return sorted(self.state.notices(limit=100), key=lambda row: row.created_at)

    def told(self) -> list[tuple[str, str]]:
        return [(row.channel, decode_content(row.body).level) for row in self.notices()]

    def raise_alarm(self, rule: str, severity: int, device: str = "r1") -> AlarmRow:
        now = self.clock.now_ms()
        finding = Finding(
            rule, "1", "yen-bai", "gw-1", device, "level_m", "III", severity, 32.1, 32.0, "Vượt báo động III", "III"
        )
        change = AlarmBook().find(Trigger.RAISE, finding, observed_at=now, received_at=now)
        self.state.commit(Commit(alarms=[change.alarm], history=[change.history]))
        return change.alarm


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty province."""
    world = World(tmp_path)
    yield world
    world.state.close()


async def test_an_emergency_is_told_to_everybody_up_to_the_province_at_once_and_once(world: World) -> None:
    incident = world.open(1)
    await world.watcher().look()
    assert sorted(world.told()) == [
        ("mail", "province"),
        ("team:bch", "province"),
        ("team:nnmt", "department"),
        ("team:ubnd-yen-bai", "commune"),
    ]
    assert world.woken == 1
    for _ in range(3):
        await world.clock.advance(3600)
        await world.watcher().look()
    assert len(world.told()) == 4
    row = world.row(incident.id)
    assert row.escalated_to == 3
    history = world.state.incidents.history(incident.id)
    assert [(line.what, line.actor) for line in history] == [("opened", "lan"), ("escalated", "system")]
    assert casebook.replay(history) == row
    content: NoticeContent = decode_content(world.notices()[0].body)
    assert (content.kind, content.severity, content.alarm, content.key) == (
        "escalated",
        1,
        "a1",
        world.notices()[0].key,
    )
    assert content.link == f"https://ioc.example/incidents/{incident.id}"
    assert "Sông Thao" in content.text.vi
    assert "Thiết bị" not in body(content), "an incident has no device and no figures"


async def test_lateness_climbs_the_ladder_step_by_step(world: World) -> None:
    world.open(3, sector="y tế")
    expected: list[tuple[str, str]] = []
    for minutes, more in (
        (14, []),
        (1, [("team:ubnd-yen-bai", "commune")]),
        (8, [("team:others", "department")]),
        (21, []),
        (1, [("mail", "province"), ("team:bch", "province")]),
    ):
        await world.clock.advance(minutes * 60)
        await world.watcher().look()
        expected += more
        assert sorted(world.told()) == sorted(expected)


async def test_a_pause_and_an_end_hold_it_and_a_re_opened_one_is_told_anew(world: World) -> None:
    incident = world.open(2)
    world.move(incident.id, Move.RECEIVE)
    world.move(incident.id, Move.PAUSE)
    await world.clock.advance(3600)
    await world.watcher().look()
    assert world.told() == []
    world.move(incident.id, Move.RESUME)
    await world.clock.advance(15 * 60)
    await world.watcher().look()
    assert sorted(world.told()) == [("team:nnmt", "department"), ("team:ubnd-yen-bai", "commune")]
    for how in (Move.CLASSIFY, Move.DISPATCH, Move.START, Move.RESOLVE, Move.CHECK, Move.CLOSE):
        world.move(incident.id, how)
    told = len(world.told())
    await world.clock.advance(36_000)
    await world.watcher().look()
    assert len(world.told()) == told
    world.move(incident.id, Move.REOPEN)
    assert world.row(incident.id).escalated_to == 0
    await world.clock.advance(15 * 60)
    await world.watcher().look()
    assert len(world.told()) > told


async def test_grave_alarms_of_rules_that_say_so_open_one_incident_each(world: World) -> None:
    world.rules = ["siren"]
    grave = world.raise_alarm("siren", 1)
    world.raise_alarm("siren", 2, device="r2")
    world.raise_alarm("flood", 1)
    for _ in range(2):
        await world.watcher().look()
    (row,) = world.state.incidents.incidents(IncidentFilter(), before=None, limit=10)
    assert (row.title, row.area, row.severity, row.opened_by) == ("Vượt báo động III", "132", 1, "system")
    assert world.state.incidents.alarms_of(row.id) == [grave.id]
    assert row.escalated_to == 3, "and those who must know are told at once"


async def test_a_store_that_is_away_is_asked_again(world: World, tmp_path: Path) -> None:
    class Away(SqlStateStore):
        """Answers from the second time on."""

        asked = 0

        def alarms(self, *_: object, **__: object) -> list[AlarmRow]:
            self.asked += 1
            if self.asked == 1:
                raise StoreUnavailableError("away")
            return []

    away = Away(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    desk = Desk(state=away, incidents=world.state.incidents, clock=world.clock, opening=lambda: ["siren"])

    async def asked_twice() -> int:
        await world.clock.advance(5)
        return max(0, away.asked - 1)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(Escalations(desk).run())
        await eventually(asked_twice)
        assert not task.done(), "one refusal ends nothing"
        task.cancel()
    away.close()
