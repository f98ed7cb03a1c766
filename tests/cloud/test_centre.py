"""The whole centre on a real broker: stored, receipted, refused, withheld, and honest about all of it."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.alone import AlreadyRunningError
from cloud.app import Centre
from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.metrics import Metric
from cloud.settings import read_settings
from cloud.store.base import AlarmFilter, Columns, PlacedEvent, Rejection, SeriesKey
from cloud.store.memory import MemoryStore
from device_profiles.clock import SystemClock
from device_profiles.wire import Channel, Dropped, Event
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, RULE, letters_in, running, scripted, settings_for, write_config
from tests.servers import Server, run_influxd, run_mosquitto
from tests.waiting import eventually

pytestmark = pytest.mark.scenario
LEVEL = SeriesKey(PROFILE, GATEWAY, DEVICE, "level_m")
MINUTE = 60_000


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own: retained messages of one test must not reach the next."""
    with run_mosquitto() as server:
        yield server


def now() -> int:
    """The time of this machine."""
    return SystemClock().now_ms()


async def test_readings_are_stored_counted_and_receipted_once(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        await gateway.be_born()
        times = [now() - 2000, now() - 1000, now()]
        first = gateway.batch({"level_m": [27.1, 27.2, 27.3], "batt_v": [12.1, None, 12.2]}, times)
        await gateway.send(first)
        await gateway.until_settled(1)
        await gateway.send(first)  # the receipt got lost
        event = Event("e-1", DEVICE, "door", now())
        await gateway.send(gateway.batch({}, [], events=[event]), Channel.EVENTS)
        await gateway.until_settled(1, 2)
        await gateway.tell_health()
        await eventually(lambda: centre.metrics.value(Metric.DUPLICATES) == 1)
        terms = centre.house.parts.recorder.ledger.terms()
        assert (terms.accepted, terms.stored, terms.awaited) == (6, 6, 0)
        assert await centre.store.count(LEVEL) == 3
        assert centre.state.point_counts()[GATEWAY, DEVICE, "level_m"] == 3
        assert centre.metrics.value(Metric.DUPLICATES) == 1
        device = centre.view.device(GATEWAY, DEVICE)
        assert device is not None
        level = next(point for point in device.points if point.key == "level_m")
        assert (device.name.vi, level.value, level.freshness) == ("Trạm đo", 27.3, "measured")


async def test_one_flood_is_one_alarm_also_over_a_restart(tmp_path: Path, broker: Server) -> None:
    settings = settings_for(tmp_path, broker)
    async with running(Centre(settings)) as centre, scripted(broker) as gateway:
        await gateway.be_born()
        await gateway.send(batch := gateway.batch({"level_m": [31.0]}, [now()]))
        await gateway.until_settled(1)
        (alarm,) = centre.state.alarms(AlarmFilter(open=True), before=None, limit=9)
        assert centre.view.counters().alarms_raised == 1
    async with running(Centre(settings)) as centre, scripted(broker) as gateway:
        gateway.sequence, gateway.accepted = 1, 1
        await gateway.send(batch)
        await gateway.measure(31.2)
        await gateway.until_settled(1, 2)
        assert [row.id for row in centre.state.alarms(AlarmFilter(open=True), before=None, limit=9)] == [alarm.id]
        row = await centre.view.acknowledge(alarm.id, actor="lan", comment="đã rõ")
        assert (row.state, row.acknowledged_by) == ("acked", "lan")
        assert centre.view.counters().alarms_raised == 1
        assert await centre.store.count(LEVEL) == 2


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"v":1,"epoch":"00000000000000aa","sequence":1,"base":0,"devices":[{]}', "malformed"),
        (b'{"v":1,"epoch":"00000000000000aa","sequence":1,"base":0,"devices":' + b"[" * 30_000, "too_deep"),
        (b'{"v":1,"epoch":"00000000000000aa","sequence":1,"base":0,"x":"' + b"a" * 300_000, "too_large"),
        (gzip.compress(b'{"v":1,"epoch":"00000000000000aa","sequence":1,"base":0,"x":"' + b"a" * 9_000_000), "bomb"),
        (b'{"v":1,"epoch":"00000000000000aa","sequence":1,"base":0,"devices":[{"device":"d","profile":"p",'
         b'"times":[1],"points":{"x":[NaN]}}]}', "malformed"),
    ],
    ids=["json", "deep", "large", "bomb", "nan"],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_by_name_and_kept_in_the_log(
    tmp_path: Path, broker: Server, payload: bytes, reason: str
) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        await gateway.publish(Channel.READINGS, payload)
        await gateway.until_settled(1)
        (refused,) = gateway.receipts[0].refused
        assert refused.reason == reason
        (row,) = await eventually(lambda: centre.state.rejects(limit=9))
        assert (row.gateway, row.channel, row.reason) == (GATEWAY, "readings", reason)
        assert bytes.fromhex(row.sample) == payload[:64]
        assert centre.metrics.value(Metric.REJECTED) == 1


async def test_rubbish_without_a_name_is_kept_in_the_log_and_gets_no_receipt(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        await gateway.publish(Channel.READINGS, b"\x00\x01rubbish")
        await gateway.client.publish("thacba/1/00/gw-1/readings", b"{}", qos=1)
        await gateway.measure(27.0)
        await gateway.until_settled(1)
        rows = await eventually(lambda: found if len(found := centre.state.rejects(limit=9)) == 2 else ())
        assert {row.reason for row in rows} == {"malformed", "topic"}
        assert [receipt.refused for receipt in gateway.receipts] == [[]]


async def test_impossible_readings_lie_in_the_dead_letters_with_their_reason(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        await gateway.send(gateway.batch({"level_m": [27.0, 27.1]}, [1000, now()]))  # 1970
        await gateway.send(gateway.batch({"level_m": [27.2, 27.3]}, [now() + 10, now() + 10 * MINUTE]))
        await gateway.send(gateway.batch({"level_m": ["NaN", 27.4], "depth": [1.0, 2.0]}, [now() + 20, now() + 30]))
        await gateway.send(gateway.batch({"level_m": [27.5]}, [now()], profile="thermometer"))
        await gateway.until_settled(1, 2, 3, 4)
        letters = letters_in(tmp_path / "data" / "dead_letters")
        assert Counter(letter["reason"] for letter in letters) == Counter(
            ["too_old", "future", "type", "unmapped_point", "unknown_profile"]
        )
        await gateway.tell_health()
        await eventually(lambda: centre.house.display.gateway(GATEWAY).health_at)
        terms = centre.house.parts.recorder.ledger.terms()
        assert (terms.accepted, terms.stored, terms.dead_lettered, terms.awaited) == (9, 3, 6, 0)
        assert await centre.store.count(LEVEL) == 3


async def test_an_unknown_gateway_gets_no_receipt_and_is_shown(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker, gateway="gw-x") as stranger:
        await stranger.measure(27.0)
        shown = await eventually(lambda: [each for each in centre.view.gateways() if each.id == "gw-x"])
        assert shown[0].site == ""
        assert centre.metrics.value(Metric.WITHHELD) == 1
        assert (stranger.receipts, centre.view.ledger()) == ([], [])


async def test_a_declared_drop_explains_the_gap(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        await gateway.measure(27.0)
        lost = [gateway.batch({"level_m": [1.0, 2.0]}, [now(), now() + 1]) for _ in range(3)]
        drop = Dropped(lost[0].sequence, lost[-1].sequence, "outbox_full", 6, now(), now())
        await gateway.send(gateway.batch({"level_m": [27.1]}, [now() + 5], dropped=[drop]))
        await gateway.until_settled(1, 5)
        (account,) = centre.view.ledger()
        assert (account.accepted, account.stored, account.dropped, account.awaited) == (8, 2, 6, 0)
        assert (account.stored_ranges, account.missing_ranges) == (((1, 1), (5, 5)), ())


class FlakyStore(MemoryStore):
    """A store that a test can take away."""

    fault: StoreUnavailableError | None = None

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Refuses while there is a fault."""
        if self.fault is not None:
            raise self.fault
        return await super().write(columns, events)


@pytest.mark.parametrize("fault", [StoreUnavailableError("gone"), StoreMisconfiguredError("401")], ids=["gone", "401"])
async def test_no_store_no_receipt_and_nothing_is_lost(
    tmp_path: Path, broker: Server, fault: StoreUnavailableError
) -> None:
    store = FlakyStore()
    store.fault = fault
    settings = settings_for(tmp_path, broker)
    async with running(Centre(settings, store=store)) as centre, scripted(broker) as gateway:
        for number in range(20):
            await gateway.measure(27.0 + number / 100, at=now() + number)
        parts = await eventually(lambda: faults if (faults := centre.house.flow.store_fault()) else "")
        assert parts == str(fault)
        assert (await centre.view.ready())["store"] == str(fault)
        assert gateway.receipts == []
        store.fault = None
        await gateway.until_settled(*range(1, 21))
        assert await store.count(LEVEL) == 20
        assert (await centre.view.ready())["store"] == ""
        assert centre.house.parts.recorder.ledger.terms().stored == 20


async def test_a_killed_influxdb_loses_nothing(tmp_path: Path, broker: Server) -> None:
    with run_influxd() as influx:
        more = f'[store]\nkind = "influx"\nurl = "{influx.url}"\n'
        settings = settings_for(tmp_path, broker, more=more)
        async with running(Centre(settings)) as centre, scripted(broker) as gateway:
            await gateway.measure(27.0, at=now())
            await gateway.until_settled(1)
            influx.kill()
            for number in range(10):
                await gateway.measure(28.0, at=now() + number)
            await eventually(centre.house.flow.store_fault)
            assert len(gateway.settled()) == 1
            await asyncio.to_thread(influx.start)
            await gateway.until_settled(*range(1, 12), within_s=30)
            assert await centre.store.count(LEVEL) == 11
            assert centre.house.parts.recorder.ledger.terms().stored == 11


async def test_nats_is_a_broker_too(tmp_path: Path, nats_server: Server) -> None:
    async with running(Centre(settings_for(tmp_path, nats_server))) as centre, scripted(nats_server) as gateway:
        await gateway.be_born()
        await gateway.measure(27.0)
        await gateway.until_settled(1)
        assert await centre.store.count(LEVEL) == 1
        await eventually(lambda: centre.house.display.gateway(GATEWAY).state == "online")


async def test_a_killed_broker_is_found_again_and_the_rest_is_sent_again(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre:
        async with scripted(broker) as gateway:
            await gateway.measure(27.0)
            await gateway.until_settled(1)
        broker.kill()
        await eventually(centre.link.fault)
        broker.start()
        await eventually(lambda: not centre.link.fault(), within_s=20)
        async with scripted(broker) as gateway:
            gateway.sequence, gateway.accepted = 1, 1
            await gateway.measure(27.1)
            await gateway.until_settled(2)
            assert await centre.store.count(LEVEL) == 2
        assert centre.metrics.value(Metric.RECONNECTS) == 1


async def test_two_centres_do_not_share_a_folder(tmp_path: Path, broker: Server) -> None:
    settings = settings_for(tmp_path, broker)
    async with running(Centre(settings)):
        with pytest.raises(AlreadyRunningError, match="another centre"):
            await Centre(settings).run(asyncio.Event())


async def test_rules_are_reloaded_and_a_wrong_file_changes_nothing(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        rule = tmp_path / "rules" / "river_high.toml"
        good = rule.read_text("utf-8")
        rule.write_text(good.replace("above = 30.0", "above = nonsense"), encoding="utf-8")
        await centre.reload_rules()
        await gateway.measure(31.0)
        await gateway.until_settled(1)
        assert len(centre.state.alarms(AlarmFilter(open=True), before=None, limit=9)) == 1
        rule.write_text(good.replace("above = 30.0", "above = 40.0").replace("clear = 29.5", ""), encoding="utf-8")
        await centre.reload_rules()
        assert [each.value for each in centre.view.thresholds(GATEWAY, DEVICE, "level_m")] == [40.0]


async def test_people_are_reloaded_with_the_rules_and_a_wrong_file_changes_nothing(
    tmp_path: Path, broker: Server
) -> None:
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}")
    config.write_text('people_dir = "people"\n' + config.read_text("utf-8"), encoding="utf-8")
    (tmp_path / "people").mkdir()
    file = tmp_path / "people" / "ioc.toml"
    file.write_text('[[persons]]\nid = "an"\nname = "An"\nphone = "0912345678"\nchannels = ["call_list"]\n', "utf-8")
    async with running(Centre(read_settings(config))) as centre:
        file.write_text(file.read_text("utf-8").replace("0912345678", "12"), encoding="utf-8")
        await centre.reload_rules()
        assert centre.pipeline.terms.people.persons["an"].phone == "84912345678"
        file.write_text(file.read_text("utf-8").replace('"12"', '"0987654321"'), encoding="utf-8")
        await centre.reload_rules()
        assert centre.pipeline.terms.people.persons["an"].phone == "84987654321"


async def test_programs_read_and_work_the_same_centre_over_http(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        secret, row = begin_token("test", Role.ADMIN, now=now(), days=1)
        centre.state.put_secret(row)
        await gateway.be_born()
        await gateway.measure(31.0)
        await gateway.until_settled(1)
        await gateway.tell_health(read_at=now())
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{centre.port}", headers=headers) as client:

            async def get(path: str) -> Any:
                answer = await client.get(path)
                assert answer.status_code == 200, answer.text
                return answer.json()

            assert (await get("/healthz"))["status"] == "ok"
            summary = await get("/api/v1/summary")
            assert (summary["stored"], summary["awaited"], summary["alarms_raised"]) == (1, 0, 1)
            assert summary["first_reading_at"] is not None
            (shown,) = (await get("/api/v1/gateways"))["items"]
            assert (shown["id"], shown["state"], shown["devices"]) == (GATEWAY, "online", 1)
            (device,) = (await get("/api/v1/devices"))["items"]
            assert device["id"] == DEVICE
            (site,) = (await get("/api/v1/sites"))["items"]
            assert site["gateways"] == [GATEWAY]
            (account,) = (await get("/api/v1/ledger"))["items"]
            assert account["stored_ranges"] == [[1, 1]]
            assert "thacba_receipts_total 1" in (await client.get("/metrics")).text
            (alarm,) = (await get("/api/v1/alarms"))["items"]
            place = f"/api/v1/alarms/{alarm['id']}"
            first, second = [await client.post(f"{place}/acknowledge", json={"comment": "rõ"}) for _ in range(2)]
            assert (first.status_code, second.status_code) == (200, 409)
            assert (await client.post(f"{place}/comment", json={"comment": "tiếp"})).status_code == 200
            assert (await client.post("/api/v1/alarms/none/acknowledge", json={"comment": ""})).status_code == 404
            order = {"gateway": GATEWAY, "device": DEVICE, "verb": "reboot", "arguments": {}}
            assert (await client.post("/api/v1/commands", json=order)).status_code == 422


async def test_the_live_feed_tells_readings_alarms_and_gateways(tmp_path: Path, broker: Server) -> None:
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}")
    named = RULE.replace('name = "I"', 'name = "I"\nshown = { vi = "mức một", en = "level one" }')
    (tmp_path / "rules" / "river_high.toml").write_text(named, encoding="utf-8")
    async with running(Centre(read_settings(config))) as centre, scripted(broker) as gateway:
        feed = centre.view.hub.subscribe(quiet_s=5.0)
        await anext(feed)
        await gateway.be_born()
        await gateway.measure(31.0)
        seen: dict[str, Any] = {}
        async with asyncio.timeout(10):
            while seen.keys() != {"reading", "alarm", "gateway"}:
                seen |= {event.kind: event.body for event in await anext(feed)}
        assert (seen["reading"]["value"], seen["reading"]["freshness"]) == (31.0, "measured")
        assert (seen["alarm"]["rule"], seen["alarm"]["state"]) == ("river_high", "unacked")
        assert (seen["alarm"]["level"], seen["alarm"]["level_shown"]) == ("I", {"vi": "mức một", "en": "level one"})
        (mark,) = centre.view.thresholds(GATEWAY, DEVICE, "level_m")
        assert (mark.level, mark.level_shown.vi) == ("I", "mức một")
        assert seen["gateway"]["state"] == "online"
        await feed.aclose()  # type: ignore[attr-defined]
