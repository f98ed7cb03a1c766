"""F51, F54: the store hangs or refuses us while the river rises: alarms go on, nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cloud.app import Centre
from cloud.store.base import AlarmFilter, SeriesKey
from device_profiles.clock import SystemClock
from device_profiles.wire import Channel, Receipt
from tests.cloud.notify.contents import Receiver, receiver
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, ScriptedGateway, running, scripted, settings_for
from tests.servers import Server, run_influxd
from tests.waiting import eventually

LEVEL = SeriesKey(PROFILE, GATEWAY, DEVICE, "level_m")
QUICK = "patience_s = 1.0\naway_alarm_s = 0.0\ntick_s = 0.1\nrecall_batches = 3\n"


def more_config(influx: str, hook: Receiver) -> str:
    """A hasty centre with InfluxDB and one webhook."""
    return (
        f'{QUICK}[store]\nkind = "influx"\nurl = "{influx}"\nusername = "centre"\npassword_env = "STORE_PASSWORD"\n'
        f'[[notify.channels]]\nkind = "webhook"\nname = "ops"\nurl = "{hook.url}"\nallow_private = true\n'
        "digests = false\n"
    )


def told(hook: Receiver) -> list[tuple[str, str]]:
    """Rule and kind of every notice that arrived."""
    contents = [json.loads(request.body) for request in hook.requests]
    return [(content["rule"], content["kind"]) for content in contents]


def held_by(gateway: ScriptedGateway) -> set[int]:
    """Every sequence that a receipt named held."""
    ranges = [(first, last) for receipt in gateway.receipts for first, last in receipt.held]
    return {number for first, last in ranges for number in range(first, last + 1)}


async def send_missing(gateway: ScriptedGateway) -> None:
    """What a gateway does: sends again what a receipt names missing; until cancelled."""
    answered: list[Receipt] = []
    while True:
        await eventually(lambda: len(gateway.receipts) > len(answered), within_s=60)
        answered.append(receipt := gateway.receipts[len(answered)])
        for first, last in receipt.missing:
            for number in range(first, last + 1):
                await gateway.send(gateway.sent[number], Channel.BACKLOG)


async def rise_without_store(centre: Centre, gateway: ScriptedGateway, hook: Receiver) -> int:
    """The river rises while the store is away; returns how many readings the gateway has accepted by then."""
    begin = SystemClock().now_ms()
    for number in range(12):
        await gateway.measure(28.0 + number / 4, at=begin + number)
    await eventually(lambda: held_by(gateway) >= set(range(2, 14)), within_s=20)
    await eventually(lambda: ("river_high", "raised") in told(hook))
    await gateway.send(gateway.sent[5])  # a restarted gateway sends what it keeps: judged once all the same
    assert gateway.settled() == {1}, "nothing is receipted that is not stored"
    terms = centre.house.parts.recorder.ledger.terms()
    await eventually(lambda: centre.view.ledger()[0].held_ranges == ((2, 13),))
    assert (terms.stored, terms.awaited) == (1, 12)
    assert (await centre.view.ready())["store"]
    return gateway.accepted


async def all_is_stored(centre: Centre, gateway: ScriptedGateway, hook: Receiver) -> None:
    """Produced = stored, by the ledger and by the database; one alarm of the river, and the platform's own is over."""
    await gateway.until_settled(*range(1, gateway.sequence + 1), within_s=30)
    terms = centre.house.parts.recorder.ledger.terms()
    assert (terms.accepted, terms.stored, terms.awaited) == (gateway.accepted, gateway.accepted, 0)
    assert await centre.store.count(LEVEL) == gateway.accepted
    assert centre.state.point_counts() == {(GATEWAY, DEVICE, "level_m"): gateway.accepted}
    assert centre.view.ledger()[0].held_ranges == ()
    await eventually(lambda: [kind for rule, kind in told(hook) if "store" in rule] == ["raised", "cleared"])
    assert [each for each in told(hook) if each[0] == "river_high"] == [("river_high", "raised")]
    raised = centre.state.alarms(AlarmFilter(gateway=GATEWAY), before=None, limit=9)
    assert [line.what for line in centre.state.history(raised[0].id)] == ["raised"]
    assert len(raised) == 1


async def live_through(
    folder: Path, broker: Server, influx: str, hook: Receiver, change: Callable[[str], Awaitable[None]]
) -> None:
    """One reading with the store, the flood without it, one more with it, and then the count."""
    settings = settings_for(folder, broker, more=more_config(influx, hook))
    async with running(Centre(settings)) as centre, scripted(broker) as gateway, asyncio.TaskGroup() as group:
        listening = group.create_task(send_missing(gateway))
        await gateway.measure(27.0)
        await gateway.until_settled(1)
        await change("away")
        await rise_without_store(centre, gateway, hook)
        await change("back")
        await eventually(lambda: centre.house.parts.gate.is_open, within_s=20)
        await gateway.measure(30.9, at=SystemClock().now_ms() + 1000)
        await all_is_stored(centre, gateway, hook)
        listening.cancel()


async def test_a_hanging_store_delays_no_alarm(
    tmp_path: Path, mosquitto_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PASSWORD", "secret")
    with run_influxd(username="centre", password="secret") as influx:

        async def change(to: str) -> None:
            influx.pause() if to == "away" else influx.resume()

        async with receiver() as hook:
            await live_through(tmp_path, mosquitto_server, influx.url, hook, change)
            assert ("platform_store_away", "raised") in told(hook)


async def test_a_store_that_refuses_our_password_costs_no_reading(
    tmp_path: Path, mosquitto_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PASSWORD", "secret")
    with run_influxd(username="centre", password="secret") as influx:

        async def change(to: str) -> None:
            password = "another" if to == "away" else "secret"
            await asyncio.to_thread(influx.query, f"SET PASSWORD FOR centre = '{password}'")
            influx.password = password

        async with receiver() as hook:
            await live_through(tmp_path, mosquitto_server, influx.url, hook, change)
            assert ("platform_store_refused", "raised") in told(hook)
