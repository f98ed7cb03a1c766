"""The contract of the store of commissioning records over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.errors import StateConflictError
from cloud.store.commissioning_port import CommissioningFileRow, CommissioningRow, CommissioningStore, Page
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

RECORD = CommissioningRow(
    "0a", "gw-1", "yen-bai", "TB-1", "Lò Văn Ánh", "pass", 1, 2, 100, None, 1, "d1", '{"v":1}', "c2ln"
)
PHOTO = CommissioningFileRow("0a", "f1", "photo", "image/jpeg", 500, "muc-nuoc", "cột đo")
SIGNATURE = CommissioningFileRow("0a", "f2", "signature", "image/png", 70, "", "")


@pytest.fixture
def store(url: str) -> Iterator[CommissioningStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state.commissioning
    state.close()


def test_a_record_is_complete_with_its_last_file(store: CommissioningStore) -> None:
    store.add(RECORD, [PHOTO, SIGNATURE])
    assert store.record("0a") == RECORD
    assert store.files("0a") == [PHOTO, SIGNATURE]
    store.received("0a", "f2", at=110)
    assert store.record("0a") == RECORD
    store.received("0a", "f1", at=120)
    store.received("0a", "f1", at=130)  # the answer was lost, and it came again
    assert store.record("0a") == replace(RECORD, complete_at=120)
    assert [file.received_at for file in store.files("0a")] == [120, 110]


def test_an_id_is_taken_once_and_nothing_of_the_second_stays(store: CommissioningStore) -> None:
    store.add(RECORD, [PHOTO])
    with pytest.raises(StateConflictError):
        store.add(replace(RECORD, gateway="gw-2"), [SIGNATURE])
    assert store.files("0a") == [PHOTO]
    assert store.record("0b") is None


def test_lists_are_paged_newest_first_and_without_bodies(store: CommissioningStore) -> None:
    rows = [replace(RECORD, id=f"{n:02x}", gateway=f"gw-{n % 2}", received_at=100 + n // 2) for n in range(6)]
    for row in rows:
        store.add(row, [])
    listed = [replace(row, body="") for row in reversed(rows)]
    assert store.records(Page()) == listed
    assert store.records(Page(limit=2)) == listed[:2]
    assert store.records(Page(before=listed[1].id)) == listed[2:]
    assert store.records(Page(gateway="gw-0", before=listed[1].id)) == [
        row for row in listed[2:] if row.gateway == "gw-0"
    ]
    assert store.count("gw-1", since=101) == 2


def test_room_is_counted_by_contents(store: CommissioningStore) -> None:
    assert store.named_bytes() == 0
    store.add(RECORD, [PHOTO, SIGNATURE])
    store.add(replace(RECORD, id="0b"), [replace(PHOTO, record="0b")])
    assert store.named_bytes() == 570
    assert store.kept_digests() == {"f1", "f2"}
