"""Notices in the state store: due in the order of their weight, settled together, paged, ticked once, and forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cloud.store.base import Commit, NoticeRow
from cloud.store.notice_port import AttemptRow, NoticeChange, NoticeFilter
from cloud.store.sql import SqlStateStore
from tests.servers import Server, run_postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with run_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite3'}"
    server: Server = request.getfixturevalue("postgres")
    address = f"postgresql://{server.username}@127.0.0.1:{server.port}/postgres"
    engine = create_engine(address.replace("postgresql", "postgresql+pg8000"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return address


@pytest.fixture
def store(url: str) -> Iterator[SqlStateStore]:
    opened = SqlStateStore(url, rejects_kept=100)
    opened.migrate()
    yield opened
    opened.close()


def notice(key: str, **more: object) -> NoticeRow:
    return replace(NoticeRow(key, "a1", "ops", "{}", 5, 5), **more)  # type: ignore[arg-type]


def keys(rows: Sequence[NoticeRow]) -> list[str]:
    return [row.key for row in rows]


def test_a_notice_is_made_once_and_due_by_severity_and_age(store: SqlStateStore) -> None:
    book = store.notice_book
    grave = notice("k3", severity=1, created_at=9, state="calling")
    store.commit(Commit(notices=[notice("k1"), notice("k2", due_at=50), notice("k0", created_at=4, due_at=4), grave]))
    assert keys(book.due(now=10, limit=9)) == ["k3", "k0", "k1"]
    assert keys(book.due(now=10, limit=2)) == ["k3", "k0"]
    book.settle(NoticeChange(rows=[notice("k1", state="sent", attempts=1, via="ops")]))
    store.commit(Commit(notices=[notice("k1")]))
    assert keys(book.due(now=99, limit=9)) == ["k3", "k0", "k2"], "sent stays sent"
    assert book.notice("k1") == notice("k1", state="sent", attempts=1, via="ops")
    assert book.notice("none") is None
    assert keys(store.notices(limit=2)) == ["k3", "k2"]
    assert book.counts() == {"pending": 2, "calling": 1, "sent": 1}


def test_one_change_is_kept_whole(store: SqlStateStore) -> None:
    book = store.notice_book
    store.commit(Commit(notices=[notice(f"k{number}", body='{"text":"Sông Thao \\"III\\""}') for number in range(700)]))
    folded = [replace(row, state="digest", digest="d1") for row in book.due(now=9, limit=1000)]
    tried = [AttemptRow("d1", "sms", "an", at, "failed", "no answer") for at in (1, 2)]
    for _ in range(2):  # the same once more changes nothing but the record of attempts
        book.settle(NoticeChange(folded, [notice("d1", body="{}")], tried))
    assert book.counts() == {"digest": 700, "pending": 1}
    (inside,) = book.page(NoticeFilter(digest="d1", state="digest"), before=None, limit=1)
    assert inside.body == '{"text":"Sông Thao \\"III\\""}'
    assert list(book.attempts(["d1", "k1"])) == tried * 2
    assert list(book.attempts([])) == []


def test_somebody_is_ticked_as_called_once(store: SqlStateStore) -> None:
    book = store.notice_book
    store.commit(Commit(notices=[notice("k1", state="calling")]))
    done, record = (
        notice("k1", state="sent", via="call_list"),
        AttemptRow("k1", "call_list", "an", 7, "called", "", "lan"),
    )
    assert [book.tick_called(done, record) for _ in range(2)] == [True, False]
    assert book.notice("k1") == done
    assert list(book.attempts(["k1"])) == [record]
    book.settle(NoticeChange(rows=[notice("k1", state="pending", step=3)]))
    assert book.notice("k1") == done, "a look that was under way does not bring it back"


def test_what_is_over_goes_with_its_attempts_and_what_waits_stays(store: SqlStateStore) -> None:
    book = store.notice_book
    states = ("pending", "calling", "sent", "failed", "digest", "shared")
    store.commit(Commit(notices=[notice(state, state=state) for state in states] + [notice("new", created_at=10)]))
    book.settle(NoticeChange(attempts=[AttemptRow(key, "ops", "", 6, "sent") for key in ("sent", "pending")]))
    book.forget(before=10)
    assert book.counts() == {"pending": 2, "calling": 1}
    assert [each.notice for each in book.attempts(["sent", "pending"])] == ["pending"]


def test_pages_follow_each_other(store: SqlStateStore) -> None:
    book = store.notice_book
    store.commit(Commit(notices=[notice(f"k{number}", created_at=number // 3) for number in range(8)]))
    found: list[str] = []
    before = None
    while page := book.page(NoticeFilter(channel="ops"), before=before, limit=3):
        found += keys(page)
        before = page[-1].created_at, page[-1].key
    assert found == [f"k{number}" for number in range(7, -1, -1)]
    assert book.page(NoticeFilter(channel="sms"), before=None, limit=3) == []


@pytest.mark.parametrize("wanted", [NoticeFilter(alarm="a2"), NoticeFilter(severity=2)])
def test_a_page_holds_only_what_is_asked_for(store: SqlStateStore, wanted: NoticeFilter) -> None:
    store.commit(Commit(notices=[notice("k1"), notice("k2", alarm="a2", severity=2)]))
    assert keys(store.notice_book.page(wanted, before=None, limit=9)) == ["k2"]
