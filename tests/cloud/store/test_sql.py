"""The contract of the StateStore over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from cloud.errors import CloudError, ConfigurationError, StateConflictError, StoreUnavailableError
from cloud.store.base import (
    AccountRow,
    AlarmFilter,
    AlarmHistoryRow,
    AlarmRow,
    AuditRow,
    BirthRow,
    Commit,
    DirtyRow,
    NoticeRow,
    OpenAlarms,
    RejectRow,
    RuleStateRow,
    SecretRow,
    StateStore,
    UserRow,
)
from cloud.store.schema_version import upgrade
from cloud.store.sql import SqlStateStore
from cloud.store.tables import METADATA
from device_profiles.clock import SystemClock
from tests.servers import Server, run_postgres
from tests.waiting import until

ANY = AlarmFilter()


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
def store(url: str) -> Iterator[StateStore]:
    opened = SqlStateStore(url, rejects_kept=100)
    opened.migrate()
    yield opened
    opened.close()


def alarm(identifier: str, **other: object) -> AlarmRow:
    row = AlarmRow(
        id=identifier, rule="flood", rule_version="1", site="yen-bai", gateway="gw1", device="river", point="level_m",
        state="unacked", open=True, level="I", severity=3, value=30.5, threshold=30.0, text_vi="Báo động I",
        text_en="Flood level I", raised_at=1, received_at=2, changed_at=3,
    )  # fmt: skip
    return replace(row, **other)  # type: ignore[arg-type]


def notice(key: str, **other: object) -> NoticeRow:
    return replace(NoticeRow(key, "a1", "webhook", "{}", created_at=5, due_at=5), **other)  # type: ignore[arg-type]


def test_a_change_is_kept_whole_and_read_back(store: StateStore, url: str) -> None:
    happened = AlarmHistoryRow("a1", 3, 1, "raised", "I", 30.5, "", "")
    store.commit(
        Commit(
            accounts=[AccountRow("gw1", "e" * 16, '{"stored":[[1,4]]}', 9)],
            point_counts={("gw1", "river", "level_m"): 40},
            rule_states=[RuleStateRow("flood", "gw1", "river", '{"level":"I"}')],
            alarms=[alarm("a1")],
            history=[happened],
            notices=[notice("a1:I:1")],
        )
    )
    store.close()
    again = SqlStateStore(url)
    again.migrate()
    assert again.accounts() == [AccountRow("gw1", "e" * 16, '{"stored":[[1,4]]}', 9)]
    assert again.point_counts() == {("gw1", "river", "level_m"): 40}
    assert again.rule_states() == [RuleStateRow("flood", "gw1", "river", '{"level":"I"}')]
    assert again.alarm("a1") == alarm("a1")
    assert again.alarm("a2") is None
    assert again.history("a1") == [happened]
    assert again.notices(limit=9) == [notice("a1:I:1")]
    again.close()


def test_later_changes_replace_add_up_and_delete(store: StateStore) -> None:
    first = Commit(
        accounts=[AccountRow("gw1", "e", "1", 1)],
        point_counts={("gw1", "d", "p"): 2, ("gw1", "d", "q"): 1},
        rule_states=[RuleStateRow("r", "gw1", "d", "s"), RuleStateRow("r", "gw1", "other", "s")],
    )
    store.commit(first)
    store.commit(
        Commit(
            accounts=[AccountRow("gw1", "e", "2", 2), AccountRow("gw1", "e", "3", 3)],
            point_counts={("gw1", "d", "p"): 3},
            rule_states=[RuleStateRow("r", "gw1", "d", "t"), RuleStateRow("r", "gw1", "d", None)],
        )
    )
    assert store.accounts() == [AccountRow("gw1", "e", "3", 3)]
    assert store.point_counts() == {("gw1", "d", "p"): 5, ("gw1", "d", "q"): 1}
    assert store.rule_states() == [RuleStateRow("r", "gw1", "other", "s")]


def test_only_one_open_alarm_per_rule_and_device(store: StateStore) -> None:
    store.commit(Commit(alarms=[alarm("a1")]))
    with pytest.raises(StateConflictError):
        store.commit(Commit(accounts=[AccountRow("gw1", "e", "1", 1)], alarms=[alarm("a2")]))
    assert store.accounts() == [], "nothing of a refused change is kept"
    store.commit(Commit(alarms=[alarm("a2"), alarm("a1", state="normal", open=False)]))
    assert [row.id for row in store.alarms(AlarmFilter(open=True), before=None, limit=9)] == ["a2"]
    store.commit(Commit(alarms=[alarm("a3", device="river2"), alarm("a4", gateway="gw2"), alarm("a5", rule="dry")]))
    assert len(store.alarms(ANY, before=None, limit=9)) == 5


def test_an_alarm_may_be_raised_and_closed_in_one_change(store: StateStore) -> None:
    store.commit(Commit(alarms=[alarm("a1"), alarm("a1", open=False, state="normal"), alarm("a2")]))
    assert [(row.id, row.open) for row in store.alarms(ANY, before=None, limit=9)] == [("a2", True), ("a1", False)]


def test_alarms_come_in_pages_newest_first(store: StateStore) -> None:
    rows = [alarm(f"a{n}", device=f"d{n}", site="s1" if n % 2 else "s2", severity=n % 3) for n in range(6)]
    store.commit(Commit(alarms=rows))
    assert [row.id for row in store.alarms(ANY, before=None, limit=2)] == ["a5", "a4"]
    assert [row.id for row in store.alarms(ANY, before="a4", limit=9)] == ["a3", "a2", "a1", "a0"]
    wanted = AlarmFilter(open=True, site="s1", gateway="gw1", severity=0)
    assert [row.id for row in store.alarms(wanted, before=None, limit=9)] == ["a3"]
    assert store.alarms(AlarmFilter(open=False), before=None, limit=9) == []


def test_open_alarms_are_counted_by_site_and_severity(store: StateStore) -> None:
    store.commit(
        Commit(
            alarms=[
                alarm("a1", rule="r1", site="s1", severity=2),
                alarm("a2", rule="r2", site="s1", severity=2, acknowledged_at=5),
                alarm("a3", rule="r3", site="s2", severity=1),
                alarm("a4", rule="r4", site="s2", severity=1, open=False),
            ]
        )
    )
    counts = [OpenAlarms("s1", 2, 2, 1), OpenAlarms("s2", 1, 1, 1)]
    assert sorted(store.open_alarms(), key=lambda each: each.site) == counts


def test_old_alarms_go_with_their_history_and_open_ones_stay(store: StateStore) -> None:
    old = [alarm(f"a{number}", open=number == 3, rule=f"r{number}", changed_at=number) for number in range(6)]
    store.commit(
        Commit(alarms=old, history=[AlarmHistoryRow(row.id, 3, 1, "raised", "I", 30.5, "", "") for row in old])
    )
    assert [store.forget_alarms(before=5, limit=3) for _ in range(3)] == [3, 1, 0]
    assert [row.id for row in store.alarms(ANY, before=None, limit=9)] == ["a5", "a3"]
    assert [len(store.history(row.id)) for row in old] == [0, 0, 0, 1, 0, 1]


def test_old_audit_rows_go_the_oldest_first(store: StateStore) -> None:
    for at in (1, 2, 3, 9):
        store.put_audit(AuditRow(at, "lan", "login", "", ""))
    assert [store.forget_audit(before=9, limit=2) for _ in range(3)] == [2, 1, 0]
    assert [row.at for row in store.audit(limit=9)] == [9]


def test_the_reject_log_is_bounded_and_newest_first(store: StateStore) -> None:
    for number in range(130):
        store.put_reject(RejectRow(number, "gw1", "readings", "malformed", "…", "7b22"))
    kept = store.rejects(limit=1000)
    assert [row.at for row in kept] == list(range(129, 29, -1))
    assert len(store.rejects(limit=3)) == 3


def test_births_people_secrets_and_audit(store: StateStore) -> None:
    store.put_births([BirthRow("gw1", "{}", "", 1)])
    store.put_births([BirthRow("gw1", '{"state":"lost"}', "{}", 2)])
    assert store.births() == [BirthRow("gw1", '{"state":"lost"}', "{}", 2)]
    store.put_user(UserRow("hoa", "viewer", "hash", 1))
    store.put_user(UserRow("hoa", "operator", "hash", 1, disabled=True))
    assert store.user("hoa") == UserRow("hoa", "operator", "hash", 1, disabled=True)
    assert store.users() == [store.user("hoa")]
    assert store.user("nobody") is None
    store.put_audit(AuditRow(1, "hoa", "login", "", ""))
    store.put_audit(AuditRow(2, "hoa", "acknowledge", "a1", "đã gọi trực ban"))
    assert [row.at for row in store.audit(limit=9)] == [2, 1]


def test_secrets_end(store: StateStore) -> None:
    store.put_secret(SecretRow("old", "session", "hoa", "viewer", created_at=1, expires_at=10))
    store.put_secret(SecretRow("program", "token", "grafana", "viewer", created_at=1, expires_at=0))
    assert store.secret("old") is not None
    store.put_secret(SecretRow("new", "session", "hoa", "viewer", created_at=11, expires_at=20))
    assert store.secret("old") is None, "forgotten when the next one is made"
    assert store.secret("program") is not None, "0 never ends"
    store.drop_secret("new")
    assert store.secret("new") is None


def test_migrating_twice_changes_nothing_and_the_tables_are_those_of_the_program(store: StateStore, url: str) -> None:
    store.put_user(UserRow("hoa", "viewer", "hash", 1))
    store.migrate()
    assert len(store.users()) == 1
    engine = create_engine(url.replace("postgresql", "postgresql+pg8000"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_dirty_hours_are_kept_found_when_due_and_cleaned_unless_marked_again(store: StateStore) -> None:
    rows = [DirtyRow("gw1", "river", "p", hour, due_at=100 - hour) for hour in (30, 10, 20)]
    store.commit(Commit(dirty=[*rows, DirtyRow("gw2", "river", "p", 5, due_at=999)]))
    assert [row.hour for row in store.due_dirty(now=90, limit=9)] == [30, 20, 10]
    assert [row.hour for row in store.due_dirty(now=80, limit=9)] == [30, 20]
    assert [row.hour for row in store.due_dirty(now=90, limit=1)] == [30]
    assert store.dirty_hours("gw1", "river", "p") == [10, 20, 30]
    assert store.dirty_hours("gw1", "river", "other") == []
    assert store.oldest_dirty() == 5
    seen = store.due_dirty(now=90, limit=9)
    store.commit(Commit(dirty=[DirtyRow("gw1", "river", "p", 20, due_at=200)]))
    store.clean(seen)
    store.clean([])
    assert store.due_dirty(now=200, limit=9) == [DirtyRow("gw1", "river", "p", 20, due_at=200, marks=2)]
    store.clean(store.due_dirty(now=999, limit=9))
    assert store.oldest_dirty() is None


@pytest.mark.parametrize("has_history", [False, True])
def test_a_centre_that_has_worked_before_knows_since_when_its_roll_ups_are_whole(url: str, has_history: bool) -> None:
    engine = create_engine(url.replace("postgresql", "postgresql+pg8000"))
    with engine.begin() as connection:
        upgrade(connection, "0001")
        if has_history:
            connection.execute(text("INSERT INTO account VALUES ('gw1', 'e', '{}', 1)"))
    engine.dispose()
    before = SystemClock().now_ms()
    store = SqlStateStore(url)
    store.migrate()
    since, hour = store.rolled_since(), 3_600_000
    assert before < since <= SystemClock().now_ms() + hour if has_history else since == 0
    assert since % hour == 0
    assert len(store.accounts()) == has_history
    store.migrate()
    assert store.rolled_since() == since
    store.close()


def test_a_newer_schema_is_refused_and_left_alone(store: StateStore, url: str) -> None:
    engine = create_engine(url.replace("postgresql", "postgresql+pg8000"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CloudError, match=r"schema 9999.*newer Thacba"):
        store.migrate()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


def test_readers_and_writers_on_many_threads_do_not_disturb_each_other(store: StateStore) -> None:
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(20):
                store.commit(
                    Commit(accounts=[AccountRow(name, "e", str(number), 1)], point_counts={("g", "d", "p"): 1})
                )
                store.accounts()
        except CloudError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"gw{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.point_counts() == {("g", "d", "p"): 80}
    assert [row.account for row in store.accounts()] == ["19"] * 4


def test_large_changes_are_kept(store: StateStore) -> None:
    counts = {(f"gw{n % 1000}", f"d{n}", "p"): 2 for n in range(5000)}
    accounts = [AccountRow(f"gw{n}", "e" * 16, json.dumps({"stored": [[1, n]]}), n) for n in range(1000)]
    store.commit(Commit(accounts=accounts, point_counts=counts))
    store.commit(Commit(accounts=accounts, point_counts=counts))
    assert len(store.accounts()) == 1000
    assert set(store.point_counts().values()) == {4}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("", "not a database"), ("sqlite://", "name a file"), ("mysql://u:secret@h/d", "mysql is not supported")],
)
def test_a_wrong_address_says_why_and_keeps_the_password(wrong: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        SqlStateStore(wrong)
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_not_there_is_a_store_that_is_not_available(tmp_path: Path) -> None:
    store = SqlStateStore(f"sqlite:///{tmp_path / 'nowhere' / 'state.sqlite3'}")
    with pytest.raises(StoreUnavailableError, match="unable to open"):
        store.migrate()
    store.close()


COMMITS_FOR_EVER = """
import sys
from cloud.store.base import AccountRow, Commit
from cloud.store.schema_version import upgrade
from cloud.store.sql import SqlStateStore

store = SqlStateStore(sys.argv[1])
store.migrate()
number = 0
while True:
    number += 1
    accounts = [AccountRow(f"gw{n}", "e", str(number), number) for n in range(50)]
    store.commit(Commit(accounts=accounts, point_counts={(f"gw{n}", "d", "p"): 1 for n in range(50)}))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_a_killed_process_leaves_whole_changes_only(url: str) -> None:
    command = [sys.executable, "-c", COMMITS_FOR_EVER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = 0
        while told < 20:
            told = int(process.stdout.readline())
        process.kill()
        told = int((process.stdout.read().split("\n")[-2:] or [""])[0] or told)
    store = SqlStateStore(url)
    store.migrate()
    counts = set(store.point_counts().values())
    assert counts == {int(row.account) for row in store.accounts()}, "the counts and the ledger tell the same"
    assert len(counts) == 1
    assert counts <= {told, told + 1}, "what was told of is kept; one change may be untold"
    store.close()


def test_a_server_that_dies_is_unavailable_and_comes_back(postgres: Server) -> None:
    store = SqlStateStore(f"postgresql://{postgres.username}@127.0.0.1:{postgres.port}/postgres")
    store.migrate()
    change = Commit(accounts=[AccountRow("gw-of-outage", "e", "1", 1)])
    store.commit(change)
    postgres.kill()
    for _ in range(2):  # with a dead connection in the pool, and without
        with pytest.raises(StoreUnavailableError, match="not available"):
            store.commit(change)
        with pytest.raises(StoreUnavailableError, match="not available"):
            store.accounts()
    postgres.start()
    until(lambda: _takes(store, change), within_s=20)  # it reads its log first
    assert "gw-of-outage" in {row.gateway for row in store.accounts()}
    store.close()


def _takes(store: SqlStateStore, change: Commit) -> bool:
    try:
        store.commit(change)
    except StoreUnavailableError:
        return False
    return True


def test_a_locked_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    store = SqlStateStore(f"sqlite:///{path}", busy_s=0.1)
    store.migrate()
    with sqlite3.connect(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            store.commit(Commit(accounts=[AccountRow("gw1", "e", "1", 1)]))
        other.rollback()
        store.commit(Commit(accounts=[AccountRow("gw1", "e", "1", 1)]))
    other.close()
    store.close()
