"""The history of alarms as it is known now, over the API."""

from __future__ import annotations

import httpx

from cloud.store.base import AlarmHistoryRow, Commit
from tests.cloud.api.fake_centre import FakeCentre

MINUTE = 60_000


def line(alarm: str, at: int, observed_at: int, what: str, level: str) -> AlarmHistoryRow:
    """A line that was written at a time about another."""
    return AlarmHistoryRow(alarm, at, observed_at, what, level, None, "system", "")


async def test_what_late_data_has_changed_is_told_in_order_of_observation(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    now = centre.clock.now_ms()
    begin = now - 60 * MINUTE
    row = centre.raise_alarm("I", at=begin + 10 * MINUTE, severity=3, value=30.3, rule="river_other")
    later = [
        line(row.id, now, begin + 40 * MINUTE, "cleared", "I"),
        line(row.id, now + 1, begin + 20 * MINUTE, "missed", "III"),
        line(row.id, now + 1, begin + 30 * MINUTE, "missed_end", "II"),
        line(row.id, now + 2, begin + 40 * MINUTE, "withdrawn", ""),
        line(row.id, now + 2, begin + 50 * MINUTE, "missed_end", ""),
    ]
    centre.state.commit(Commit(history=later))
    asked = {"rule": row.rule, "gateway": row.gateway, "device": row.device}
    told = (await operator.get("/api/v1/chronicle", params=asked)).json()
    entries = [((each["observed_at"] - begin) // MINUTE, each["what"], each["level"]) for each in told["items"]]
    assert entries == [(10, "raised", "I"), (20, "escalated", "III"), (30, "eased", "II"), (50, "cleared", "II")]
    part = {"from": str(begin + 20 * MINUTE), "to": str(begin + 30 * MINUTE)}
    told = (await operator.get("/api/v1/chronicle", params=asked | part)).json()
    assert [each["what"] for each in told["items"]] == ["escalated"]
    nothing = (await operator.get("/api/v1/chronicle", params=asked | {"device": "other"})).json()
    assert nothing["items"] == []
