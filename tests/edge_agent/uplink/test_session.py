"""The agent against real brokers: birth, will, lanes, receipts, a lost broker, a silent centre."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from device_profiles.clock import SystemClock
from device_profiles.wire import Channel, size_of
from edge_agent.app import opened
from edge_agent.connector import Happening
from edge_agent.uplink.budget import day_of
from tests.edge_agent.centre import Centre, centre_at
from tests.edge_agent.rig import Counting, Hand, plan, running
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually


@pytest.fixture(params=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


async def settled(centre: Centre, outbox: object, at_least: int) -> None:
    await eventually(lambda: sum(size_of(each) for each in centre.batches.values()) >= at_least, 20)
    await eventually(lambda: outbox.counters().backlog_batches == 0, 20)  # type: ignore[attr-defined]


async def test_a_session_from_birth_to_farewell(broker: Server, tmp_path: Path) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    async with centre_at(broker, gateway=gateway) as centre:
        chosen = plan(tmp_path, ["gauge"], port=broker.port, gateway=gateway)
        async with running(chosen, {"gauge": Counting("gauge")}) as (_, outbox):
            await eventually(lambda: centre.states, 10)
            await settled(centre, outbox, 5)
            await eventually(lambda: centre.healths, 10)
        await eventually(lambda: centre.states[-1].state == "stopped", 10)
        birth = centre.states[0]
        assert (birth.state, birth.epoch) == ("online", outbox.counters().epoch)
        assert [(each.device, each.profile, len(each.hash)) for each in birth.devices] == [
            ("gauge", "test_station", 12)
        ]
        assert set(centre.channels) == {Channel.READINGS}
        health = centre.healths[-1]
        assert health.devices[0].read_at > 0
        assert health.accepted >= health.backlog_readings
        values = [value for (_, key, _), value in sorted(centre.cells().items(), key=lambda item: item[0][2])]
        assert values == [float(n) for n in range(1, len(values) + 1)]


async def test_what_piled_up_offline_comes_as_backlog_beside_the_live(broker: Server, tmp_path: Path) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    offline = plan(tmp_path, ["gauge"], port=1, gateway=gateway)
    async with running(offline, {"gauge": Counting("gauge")}) as (_, outbox):
        await eventually(lambda: outbox.counters().backlog_batches >= 5, 10)
    async with centre_at(broker, gateway=gateway) as centre:
        online = plan(tmp_path, ["gauge"], port=broker.port, gateway=gateway)
        async with running(online, {"gauge": Counting("gauge")}) as (_, outbox):
            await settled(centre, outbox, 10)
        assert {Channel.BACKLOG, Channel.READINGS} <= set(centre.channels)
        sequences = sorted(sequence for _, sequence in centre.batches)
        assert sequences == list(range(1, len(sequences) + 1))
        assert centre.readings() == {"gauge": outbox.counters().accepted}


async def test_the_backlog_drains_without_new_data(broker: Server, tmp_path: Path) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    async with running(plan(tmp_path, ["gauge"], port=1), {"gauge": Counting("gauge")}) as (_, outbox):
        await eventually(lambda: outbox.counters().backlog_batches >= 3, 10)
    async with centre_at(broker, gateway=gateway) as centre:
        silent = plan(tmp_path, ["gauge"], port=broker.port, gateway=gateway)
        async with running(silent, {}) as (_, outbox):
            await settled(centre, outbox, 3)
        assert centre.readings() == {"gauge": outbox.counters().accepted}
        assert set(centre.channels) == {Channel.BACKLOG}


async def test_an_event_has_its_own_lane_and_counts_once(broker: Server, tmp_path: Path) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    async with centre_at(broker, gateway=gateway) as centre:
        hand = Hand()
        chosen = plan(tmp_path, ["kiosk"], port=broker.port, gateway=gateway)
        async with running(chosen, {}, hand=hand) as (_, outbox):
            deliver = await hand.deliver
            for _ in range(2):
                await deliver([Happening("kiosk", "r-1", "rating", facts={"stars": 5})])
            assert outbox.counters().accepted == 1
            await settled(centre, outbox, 1)
        assert centre.channels == [Channel.EVENTS]
        [batch] = centre.batches.values()
        assert [(event.id, event.facts) for event in batch.events] == [("r-1", {"stars": 5})]


async def test_while_the_centre_withholds_receipts_only_probes_are_sent_again(broker: Server, tmp_path: Path) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    async with centre_at(broker, gateway=gateway) as centre:
        centre.answering = False
        chosen = plan(tmp_path, ["gauge"], port=broker.port, gateway=gateway, receipt_timeout_s=1)
        async with running(chosen, {"gauge": Counting("gauge")}) as (_, outbox):
            await eventually(lambda: centre.arrivals >= 12, 20)
            assert centre.arrivals - (outbox.counters().next_sequence - 1) <= 6
            centre.answering = True
            await settled(centre, outbox, outbox.counters().accepted)
        assert sum(size_of(each) for each in centre.batches.values()) >= 12


async def test_what_the_centre_holds_stays_here_and_travels_once_more_when_it_is_asked_for(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    async with centre_at(mosquitto_server, gateway="gw-held") as centre:
        centre.holding = True
        chosen = plan(tmp_path, ["gauge"], port=mosquitto_server.port, gateway="gw-held", receipt_timeout_s=0.5)
        async with running(chosen, {"gauge": Counting("gauge")}) as (_, outbox):
            await eventually(lambda: len(centre.held) >= 8, 10)
            assert len(centre.held) == len(set(centre.held))  # over several receipt time-outs nothing came twice
            assert outbox.counters().backlog_batches >= 8
            centre.holding = False
            await centre.ask_again("gw-held", outbox.counters().epoch)
            await settled(centre, outbox, outbox.counters().accepted)
        assert centre.readings() == {"gauge": outbox.counters().accepted}
        assert centre.arrivals == len(centre.batches) + len(centre.held)


async def test_a_killed_broker_costs_nothing(tmp_path: Path) -> None:
    with run_mosquitto() as broker:
        chosen = plan(tmp_path, ["gauge"], port=broker.port)
        async with running(chosen, {"gauge": Counting("gauge")}) as (_, outbox):
            async with centre_at(broker, gateway="gw-1") as centre:
                await settled(centre, outbox, 3)
                first = dict(centre.batches)
                centre.answering = False
                await eventually(lambda: outbox.counters().backlog_batches >= 2, 10)
            broker.kill()
            await eventually(lambda: outbox.counters().backlog_batches >= 6, 10)
            broker.start()
            async with centre_at(broker, gateway="gw-1") as centre:
                await settled(centre, outbox, 6)
                merged = first | centre.batches
                await eventually(lambda: centre.states, 10)
        sequences = sorted(sequence for _, sequence in merged)
        assert sequences == list(range(1, len(sequences) + 1))


async def test_a_wrong_password_is_told_apart_and_not_hammered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with run_mosquitto(username="gw-1", password="right") as broker:
        with caplog.at_level(logging.WARNING):
            async with running(plan(tmp_path, ["gauge"], port=broker.port), {}):
                await eventually(lambda: "link down" in caplog.text, 10)
        assert [record.__dict__["fault"] for record in caplog.records] == ["unauthorised"]


async def test_junk_on_our_topics_is_survived(broker: Server, tmp_path: Path) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    async with centre_at(broker, gateway=gateway) as centre:
        chosen = plan(tmp_path, ["gauge"], port=broker.port, gateway=gateway)
        async with running(chosen, {"gauge": Counting("gauge")}) as (_, outbox):
            await eventually(lambda: centre.states, 10)
            for junk in (b"", b"{", b'{"v":1,"epoch":"' + b"f" * 16 + b'","committed":[[1,999]]}'):
                await centre.tell(gateway, Channel.RECEIPT, junk)
            await settled(centre, outbox, outbox.counters().accepted + 3)
        assert centre.readings() == {"gauge": outbox.counters().accepted}


async def test_when_the_bytes_of_the_day_are_spent_only_events_and_health_travel(
    mosquitto_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    limited = plan(tmp_path, ["gauge", "kiosk"], port=mosquitto_server.port, gateway=gateway, bytes_per_day=100_000)
    with opened(limited.config.gateway.data_dir, SystemClock()) as (outbox, clock):
        await outbox.note_spent(day=day_of(clock.now_ms()), spent=100_000)
    hand = Hand()
    async with centre_at(mosquitto_server, gateway=gateway) as centre:
        async with running(limited, {"gauge": Counting("gauge")}, hand=hand) as (_, outbox):
            await eventually(lambda: outbox.counters().backlog_batches >= 3, 10)
            await (await hand.deliver)([Happening("kiosk", "r1", "rating")])
            await eventually(lambda: centre.channels, 10)
            await eventually(lambda: len(centre.healths) >= 2, 10)
        assert set(centre.channels) == {Channel.EVENTS}
        assert outbox.counters().spent_bytes > 100_000
        assert "byte budget of the day closes or opens lanes" in caplog.text
        unlimited = plan(tmp_path, ["gauge", "kiosk"], port=mosquitto_server.port, gateway=gateway)
        async with running(unlimited, {"gauge": Counting("gauge")}) as (_, outbox):
            await settled(centre, outbox, 5)
        assert sum(size_of(batch) for batch in centre.batches.values()) == outbox.counters().accepted
