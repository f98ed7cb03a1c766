"""A gateway that boots in 1970: nothing travels under a wrong time, and nothing is lost that could be dated (F19)."""

from __future__ import annotations

from pathlib import Path

from device_profiles.wire import Channel, size_of
from edge_agent.connector import Happening
from edge_agent.outbox.owner import OutboxOwner
from tests.edge_agent.centre import Centre, centre_at
from tests.edge_agent.rig import Counting, Hand, plan, running
from tests.edge_agent.samples import NOW
from tests.fakes import WrongClock
from tests.servers import Server
from tests.waiting import eventually

BOOTED_WITHIN_MS = 120_000


def stored(centre: Centre) -> int:
    return sum(size_of(batch) for batch in centre.batches.values())


def declared(centre: Centre) -> dict[str, int]:
    drops = [drop for batch in centre.batches.values() for drop in batch.dropped]
    return {
        reason: sum(drop.readings for drop in drops if drop.reason == reason) for reason in {d.reason for d in drops}
    }


async def undated(outbox: OutboxOwner, at_least: int) -> None:
    await eventually(lambda: outbox.counters().undated_batches >= at_least, 10)


async def test_f19_readings_wait_for_the_time_over_a_restart_and_get_it(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    chosen = plan(tmp_path, ["gauge", "hand"], port=mosquitto_server.port, gateway=gateway)
    clock, gauge = WrongClock(), Counting("gauge")
    async with centre_at(mosquitto_server, gateway=gateway) as centre:
        async with running(chosen, {"gauge": gauge}, clock=clock) as (_, outbox):
            await undated(outbox, 3)
        assert centre.batches == {}
        assert centre.healths[-1].clock == "doubtful"
        hand = Hand()
        async with running(chosen, {"gauge": gauge}, clock=clock, hand=hand) as (_, outbox):
            await (await hand.deliver)([Happening("hand", "sos-1", "sos", observed_at=NOW)])
            await eventually(lambda: Channel.EVENTS in centre.channels, 10)
            assert stored(centre) == 1, "a device that knows the time is not made to wait"
            clock.behind_ms = 0
            await eventually(lambda: outbox.counters().undated_batches == 0, 10)
            await eventually(lambda: stored(centre) >= 10, 20)
        await eventually(lambda: stored(centre) == outbox.counters().accepted, 10)
    moments = sorted(moment for device, _, moment in centre.cells() if device == "gauge")
    assert clock.now_ms() - BOOTED_WITHIN_MS < moments[0]
    assert moments[-1] <= clock.now_ms()
    assert [value for (_, _, _), value in sorted(centre.cells().items(), key=lambda cell: cell[0][2])] == [
        float(number) for number in range(1, len(moments) + 1)
    ]
    assert declared(centre) == {}
    clocks = [batch.clock for _, batch in sorted(centre.batches.items())]
    assert (clocks[0], clocks[-1]) == ("doubtful", "good")


async def test_f19_a_boot_that_never_knew_the_time_is_declared_dropped(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    gateway = f"gw-{tmp_path.name}"[:64]
    chosen = plan(tmp_path, ["gauge"], port=mosquitto_server.port, gateway=gateway)
    async with running(chosen, {"gauge": Counting("gauge")}, clock=WrongClock()) as (_, outbox):
        await undated(outbox, 3)
        assert outbox.counters().dropped_readings == 0
    lost = outbox.counters().accepted
    async with centre_at(mosquitto_server, gateway=gateway) as centre:
        async with running(chosen, {"gauge": Counting("gauge")}, boot="the-next") as (_, outbox):
            await eventually(lambda: stored(centre) >= 5, 20)
            await eventually(lambda: declared(centre) == {"no_clock": lost}, 10)
        await eventually(lambda: stored(centre) + lost == outbox.counters().accepted, 10)
