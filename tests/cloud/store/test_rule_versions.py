"""The contract of the store of rule versions over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.errors import StateConflictError
from cloud.store.rule_version_port import RuleVersionRow, RuleVersionStore
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

FIRST = RuleVersionRow("flood", 1, 1, "# mực nước\nversion = 1", "", "file", 10, "", "found")
SECOND = replace(FIRST, revision=2, version=2, text="version = 2\r\n", actor="lan", what="saved", kept=False)


@pytest.fixture
def store(url: str) -> Iterator[RuleVersionStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state.rule_versions
    state.close()


def test_every_text_is_kept_as_it_was_written(store: RuleVersionStore) -> None:
    store.add(FIRST)
    store.add(SECOND)
    store.add(replace(FIRST, rule="rain"))
    assert store.versions("flood") == [SECOND, FIRST]
    assert store.newest("flood") == SECOND
    assert store.newest("wind") is None


def test_a_text_is_pending_until_the_files_hold_it(store: RuleVersionStore) -> None:
    store.add(FIRST)
    store.add(SECOND)
    assert store.pending() == [SECOND]
    store.keep("flood", 2)
    assert store.pending() == []
    store.add(replace(SECOND, revision=3))
    store.drop("flood", 3)
    assert [row.revision for row in store.versions("flood")] == [2, 1]


def test_two_people_cannot_make_the_same_change_number(store: RuleVersionStore) -> None:
    store.add(FIRST)
    with pytest.raises(StateConflictError):
        store.add(replace(FIRST, text="other"))
    assert store.newest("flood") == FIRST
