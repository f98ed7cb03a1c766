"""F30: the broker dies under a fleet of 2,000 sessions, and all of them come back at once."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.storm import measure

SESSIONS = 2_000
RECEIPT_S = 4.0  # instead of 20: what the centre missed while it was away itself comes again sooner


async def test_everybody_comes_back_all_is_stored_and_each_alarm_is_told_once(tmp_path: Path) -> None:
    storm = await measure(tmp_path, SESSIONS, receipt_s=RECEIPT_S, within_s=120.0)
    assert storm.sessions == SESSIONS
    assert (storm.lost, storm.doubled) == (0, 0)
    assert storm.alarms > 0, "no level was crossed during the storm"
