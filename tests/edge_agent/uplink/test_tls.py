"""`mqtts://` on a real Mosquitto: name, chain and dates are checked; the dates only while the clock can be believed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509

from device_profiles.clock import SystemClock
from edge_agent.clockwatch import ClockWatch
from edge_agent.uplink.link import Link
from tests.edge_agent.centre import centre_at
from tests.edge_agent.rig import Counting, plan, running
from tests.edge_agent.uplink.carrier import carrying, word_for
from tests.edge_agent.uplink.certificates import DAY, HOST, Authority
from tests.fakes import WrongClock
from tests.servers import Server, free_port, run_mosquitto
from tests.waiting import eventually

YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True)
class Doors:
    """One broker: a plain port for the centre, and a port for each of its certificates."""

    plain: Server
    ports: dict[str, int]
    authority: Authority
    stranger: Authority

    def link(self, door: str) -> Link:
        authorities = self.authority.pem.read_text(encoding="ascii")
        return Link("127.0.0.1", self.ports[door], encrypted=True, authorities=authorities)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = Authority(folder), Authority(folder, "stranger")
    pems = {
        "good": authority.issue("good"),
        "ended": authority.issue("ended", begins_in=-2 * DAY, ends_in=-DAY / 2),
        "not begun": authority.issue("not begun", begins_in=DAY / 2),
        "other name": authority.issue("other name", host=x509.DNSName("other.example"), begins_in=DAY / 2),
        "stranger's": stranger.issue("stranger's", host=HOST, begins_in=DAY / 2),
    }
    ports = {door: free_port() for door in pems}
    more = [
        line
        for door, pem in pems.items()
        for line in (f"listener {ports[door]} 127.0.0.1", f"certfile {pem}", f"keyfile {pem}")
    ]
    with run_mosquitto(more=more) as broker:
        yield Doors(broker, ports, authority, stranger)


async def test_readings_reach_the_centre_through_tls(doors: Doors, tmp_path: Path) -> None:
    chosen = plan(tmp_path, ["gauge"], port=doors.ports["good"], gateway="gw-tls", ca_file=doors.authority.pem)
    async with centre_at(doors.plain, gateway="gw-tls") as centre:
        async with running(chosen, {"gauge": Counting("gauge")}) as (_, outbox):
            await eventually(lambda: len(centre.cells()) >= 3, 10)
        await eventually(lambda: len(centre.cells()) == outbox.counters().accepted, 10)
        assert [state.state for state in centre.states] == ["online", "stopped"]


async def test_a_boot_in_1970_is_linked_and_sends_when_it_knows_the_time(doors: Doors, tmp_path: Path) -> None:
    """To a clock in 1970 every certificate is one that has not begun."""
    clock = WrongClock()
    chosen = plan(tmp_path, ["gauge"], port=doors.ports["not begun"], gateway="gw-1970", ca_file=doors.authority.pem)
    async with centre_at(doors.plain, gateway="gw-1970") as centre:
        async with running(chosen, {"gauge": Counting("gauge")}, clock=clock) as (_, outbox):
            await eventually(lambda: bool(centre.healths) and outbox.counters().undated_batches > 0, 10)
            assert (centre.healths[-1].clock, centre.batches) == ("doubtful", {})
            clock.behind_ms = 0
            await eventually(lambda: len(centre.cells()) >= 3, 10)
        assert all(moment > 1_704_067_200_000 for _, _, moment in centre.cells())


async def test_a_clock_behind_the_last_known_time_is_no_judge_of_dates(
    doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    real = SystemClock()
    caplog.set_level(logging.INFO)
    async with carrying(doors.link("not begun"), clock=ClockWatch(real, floor_ms=real.now_ms() + YEAR_MS)):
        await eventually(lambda: "link up" in caplog.text or "link down" in caplog.text, 10)
    assert "link down" not in caplog.text


@pytest.mark.parametrize("door", ["ended", "not begun"])
async def test_with_a_clock_the_dates_count(door: str, doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    assert await word_for(doors.link(door), caplog) == "certificate"


@pytest.mark.parametrize(("door", "word"), [("other name", "tls_name"), ("stranger's", "certificate")])
async def test_without_a_clock_name_and_chain_still_count(
    door: str, word: str, doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    assert await word_for(doors.link(door), caplog, clock=ClockWatch(WrongClock())) == word


async def test_without_authorities_of_its_own_it_trusts_the_systems(
    doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    assert await word_for(replace(doors.link("good"), authorities=""), caplog) == "certificate"
