"""The contract of the store of configurations over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.errors import StateConflictError
from cloud.store.configuration_port import (
    ConfigurationRow,
    ConfigurationStore,
    MemberRow,
    RequestRow,
    RolloutRow,
)
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

FIRST = ConfigurationRow(
    "gw-1", 1, "centre", "lan", 10, "lần đầu", "[outbox]\n", "{}", "c2ln", {"cam": "c2VhbGVk"}, "ab"
)
SECOND = replace(FIRST, version=2, source="site", comment="", sealed={}, sealed_to="", rollout="r-1")
ROLLOUT = RolloutRow("r-1", "Đợt 1", "lan", 5, "", "{}", "{}", "running")
REQUEST = RequestRow("q-1", "gw-1", "cam", "restart_connector", "{}", "lan", 10, 20)


@pytest.fixture
def store(url: str) -> Iterator[ConfigurationStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state.configurations
    state.close()


def test_every_version_is_kept_as_it_was_written(store: ConfigurationStore) -> None:
    store.add(FIRST)
    store.add(SECOND)
    other = replace(FIRST, gateway="gw-0")
    store.add(other)
    assert store.versions("gw-1", limit=10) == [SECOND, FIRST]
    assert store.newest("gw-1") == SECOND
    assert store.newest("gw-2") is None
    assert store.version("gw-1", 1) == FIRST
    assert store.newest_of_all() == [other, SECOND]


def test_two_people_cannot_make_the_same_version(store: ConfigurationStore) -> None:
    store.add(FIRST)
    with pytest.raises(StateConflictError):
        store.add(replace(FIRST, text="other"))
    assert store.newest("gw-1") == FIRST


def test_a_rollout_changes_with_its_members(store: ConfigurationStore) -> None:
    store.put_rollout(ROLLOUT, [MemberRow("r-1", "gw-2", 1), MemberRow("r-1", "gw-1", 0)])
    done = replace(ROLLOUT, state="done", wave=1)
    store.put_rollout(done, [MemberRow("r-1", "gw-2", 1, "good", 4, 9)])
    store.put_rollout(replace(ROLLOUT, id="r-2", at=6, state="paused"))
    assert store.rollout("r-1") == done
    assert store.members("r-1") == [MemberRow("r-1", "gw-1", 0), MemberRow("r-1", "gw-2", 1, "good", 4, 9)]
    assert [each.id for each in store.rollouts(limit=9)] == ["r-2", "r-1"]
    assert [each.id for each in store.rollouts(limit=9, open_only=True)] == ["r-2"]


def test_a_request_is_decided_once(store: ConfigurationStore) -> None:
    store.put_request(REQUEST)
    confirmed = replace(REQUEST, state="confirmed", decided_by="minh", decided_at=15)
    assert store.decide(confirmed)
    assert not store.decide(replace(REQUEST, state="withdrawn", decided_by="lan", decided_at=16))
    assert store.request("q-1") == confirmed
    store.put_request(replace(confirmed, outcome="done"))
    assert [each.outcome for each in store.requests(limit=5, gateway="gw-1")] == ["done"]
    assert store.requests(limit=5, gateway="gw-9") == []
