"""F33: a certificate in its last hour, over, or not begun: renewed by itself, over HTTPS and mTLS, nothing lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from device_profiles.clock import Clock, SystemClock
from device_profiles.wire.claims import JoinRequest
from edge_agent.identity.membership import credential_of
from edge_agent.identity.papers import request_pem, signing_request
from edge_agent.identity.renewal import renews_at
from edge_agent.uplink.link import Link
from tests.edge_agent.centre import Centre, centre_at
from tests.edge_agent.identity.authority import DAY_MS, Authority, now_ms
from tests.edge_agent.identity.box import Boxed, kept
from tests.edge_agent.identity.stand import CODE, GATEWAY, Stand, standing
from tests.edge_agent.uplink.carrier import Carrier, carrying
from tests.fakes import WrongClock
from tests.faults.tools.proxy import proxy_to
from tests.servers import Server, free_port, run_mosquitto
from tests.waiting import eventually

HOUR_MS = 3_600_000
LIFE_MS = 90 * DAY_MS


@dataclass(frozen=True)
class Door:
    """A broker with a plain port for the centre, and one that asks every gateway for a certificate."""

    broker: Server
    port: int
    authority: Authority
    folder: Path

    @asynccontextmanager
    async def centre(self) -> AsyncIterator[tuple[Stand, Centre]]:
        """The centre with its HTTPS and with its receipts."""
        async with (
            standing(self.folder, authority=self.authority) as stand,
            centre_at(self.broker, gateway=GATEWAY) as receipts,
        ):
            yield stand, receipts

    @asynccontextmanager
    async def carrying(self, boxed: Boxed, *, port: int = 0) -> AsyncIterator[Carrier]:
        """The gateway's keeper and its uplink, at work."""
        credential = credential_of(boxed.store, boxed.keeper)
        link = Link(
            "127.0.0.1", port or self.port, encrypted=True, authorities=self.authority.pem, credential=credential
        )
        async with carrying(link, gateway=GATEWAY, clock=boxed.watch) as carrier, kept(boxed):
            yield carrier


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("mtls")
    authority, port = Authority(), free_port()
    certificate, key = authority.server(folder)
    (folder / "root.pem").write_text(authority.pem)
    more = [f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}", f"cafile {folder / 'root.pem'}"]
    more += ["require_certificate true", "use_identity_as_username true"]
    with run_mosquitto(more=more) as broker:
        yield Door(broker, port, authority, folder)


def member(stand: Stand, folder: Path, *, left_ms: int, clock: Clock | None = None) -> Boxed:
    """A gateway whose certificate of 90 days has so long to live; less than nothing when it is over."""
    boxed = Boxed(folder, clock=clock or SystemClock())
    stand.made_at = now_ms() - LIFE_MS + left_ms
    boxed.store.take(stand.joined(JoinRequest(CODE, request_pem(signing_request(boxed.store.claim_key(), name="")))))
    return boxed


def said_of(boxed: Boxed) -> tuple[str, str]:
    """State and fault, as `status` shows them."""
    said = boxed.keeper.standing()
    return said.state, said.fault.code if said.fault else ""


def stored(carrier: Carrier, centre: Centre) -> int:
    """How many events the centre has, once it has all of them."""
    return 0 if carrier.outbox.counters().backlog_batches else len(centre.batches)


async def test_f33_in_its_last_moments_it_is_renewed_and_the_next_session_shows_the_new_one(
    door: Door, tmp_path: Path
) -> None:
    async with door.centre() as (stand, centre), proxy_to(door.port) as proxy:
        boxed = member(stand, tmp_path, left_ms=3000)
        before = boxed.store.load()
        assert before is not None
        async with door.carrying(boxed, port=proxy.port) as carrier:
            await carrier.event(1)
            await eventually(lambda: stored(carrier, centre) == 1)
            await eventually(lambda: now_ms() > before.ends_at)
            proxy.cut()  # the live session outlasts its certificate; the next one needs the new one
            await carrier.event(2)
            await eventually(lambda: stored(carrier, centre) == 2)
            said = boxed.keeper.standing()
        assert (said.state, stand.reenrolments) == ("member", 1)
        assert (said.days_left or 0) > 80


async def test_f33_expired_while_offline_it_asks_nobody_but_the_centre_and_loses_nothing(
    door: Door, tmp_path: Path
) -> None:
    async with centre_at(door.broker, gateway=GATEWAY) as centre:
        knocks = door.broker.log.count(f"on port {door.port}")
        stand = Stand(door.authority, url=f"https://127.0.0.1:{free_port()}")
        boxed = member(stand, tmp_path, left_ms=-30 * DAY_MS)
        async with door.carrying(boxed) as carrier:
            for number in range(3):
                await carrier.event(number)
            await eventually(lambda: said_of(boxed) == ("expired", "unreachable"))
            assert door.broker.log.count(f"on port {door.port}") == knocks
            async with standing(door.folder, authority=door.authority, port=int(stand.url.rsplit(":", 1)[1])):
                await eventually(lambda: stored(carrier, centre) == 3)
        assert boxed.keeper.standing().state == "member"


async def test_f33_to_a_clock_in_1970_the_broker_says_that_it_is_over_and_the_centre_what_time_it_is(
    door: Door, tmp_path: Path
) -> None:
    async with door.centre() as (stand, centre):
        boxed = member(stand, tmp_path, left_ms=-DAY_MS, clock=WrongClock())
        async with door.carrying(boxed) as carrier:
            await carrier.event(1)
            await eventually(lambda: stored(carrier, centre) == 1)
        assert stand.reenrolments == 2  # the first one was signed in 1970


async def test_f33_one_that_has_not_begun_is_replaced_when_the_broker_refuses_it(door: Door, tmp_path: Path) -> None:
    async with door.centre() as (stand, centre):
        boxed = member(stand, tmp_path, left_ms=LIFE_MS + 2 * HOUR_MS)  # made by a centre whose clock was ahead
        async with door.carrying(boxed) as carrier:
            await carrier.event(1)
            await eventually(lambda: stored(carrier, centre) == 1)


def test_f33_a_clock_that_nobody_believes_decides_no_renewal(door: Door, tmp_path: Path) -> None:
    clock = WrongClock()
    boxed = member(Stand(door.authority, url="https://centre.example"), tmp_path, left_ms=HOUR_MS, clock=clock)
    identity = boxed.store.load()
    assert identity is not None
    assert not boxed.renewer.is_due(identity)
    clock.behind_ms = 0
    assert boxed.renewer.is_due(identity)


def test_f33_a_fleet_renews_between_two_and_three_fifths_of_its_life_each_at_a_moment_of_its_own(
    door: Door, tmp_path: Path
) -> None:
    stand = Stand(door.authority, url="https://centre.example")
    shares = set()
    for number in range(8):
        identity = member(stand, tmp_path / str(number), left_ms=LIFE_MS).store.load()
        assert identity is not None
        assert renews_at(identity) == renews_at(identity)
        shares.add((renews_at(identity) - identity.begins_at) / (identity.ends_at - identity.begins_at))
    assert len(shares) == 8
    assert min(shares) >= 0.4
    assert max(shares) <= 0.6
