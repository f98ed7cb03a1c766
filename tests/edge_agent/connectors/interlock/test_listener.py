"""An interlock acts by itself: without centre, with a full disk, after a power cut; people can try and disarm it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from device_profiles.load import load_catalogue
from edge_agent.config import ListenConfig
from edge_agent.connector import CommandError, Happening, LinkError, Observation, Sample, Scalar
from edge_agent.connectors.interlock.listener import Interlock
from edge_agent.device import Surroundings, Wires
from edge_agent.interlocks.config import InterlockConnection
from edge_agent.neighbours import Neighbourhood
from edge_agent.sampling.reading import Reading
from tests.fakes import ManualClock, settle

SIREN = load_catalogue()["interlock"].model_copy(
    update={
        "commands": tuple(
            each.model_copy(update={"verb": verb, "arguments": ()})
            for each in load_catalogue()["interlock"].commands[-1:]
            for verb in ("sound", "silence")
        )
    }
)


@dataclass
class Output:
    """A siren that notes what it is told; `fails` makes the next orders fail."""

    orders: list[str] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        del arguments
        if self.fails:
            raise self.fails.pop(0)
        self.orders.append(verb)
        return f"{verb} done"


class Station:
    """A gateway's surroundings, with a stream whose stage the test says."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.siren = Output()
        self.neighbours = Neighbourhood()
        self.reached = False
        self.wires: Wires = {}
        self.neighbours.open({"siren": self.siren}, {"siren": SIREN}, lambda: self.reached)
        self.folder = folder
        self.told: list[Observation] = []
        self.disk = asyncio.Event()
        self.disk.set()

    def interlock(self, name: str = "lock", **fields: Any) -> Interlock:
        when = {"device": "stream", "point": "stage_m", "above": 3.0, "readings": 1}
        usual = {
            "when": [when],
            "then": [{"device": "siren", "verb": "sound"}],
            "after": [{"device": "siren", "verb": "silence"}],
        }
        connection = InterlockConnection.model_validate({**usual, **fields})
        listen = ListenConfig.model_validate({})
        return Interlock(name, connection, Surroundings(listen, self.folder, self.clock, self.wires, self.neighbours))

    async def deliver(self, observations: Sequence[Observation]) -> None:
        await self.disk.wait()
        self.told.extend(observations)

    async def stage(self, metres: float | None, quality: str = "") -> None:
        await self.clock.advance(0.01)
        reading = Reading("stage_m", metres, self.clock.now_ms(), quality)
        self.neighbours.told("stream", lambda: [reading])
        await self.rest()

    async def rest(self, seconds: float = 0.0) -> None:
        """Lets everybody act; what is kept goes to the disk in a thread."""
        await self.clock.advance(seconds)
        for _ in range(20):
            await settle()
            await asyncio.to_thread(lambda: None)

    def events(self) -> list[str]:
        return [each.kind for each in self.told if isinstance(each, Happening)]

    def fact(self, point: str) -> Scalar | None:
        return [each.value for each in self.told if isinstance(each, Sample) and each.point == point][-1]


@asynccontextmanager
async def at_work(station: Station, *interlocks: Interlock) -> AsyncIterator[None]:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))  # `rest` queues behind the disk
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each.listen(station.deliver)) for each in interlocks]
        await station.rest()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def test_the_siren_sounds_and_falls_silent_and_the_centre_learns_it(tmp_path: Path) -> None:
    station = Station(tmp_path)
    async with at_work(station, station.interlock()):
        await station.stage(2.5)
        assert station.siren.orders == []
        await station.stage(3.2)
        assert station.siren.orders == ["sound"]
        assert (station.events(), station.fact("tripped"), station.fact("trips")) == (["tripped"], True, 1)
        await station.stage(2.9)
        assert station.siren.orders == ["sound", "silence"]
        assert (station.events(), station.fact("tripped")) == (["tripped", "released"], False)


async def test_a_full_disk_and_no_centre_keep_no_siren_silent(tmp_path: Path) -> None:
    station = Station(tmp_path)
    (tmp_path / "interlocks").write_text("no folder can be made here")
    station.disk.clear()
    async with at_work(station, station.interlock()):
        await station.stage(3.2)
        assert station.siren.orders == ["sound"]
        station.disk.set()
        await station.rest()
        assert station.events() == ["tripped"]


async def test_an_output_that_does_not_answer_is_told_again_until_it_obeys(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.siren.fails = [LinkError("timeout", "no answer"), LinkError("timeout", "no answer")]
    async with at_work(station, station.interlock()):
        await station.stage(3.2)
        assert (station.siren.orders, station.fact("failed")) == ([], True)
        await station.rest(0.6)
        await station.rest(1.1)
        assert station.siren.orders == ["sound"]
        assert station.events() == ["tripped", "failed"]
        assert station.fact("failed") is False


async def test_a_power_cut_while_it_is_tripped_does_not_end_the_alarm(tmp_path: Path) -> None:
    station = Station(tmp_path)
    async with at_work(station, station.interlock()):
        await station.stage(3.2)
    again = Station(tmp_path)
    async with at_work(again, again.interlock()):
        assert again.siren.orders == ["sound"]
        await again.stage(2.0)
        assert again.siren.orders == ["sound", "silence"]


async def test_a_siren_ends_after_its_longest_time_and_not_again_for_the_same_flood(tmp_path: Path) -> None:
    station = Station(tmp_path)
    async with at_work(station, station.interlock(most_s=600)):
        await station.stage(3.2)
        await station.rest(601)
        await station.stage(3.3)
        assert station.siren.orders == ["sound", "silence"]
        assert station.events() == ["tripped", "spent"]


async def test_doubtful_bad_and_old_readings_do_not_trip(tmp_path: Path) -> None:
    station = Station(tmp_path)
    async with at_work(station, station.interlock()):
        await station.stage(3.2, "uncertain:rate")
        await station.stage(None, "bad:range")
        old = Reading("stage_m", 9.0, station.clock.now_ms() - 3_600_000)
        station.neighbours.told("stream", lambda: [old])
        await station.rest()
        assert station.siren.orders == []
    async with at_work(station, station.interlock("lock", when=[_doubtful()])):
        await station.stage(3.2, "uncertain:rate")
        assert station.siren.orders == ["sound"]


async def test_one_reading_told_twice_is_one_reading(tmp_path: Path) -> None:
    station = Station(tmp_path)
    async with at_work(station, station.interlock(when=[{**_doubtful(), "readings": 2}])):
        reading = Reading("stage_m", 3.2, station.clock.now_ms())
        for _ in range(3):
            station.neighbours.told("stream", lambda: [reading])
        await station.rest()
        assert station.siren.orders == []
        await station.stage(3.3)
        assert station.siren.orders == ["sound"]


async def test_two_interlocks_share_a_siren_until_the_last_lets_go(tmp_path: Path) -> None:
    station = Station(tmp_path)
    higher = station.interlock("higher", when=[{**_doubtful(), "above": 4.0}])
    async with at_work(station, station.interlock("lower"), higher):
        await station.stage(4.5)
        await station.stage(3.5)
        assert "silence" not in station.siren.orders
        await station.stage(2.0)
        assert station.siren.orders[-1] == "silence"


async def test_the_fallback_acts_only_when_the_centre_is_out_of_reach(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.reached = True
    async with at_work(station, station.interlock(without_centre_s=300)):
        await station.stage(3.2)
        await station.rest(400)
        assert station.siren.orders == []
        station.reached = False
        await station.rest(299)
        assert station.siren.orders == []
        await station.rest(3)
        assert station.siren.orders == ["sound"]


async def test_disarmed_for_maintenance_it_arms_itself_again(tmp_path: Path) -> None:
    station = Station(tmp_path)
    interlock = station.interlock()
    async with at_work(station, interlock):
        await station.stage(3.2)
        assert await interlock.write("disarm", {"minutes": 30}) == "disarmed; it arms itself again"
        await station.rest()
        assert (station.siren.orders, station.fact("armed")) == (["sound", "silence"], False)
        await station.stage(3.4)
        assert station.siren.orders == ["sound", "silence"]
        await station.rest(1801)
        assert station.siren.orders == ["sound", "silence", "sound"]
        assert station.events() == ["tripped", "released", "disarmed", "armed", "tripped"]


async def test_a_trial_sounds_for_a_moment_and_never_silences_a_real_alarm(tmp_path: Path) -> None:
    station = Station(tmp_path)
    interlock = station.interlock()
    async with at_work(station, interlock), asyncio.TaskGroup() as group:
        trial = group.create_task(interlock.write("test", {"seconds": 5}))
        await station.rest(6)
        assert (await trial, station.siren.orders) == ("on for 5 s: sound done", ["sound", "silence"])
        group.create_task(interlock.write("test", {"seconds": 5}))
        await station.rest(1)
        await station.stage(3.2)
        await station.rest(6)
        assert station.siren.orders[-1] == "sound"
        with pytest.raises(CommandError, match="it is tripped"):
            await interlock.write("test", {"seconds": 5})


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("test", {"seconds": 61}), ("test", {"seconds": True}), ("disarm", {"minutes": 0}), ("open", {})],
    ids=["too long", "no number", "nothing", "unknown"],
)
async def test_what_is_no_command_is_refused(tmp_path: Path, verb: str, arguments: dict[str, Scalar]) -> None:
    with pytest.raises(CommandError):
        await Station(tmp_path).interlock().write(verb, arguments)


def _doubtful() -> dict[str, Any]:
    return {"device": "stream", "point": "stage_m", "above": 3.0, "readings": 1, "doubtful": True}
