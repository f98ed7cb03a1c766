"""The contract of bulletins and evacuations over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.errors import StateConflictError
from cloud.store.disaster_port import BulletinRow, DisasterStore, EvacuationLine, EvacuationRow
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

BULLETIN = BulletinRow(
    "01", 100, "lan", "Đài KTTV tỉnh", "LULU-12", "flood", 2, "", 90, 200, "Tin lũ", "Đỉnh lũ 34,0 m", "kttv.example/12"
)
EVACUATION = EvacuationRow("01", "phuong-yen-bai", "BĐ III", "[]", 100, "lan")


@pytest.fixture
def store(url: str) -> Iterator[DisasterStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state.disaster
    state.close()


def test_a_bulletin_holds_until_it_ends_or_is_withdrawn(store: DisasterStore) -> None:
    store.put_bulletin(BULLETIN)
    store.put_bulletin(replace(BULLETIN, id="02", issued_at=95, valid_until=None))
    assert [row.id for row in store.bulletins_in_force(at=150, issued_since=90)] == ["02", "01"]
    assert [row.id for row in store.bulletins_in_force(at=150, issued_since=96)] == ["01"]
    assert store.bulletins_in_force(at=200, issued_since=96) == []
    assert store.withdraw_bulletin("01", at=160, actor="minh", reason="chép nhầm")
    assert not store.withdraw_bulletin("01", at=170, actor="hoa", reason="")
    gone = replace(BULLETIN, withdrawn_at=160, withdrawn_by="minh", withdrawn_reason="chép nhầm")
    assert store.bulletin("01") == gone
    assert [row.id for row in store.bulletins_in_force(at=165, issued_since=90)] == ["02"]
    assert [row.id for row in store.bulletins(before=None, limit=9)] == ["02", "01"]
    assert store.bulletins(before="02", limit=9) == [gone]


def test_one_evacuation_of_a_commune_is_open_and_every_tick_stays(store: DisasterStore) -> None:
    store.open_evacuation(EVACUATION)
    with pytest.raises(StateConflictError):
        store.open_evacuation(replace(EVACUATION, id="02"))
    tick = EvacuationLine(0, "01", "warned", True, 412, 110, "lan", "loa phường")
    assert store.put_line(tick)
    assert store.put_line(replace(tick, done=False, count=None, at=120, note=""))
    assert [(line.done, line.count, line.note) for line in store.lines("01")] == [
        (True, 412, "loa phường"),
        (False, None, ""),
    ]
    assert store.close_evacuation("01", at=130, actor="minh", note="nước rút")
    assert not store.put_line(tick), "it has ended"
    assert not store.close_evacuation("01", at=140, actor="minh", note="")
    store.open_evacuation(replace(EVACUATION, id="02"))
    assert [row.id for row in store.evacuations(open_only=True, before=None, limit=9)] == ["02"]
    assert [row.id for row in store.evacuations(open_only=False, before="02", limit=9)] == ["01"]
    assert store.evacuation("03") is None
