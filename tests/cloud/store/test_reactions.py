"""What happened to alarms and incidents in a time comes back from SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloud.incidents.workflow import Move
from cloud.store.sql import SqlStateStore
from tests.cloud.reports.duty import JUNE, Duty
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]  # fixtures
JULY_MIN = (JUNE.end - JUNE.begin) / 60_000


@pytest.fixture
def state(url: str) -> Iterator[SqlStateStore]:
    found = SqlStateStore(url)
    found.migrate()
    yield found
    found.close()


def told(state: SqlStateStore, *, begin: int, end: int) -> tuple[list[tuple[str, str]], list[str]]:
    """What happened: rule and word of alarms, words of incidents."""
    alarms = [(each.rule, each.line.what) for each in state.reactions.alarm_lines(begin=begin, end=end)]
    return alarms, [each.what for each in state.reactions.incident_lines(begin=begin, end=end)]


def test_lines_of_before_the_end_come_of_what_lived_between_the_two_times(state: SqlStateStore) -> None:
    duty = Duty(state)
    over = duty.raised(0, rule="over_in_june", device="g1")
    duty.cleared(1, rule="over_in_june", device="g1")
    duty.acknowledged(over, 2)
    gathered = duty.raised(3, rule="gathered", device="g2")
    duty.cleared(4, rule="gathered", device="g2")
    duty.acknowledged(gathered, 5)
    incident = duty.opened(gathered, 6)
    lasting = duty.raised(7, rule="lasting", device="g3")
    duty.moved(incident, JULY_MIN + 1, Move.RECEIVE)
    duty.acknowledged(lasting, JULY_MIN + 2)
    june = told(state, begin=JUNE.begin, end=JUNE.end)
    assert june == (
        [(rule, what) for rule in ("over_in_june", "gathered") for what in ("raised", "cleared", "acknowledged")]
        + [("lasting", "raised")],
        ["opened"],
    )
    july, moves = told(state, begin=JUNE.end, end=JUNE.end + 86_400_000)
    assert {rule for rule, _ in july} == {"gathered", "lasting"}
    assert moves == ["opened", "receive"]
