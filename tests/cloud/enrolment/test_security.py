"""Attempts are kept, counted, audited, and made an alarm while they last; a flood of them stays small."""

from __future__ import annotations

from cloud.enrolment.security import CLAIM_REPLAYED, CSR_WRONG, LASTS_MS, SAME_MS
from tests.cloud.enrolment.bench import Bench


async def test_the_same_within_a_minute_is_one_event_that_counts(bench: Bench) -> None:
    for _ in range(50):
        await bench.all.events.record(CSR_WRONG, gateway="gw-1", source="10.0.0.7")
    (row,) = bench.state.enrolment.events(before=None, limit=10)
    assert (row.times, row.is_grave) == (50, False)
    assert bench.audit() == [("security", CSR_WRONG, "gw-1")]
    assert bench.all.events.troubles() == []
    await bench.all.events.record(CSR_WRONG, gateway="gw-1", source="10.0.0.8")
    await bench.clock.advance(SAME_MS / 1000)
    await bench.all.events.record(CSR_WRONG, gateway="gw-1", source="10.0.0.7")
    assert len(bench.state.enrolment.events(before=None, limit=10)) == 3


async def test_a_grave_event_is_an_alarm_for_an_hour_after_its_last_time_also_over_a_restart(bench: Bench) -> None:
    began = bench.clock.now_ms()
    await bench.all.events.record(CLAIM_REPLAYED, gateway="gw-1", source="10.0.0.7")
    await bench.clock.advance(30)
    await bench.all.events.record(CLAIM_REPLAYED, gateway="gw-1", source="10.0.0.7")
    await bench.restart()
    (trouble,) = bench.all.events.troubles()
    assert (trouble.part, trouble.since) == ("claim_replayed:gw-1", began)
    await bench.clock.advance(LASTS_MS / 1000)
    assert bench.all.events.troubles() == []


async def test_a_database_that_is_away_stops_no_refusal(bench: Bench) -> None:
    with bench.database_busy():
        await bench.all.events.record(CLAIM_REPLAYED, gateway="gw-1")
    assert [each.part for each in bench.all.events.troubles()] == ["claim_replayed:gw-1"]
    assert bench.kinds() == []
