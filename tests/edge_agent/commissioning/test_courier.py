"""Finished records reach the centre: later, over a bad link, after a restart, whoever the gateway turns out to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from device_profiles.wire.commissioning import verify_record
from edge_agent.commissioning.courier import PART_BYTES, Courier
from edge_agent.identity.papers import Identity, new_key
from edge_agent.identity.store import IdentityStore
from tests.edge_agent.commissioning.receiver import Receiver, receiving
from tests.edge_agent.commissioning.visits import desk_in, jpeg, worked_on
from tests.edge_agent.identity.authority import Authority
from tests.edge_agent.identity.box import Boxed
from tests.edge_agent.identity.stand import GATEWAY, Stand
from tests.fakes import WrongClock
from tests.servers import free_port
from tests.waiting import eventually


@dataclass
class Gateway:
    """A box with a visit on its disk."""

    folder: Path
    boxed: Boxed

    def __post_init__(self) -> None:
        self.desk = desk_in(self.folder)
        self.stand = Stand(Authority())

    @property
    def courier(self) -> Courier:
        """As after a restart, each time."""
        return Courier(self.desk, IdentityStore(self.folder).load, self.boxed.watch)

    async def join(self, receiver: Receiver) -> Identity:
        """Becomes a member, and the centre knows its key."""
        identity = await self.boxed.join(self.stand.link)
        receiver.keys[:] = [identity.key.public_key()]
        return identity


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """Boxed."""
    return Gateway(tmp_path / "edge", Boxed(tmp_path / "edge"))


@asynccontextmanager
async def centre(gateway: Gateway, tmp_path: Path, *, port: int = 0) -> AsyncIterator[Receiver]:
    folder = tmp_path / "cloud"
    folder.mkdir(exist_ok=True)
    async with receiving(folder, gateway.stand, port=port) as receiver:
        yield receiver


async def test_a_box_that_has_not_joined_keeps_its_record_and_sends_it_once_it_has(
    gateway: Gateway, tmp_path: Path
) -> None:
    visit = gateway.desk.finish(worked_on(gateway.desk)).id
    courier = gateway.courier
    await courier.attempt()
    assert (courier.standing.waiting, courier.standing.fault) == (1, "not_joined")
    async with centre(gateway, tmp_path) as receiver:
        identity = await gateway.join(receiver)
        await courier.attempt()
        assert (courier.standing.waiting, courier.standing.fault) == (0, "")
        row = receiver.state.commissioning.record(visit)
        assert row is not None
        assert (row.gateway, row.site, row.technician) == (GATEWAY, "tram-yen-bai", "Lò Văn Ánh")
        assert row.complete_at
        signed = gateway.desk.signed(visit)
        assert signed is not None
        assert verify_record(signed, identity.key.public_key(), gateway=GATEWAY).verdict == "pass"
    assert gateway.desk.state(visit) == "sent"


async def test_a_large_photo_gets_over_a_link_that_loses_every_second_answer(gateway: Gateway, tmp_path: Path) -> None:
    visit = worked_on(gateway.desk)
    photo = jpeg(5 * PART_BYTES + 17)
    entry = gateway.desk.attach(visit, photo, kind="photo")
    gateway.desk.finish(visit)
    async with centre(gateway, tmp_path) as receiver:
        await gateway.join(receiver)
        receiver.lost = lambda number: number % 2 == 0
        attempts = 0
        while gateway.desk.state(visit) != "sent":
            attempts += 1
            assert attempts < 20
            await gateway.courier.attempt()  # a new program each time: nothing is remembered but on disk
        assert receiver.office.contents.path(entry.sha256).read_bytes() == photo
        assert receiver.bytes < 2 * len(photo)  # parts that had come were not sent again and again


async def test_the_centre_may_be_away_for_as_long_as_it_likes(gateway: Gateway, tmp_path: Path) -> None:
    port = free_port()
    async with centre(gateway, tmp_path, port=port) as receiver:
        await gateway.join(receiver)
        keys = list(receiver.keys)
    visit = gateway.desk.finish(worked_on(gateway.desk)).id
    courier = gateway.courier
    waits = [await courier.attempt() for _ in range(3)]
    assert courier.standing.waiting == 1
    assert courier.standing.fault
    assert all(wait <= 120 for wait in waits)
    async with centre(gateway, tmp_path, port=port) as receiver, asyncio.TaskGroup() as group:
        receiver.keys[:] = keys
        running = group.create_task(courier.run())
        courier.hurry()
        await eventually(lambda: gateway.desk.state(visit) == "sent")
        running.cancel()


async def test_what_the_centre_refuses_is_kept_with_the_reason_and_offered_again(
    gateway: Gateway, tmp_path: Path
) -> None:
    visit = gateway.desk.finish(worked_on(gateway.desk)).id
    async with centre(gateway, tmp_path) as receiver:
        identity = await gateway.join(receiver)
        receiver.keys[:] = [new_key().public_key()]  # it knows another certificate
        courier = gateway.courier
        await courier.attempt()
        refusal = gateway.desk.refusal(visit)
        assert refusal is not None
        assert (gateway.desk.state(visit), refusal.code, courier.standing.fault) == ("refused", "forged", "refused")
        asked = receiver.requests
        await courier.attempt()
        assert receiver.requests == asked  # not at once again
        receiver.keys[:] = [identity.key.public_key()]
        courier.hurry()
        await courier.attempt()
    assert (gateway.desk.state(visit), gateway.desk.refusal(visit)) == ("sent", None)


async def test_a_record_is_signed_once_and_anew_only_with_another_key(gateway: Gateway, tmp_path: Path) -> None:
    visit = gateway.desk.finish(worked_on(gateway.desk)).id
    async with centre(gateway, tmp_path) as receiver:
        await gateway.join(receiver)
        receiver.lost = lambda number: True
        await gateway.courier.attempt()
        first = gateway.desk.signed(visit)
        await gateway.courier.attempt()
        assert gateway.desk.signed(visit) == first
        await gateway.boxed.join(gateway.stand.link, anew=True)  # another claim, another key
        identity = IdentityStore(gateway.folder).load()
        assert identity is not None
        receiver.keys[:] = [identity.key.public_key()]
        receiver.lost = lambda number: False
        await gateway.courier.attempt()
        last = gateway.desk.signed(visit)
        assert first is not None
        assert last is not None
        assert (last.body == first.body, last.signature == first.signature) == (True, False)
    assert gateway.desk.state(visit) == "sent"


async def test_a_gateway_in_1970_is_heard_all_the_same(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "edge", Boxed(tmp_path / "edge", clock=WrongClock()))
    visit = gateway.desk.finish(worked_on(gateway.desk)).id
    async with centre(gateway, tmp_path) as receiver:
        await gateway.join(receiver)
        await gateway.courier.attempt()
    assert gateway.desk.state(visit) == "sent"


async def test_a_picture_that_the_disk_lost_does_not_keep_the_record_back(gateway: Gateway, tmp_path: Path) -> None:
    visit = worked_on(gateway.desk)
    entry = gateway.desk.attach(visit, jpeg(1000), kind="photo")
    gateway.desk.finish(visit)
    (gateway.folder / "commissioning" / visit / "files" / entry.sha256).unlink()
    async with centre(gateway, tmp_path) as receiver:
        await gateway.join(receiver)
        await gateway.courier.attempt()
        assert receiver.state.commissioning.record(visit) is not None
    assert gateway.desk.state(visit) == "refused"


async def test_a_failing_disk_ends_nothing(gateway: Gateway, tmp_path: Path) -> None:
    visit = gateway.desk.finish(worked_on(gateway.desk)).id
    (gateway.folder / "commissioning" / visit / "signed.json" / "in-the-way").mkdir(parents=True)
    async with centre(gateway, tmp_path) as receiver:
        await gateway.join(receiver)
        courier = gateway.courier
        assert await courier.attempt() > 0
    assert courier.standing.fault.startswith("disk")
    assert gateway.desk.state(visit) == "waiting"


async def test_the_control_socket_hears_how_many_wait(gateway: Gateway) -> None:
    gateway.desk.finish(worked_on(gateway.desk))
    courier = gateway.courier
    await courier.attempt()
    assert await courier.answer({}) == {"waiting": 1, "fault": "not_joined"}
