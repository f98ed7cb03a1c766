"""F36, F37: whoever is not what he says, or wants what is not his, gets nothing at the door and is reported.

The broker is a real Mosquitto with exactly the settings that `thacba-cloud broker config` makes; the events are rows
that the centre wrote because it read the broker's log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from cloud.brokering.settings import CENTRE
from cloud.ingest.fleet_client import FleetClient
from device_profiles.wire import Channel, topic_for
from tests.cloud.brokering.guarded import Caller, GuardedBroker, RefusedError, calling, guarded_broker
from tests.cloud.brokering.watched import Watched, watched
from tests.servers import HOST
from tests.waiting import eventually

FOREIGN = [topic_for("gw-2", each) for each in (Channel.STATE, Channel.READINGS, Channel.COMMAND, Channel.RECEIPT)]
BELOW = "thacba/1/00/gw-1/../gw-2/state"
WILD = ["#", "+/#", "thacba/1/+/+/receipt", "thacba/1/#", "$share/all/thacba/1/#", "$SYS/#"]


@pytest.fixture(scope="module")
def broker() -> Iterator[GuardedBroker]:
    with guarded_broker() as running:
        yield running


@pytest.fixture
async def centre(broker: GuardedBroker) -> AsyncIterator[Watched]:
    async with watched(broker, gw_1="good", gw_2="good") as eye:
        yield eye


@pytest.fixture
async def heard(broker: GuardedBroker) -> AsyncIterator[list[tuple[str, bytes]]]:
    """What reaches the centre."""
    received: list[tuple[str, bytes]] = []
    async with FleetClient(
        HOST,
        broker.plan.centre_port,
        hear=lambda topic, payload: received.append((topic, payload)),
        username=CENTRE,
        password=broker.password,
        identifier=CENTRE,
    ) as client:
        await client.subscribe("thacba/1/+/+/#", qos=0)
        yield received


async def test_a_gateway_speaks_for_itself(
    broker: GuardedBroker, centre: Watched, heard: list[tuple[str, bytes]]
) -> None:
    """The control of all the others: who is in order comes in, is heard, and nobody is told."""
    async with calling(broker, broker.identity("gw-1")) as gateway:
        assert await gateway.subscribe(*(topic_for("gw-1", each) for each in (Channel.RECEIPT, Channel.COMMAND)))
        await gateway.publish(topic_for("gw-1", Channel.READINGS), b"mine")
        await eventually(lambda: heard == [(topic_for("gw-1", Channel.READINGS), b"mine")], 5)
    assert centre.kinds() == []


@pytest.mark.parametrize("topic", [*FOREIGN, BELOW, "elsewhere", "$SYS/broker/uptime"])
async def test_a_foreign_topic(
    topic: str, broker: GuardedBroker, centre: Watched, heard: list[tuple[str, bytes]]
) -> None:
    """Also that of a gateway of another site: the broker knows gateways alone."""
    async with calling(broker, broker.identity("gw-1")) as rogue:
        await rogue.publish(topic, b"forged")
        await _ends(rogue)
    event = await centre.event("topic_foreign")
    assert (event.gateway, event.source, event.is_grave) == ("gw-1", HOST, True)
    assert topic in event.detail
    assert heard == []


async def test_a_foreign_will(broker: GuardedBroker, centre: Watched, heard: list[tuple[str, bytes]]) -> None:
    async with calling(broker, broker.identity("gw-1"), will=(topic_for("gw-2", Channel.STATE), b"lost")) as rogue:
        await _ends(rogue)
    assert "will thacba" in (await centre.event("topic_foreign")).detail
    assert heard == []


@pytest.mark.parametrize("wanted", WILD)
async def test_a_wildcard(wanted: str, broker: GuardedBroker, centre: Watched) -> None:
    """Mosquitto 2.0 grants it, delivers nothing foreign on it, and the centre ends the session."""
    async with calling(broker, broker.identity("gw-2")) as neighbour, calling(broker, broker.identity("gw-1")) as rogue:
        await rogue.subscribe(wanted)
        await neighbour.publish(topic_for("gw-2", Channel.STATE), b"not for you")
        await _say_as_centre(broker, topic_for("gw-2", Channel.RECEIPT), b"nor this")
        assert await _hears_nothing(rogue)
    event = await centre.event("wildcard_subscribe")
    assert (event.gateway, event.source, event.is_grave) == ("gw-1", HOST, True)
    assert wanted in event.detail


async def test_what_is_retained_for_another_is_not_handed_over(broker: GuardedBroker, centre: Watched) -> None:
    topic = topic_for("gw-2", Channel.CONFIGURATION)
    await _say_as_centre(broker, topic, b"sealed", retain=True)
    async with calling(broker, broker.identity("gw-1")) as rogue:
        await rogue.subscribe(topic)
        assert await _hears_nothing(rogue)
    assert (await centre.event("topic_foreign")).detail == f"subscribe {topic}"


@pytest.mark.parametrize("name", ["+", "#", "gw-1/../gw-2", "+/+", CENTRE])
async def test_a_certificate_that_names_no_gateway(
    name: str, broker: GuardedBroker, centre: Watched, heard: list[tuple[str, bytes]]
) -> None:
    """Our authority gives none; CVE-2017-7650 is what such names once did. The centre's own name opens nothing here."""
    async with calling(broker, broker.identity(name)) as rogue:
        below = "" if name == "#" else "/receipt"
        await rogue.subscribe(topic_for("gw-2", Channel.RECEIPT), f"thacba/1/+/{name}{below}")
        await rogue.publish(topic_for("gw-2", Channel.STATE), b"forged")
        await _say_as_centre(broker, topic_for("gw-2", Channel.RECEIPT), b"not for you")
        assert await _hears_nothing(rogue)
    event = await centre.event("identity_wrong")
    assert (event.gateway, event.source) == ("", HOST)
    assert name in event.detail
    assert heard == []


async def test_a_gateway_that_the_registry_does_not_know(broker: GuardedBroker, centre: Watched) -> None:
    async with calling(broker, broker.identity("gw-nobody")) as rogue:
        await _ends(rogue)
    event = await centre.event("identity_unknown")
    assert (event.gateway, event.source) == ("", HOST)
    assert "gw-nobody" in event.detail


@pytest.mark.parametrize("client_id", ["gw-2", "#", "thacba/+", CENTRE])
async def test_a_client_id_or_user_of_somebody_else_is_passed_over(
    client_id: str, broker: GuardedBroker, centre: Watched, heard: list[tuple[str, bytes]]
) -> None:
    """The certificate alone says who it is: nobody is thrown out by it, and only its own topics open."""
    async with (
        calling(broker, broker.identity("gw-2")) as neighbour,
        calling(broker, broker.identity("gw-1"), client_id=client_id, username=client_id, password="x") as rogue,
    ):
        await rogue.publish(topic_for("gw-1", Channel.READINGS), b"mine")
        await neighbour.publish(topic_for("gw-2", Channel.READINGS), b"mine too")
        await eventually(lambda: [payload for _, payload in heard] == [b"mine", b"mine too"], 5)
        await rogue.publish(topic_for("gw-2", Channel.READINGS), b"forged")
        await _ends(rogue)
    assert (await centre.event("topic_foreign")).gateway == "gw-1"
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("expired", "certificate_refused"),
        ("not begun", "certificate_refused"),
        ("foreign authority", "certificate_refused"),
        ("the broker's own", "certificate_refused"),
        ("none", "certificate_missing"),
        ("plain", "plain_refused"),
    ],
)
async def test_who_has_no_certificate_that_counts(case: str, kind: str, broker: GuardedBroker, centre: Watched) -> None:
    identity = {
        "expired": lambda: broker.identity("gw-1", ago_days=100, days=90),
        "not begun": lambda: broker.identity("gw-1", ago_days=-10),
        "foreign authority": lambda: broker.identity("gw-1", by=broker.stranger()),
        "the broker's own": broker.own_identity,
    }.get(case, lambda: None)()
    with pytest.raises(RefusedError):
        async with calling(broker, identity, plain=case == "plain"):
            pass
    event = await centre.event(kind)
    assert (event.gateway, event.source) == ("", HOST)


async def test_one_identity_at_two_places(broker: GuardedBroker, centre: Watched) -> None:
    """A copied disk at a second site: each throws the other out, and people are told."""
    identity = broker.identity("gw-1")
    async with (
        calling(broker, identity, source="127.0.0.3") as first,
        calling(broker, identity, source="127.0.0.4") as second,
        calling(broker, identity, source="127.0.0.3"),
    ):
        await _ends(first)
        await _ends(second)
        event = await centre.event("identity_twice")
    assert (event.gateway, event.is_grave) == ("gw-1", True)
    assert "127.0.0.3 and 127.0.0.4" in event.detail


async def test_the_centres_own_door_is_closed_to_gateways(broker: GuardedBroker, centre: Watched) -> None:
    for user, password in (("", ""), (CENTRE, "guess"), ("gw-1", "")):
        with pytest.raises(RefusedError):
            async with calling(broker, plain=True, port=broker.plan.centre_port, username=user, password=password):
                pass
    assert (await centre.event("login_refused")).source == HOST


async def test_who_works_at_the_centres_own_listener_is_not_suspected(broker: GuardedBroker, centre: Watched) -> None:
    """An operator looks at the traffic of the whole fleet, with the centre's password."""
    async with calling(
        broker, plain=True, port=broker.plan.centre_port, client_id="mosq-1", username=CENTRE, password=broker.password
    ) as operator:
        await operator.subscribe("thacba/1/#")
        async with calling(broker, broker.identity("gw-1")) as rogue:
            await rogue.subscribe("#")
            await centre.event("wildcard_subscribe")
            await _ends(rogue)
        await operator.subscribe("$SYS/broker/uptime")
    assert centre.kinds() == ["wildcard_subscribe"]


async def test_a_flood_of_refusals_is_a_row_or_two(broker: GuardedBroker, centre: Watched) -> None:
    async with calling(broker, broker.identity("gw-1")) as rogue:
        with suppress(asyncio.IncompleteReadError, OSError):  # cut on the way
            for _ in range(500):
                await rogue.publish(FOREIGN[0])
    assert (await centre.event("topic_foreign")).times <= 2
    assert centre.kinds() == ["topic_foreign"]


async def _ends(rogue: Caller) -> None:
    async with asyncio.timeout(10):
        await rogue.lost()


async def _hears_nothing(rogue: Caller) -> bool:
    """Until the centre puts him out."""
    try:
        await rogue.heard()
    except (asyncio.IncompleteReadError, OSError):
        return True
    return False


async def _say_as_centre(broker: GuardedBroker, topic: str, payload: bytes, *, retain: bool = False) -> None:
    async with FleetClient(
        HOST, broker.plan.centre_port, username=CENTRE, password=broker.password, identifier="@test"
    ) as client:
        await client.publish(topic, payload, qos=1, retain=retain)
