"""Attempts are kept, counted, audited, and made an alarm while they last; a flood of them stays small."""

from __future__ import annotations

import asyncio

from cloud.enrolment.security import CLAIM_REPLAYED, CSR_WRONG, EVERYWHERE, LASTS_MS, NEW_A_MINUTE, SAME_MS
from tests.cloud.enrolment.bench import Bench
from tests.waiting import eventually


async def test_the_same_within_a_minute_is_one_event_that_counts(bench: Bench) -> None:
    for _ in range(50):
        await bench.all.events.record(CSR_WRONG, gateway="gw-1", source="10.0.0.7")
    await bench.all.events.write()
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


async def test_a_flood_from_everywhere_is_a_row_for_each_kind(bench: Bench) -> None:
    for number in range(3 * NEW_A_MINUTE):
        await bench.all.events.record(CSR_WRONG, gateway=f"gw-{number}", source=f"10.0.{number // 250}.{number % 250}")
    await bench.all.events.write()
    rows = bench.state.enrolment.events(before=None, limit=500)
    assert len(rows) == NEW_A_MINUTE + 1
    assert (rows[0].source, rows[0].times) == (EVERYWHERE, 2 * NEW_A_MINUTE)
    await bench.clock.advance(SAME_MS / 1000)
    await bench.all.events.record(CSR_WRONG, gateway="gw-1", source="10.9.9.9")
    assert bench.state.enrolment.events(before=None, limit=1)[0].source == "10.9.9.9"


async def test_counts_are_written_every_few_seconds(bench: Bench) -> None:
    for _ in range(3):
        await bench.all.events.record(CSR_WRONG, gateway="gw-1", source="10.0.0.7")
    running = asyncio.get_running_loop().create_task(bench.all.run())
    await eventually(lambda: bench.clock.sleepers)
    await bench.clock.advance(5)
    assert await eventually(lambda: bench.state.enrolment.events(before=None, limit=1)[0].times == 3)
    running.cancel()
