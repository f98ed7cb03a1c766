"""The live feed's memory: newest states, numbers that rise, and an honest reset."""

from __future__ import annotations

import asyncio

from cloud.access.roles import Role
from cloud.access.sessions import Identity, begin_token
from cloud.api import live
from cloud.api.hub import Hub, LiveEvent
from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock


async def first(hub: Hub, after: int | None) -> list[LiveEvent]:
    """What a client gets that comes with this number."""
    changes = hub.subscribe(after)
    async with asyncio.timeout(20):
        found = await anext(changes)
    await changes.aclose()  # type: ignore[attr-defined]
    return list(found)


async def test_a_client_that_comes_back_gets_the_newest_state_of_what_changed(clock: ManualClock) -> None:
    hub = Hub(clock)
    start = hub.number
    for value in range(100):
        hub.publish("reading", "a", {"value": value})
    hub.publish("alarm", "x", {"state": "unacked"})
    changes = await first(hub, start)
    assert [(event.kind, dict(event.body)) for event in changes] == [
        ("reading", {"value": 99}),
        ("alarm", {"state": "unacked"}),
    ]
    assert await first(hub, changes[0].id) == changes[1:]
    assert await first(hub, changes[-1].id) == []
    assert await first(hub, None) == []


async def test_numbers_rise_over_a_restart_and_old_ones_lead_to_a_reset(clock: ManualClock) -> None:
    old = Hub(clock)
    old.publish("reading", "a", {})
    number = old.number
    await clock.advance(1)
    new = Hub(clock)
    assert new.number > number
    assert [event.kind for event in await first(new, number)] == ["reset"]
    assert [event.kind for event in await first(new, new.number + 5)] == ["reset"]


async def test_the_feed_ends_when_the_log_in_does(centre: FakeCentre, clock: ManualClock) -> None:
    _, row = begin_token("wall", Role.VIEWER, now=clock.now_ms(), days=1)
    centre.state.put_secret(row)
    told: list[bytes] = []

    async def listen() -> None:
        identity = Identity("wall", Role.VIEWER, "token", row.digest)
        async for part in live._stream(centre, identity, None, (frozenset({"reading"}), None)):
            told.append(part)  # noqa: PERF401 -- what came before the end counts

    async with asyncio.TaskGroup() as group:
        group.create_task(listen())
        await clock.advance(0)
        centre.measure("gw-thao", "gauge-yen-bai", "level_m", 31.5)
        await clock.advance(0.25)
        centre.state.drop_secret(row.digest)
        await clock.advance(61)
        centre.measure("gw-thao", "gauge-yen-bai", "level_m", 31.9)
        await clock.advance(0.25)
    assert any(b"31.5" in part for part in told)
    assert not any(b"31.9" in part for part in told)
    assert centre.hub.listeners == 0


async def test_forgetting_is_said(clock: ManualClock) -> None:
    hub = Hub(clock, keep=2)
    start = hub.number
    for key in "abc":
        hub.publish("reading", key, {})
    assert [event.kind for event in await first(hub, start)] == ["reset"]
    assert len(await first(hub, start + 1)) == 2


async def test_a_flood_of_changes_becomes_few_answers(clock: ManualClock) -> None:
    hub = Hub(clock, gap_s=0.25)
    answers: list[int] = []

    async def listen() -> None:
        async for changes in hub.subscribe(None):
            answers.append(len(changes))  # noqa: PERF401 -- what came before the end counts

    async with asyncio.TaskGroup() as group:
        group.create_task(listen())
        await clock.advance(0)
        for value in range(50):
            hub.publish("reading", f"p{value % 5}", {"value": value})
            await clock.advance(0.01)
        assert hub.listeners == 1
        await clock.advance(0.25)
        hub.close()
        await clock.advance(0.25)
    assert sum(answers) <= 5 * len(answers)
    assert 2 <= len(answers) <= 6
    assert hub.listeners == 0
