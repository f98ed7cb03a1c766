"""The push endpoint on a real port: who may push, what is taken, and when 202 is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from device_profiles.load import load_catalogue
from edge_agent.connector import LinkError, Observation, Sample
from edge_agent.connectors.http_json.config import PushConnection
from edge_agent.connectors.http_json.push import PushServer
from edge_agent.outbox.base import OutboxFullError
from simulators.devices.http_devices import RainGauge
from simulators.faults import FaultKind
from tests.waiting import eventually

GAUGE = load_catalogue()["rain_gauge_tipping"]


@dataclass(frozen=True, slots=True)
class Address:
    host: str = "127.0.0.1"
    port: int = 0
    request_within_s: int = 15


@dataclass(slots=True)
class Endpoint:
    """A running endpoint, what it delivered, and a gate in front of the disk."""

    url: str = ""
    delivered: list[Sample] = field(default_factory=list)
    disk: asyncio.Event = field(default_factory=asyncio.Event)
    full: bool = False
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(trust_env=False))

    async def deliver(self, observations: Sequence[Observation]) -> None:
        await self.disk.wait()
        if self.full:
            raise OutboxFullError("no room")
        self.delivered += [each for each in observations if isinstance(each, Sample)]

    async def push(self, content: Any, device: str = "gauge", **options: Any) -> httpx.Response:
        return await self.client.post(f"{self.url}/push/{device}", json=content, **{"headers": BEARER, **options})


BEARER = {"Authorization": "Bearer k3y"}


@asynccontextmanager
async def endpoint(tmp_path: Path, **fields: Any) -> AsyncIterator[Endpoint]:
    (tmp_path / "key").write_text("k3y\n")
    (tmp_path / "other").write_text("other")
    devices = {
        "gauge": (PushConnection(key_file=tmp_path / "key", **fields), GAUGE),
        "other": (PushConnection(key_file=tmp_path / "other"), GAUGE),
        "keyless": (PushConnection(key_file=tmp_path / "none"), GAUGE),
    }
    server = PushServer(Address(), devices)
    running = Endpoint()
    running.disk.set()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.listen(running.deliver))
        running.url = f"http://127.0.0.1:{await server.port()}"
        async with running.client:
            yield running
        serving.cancel()


async def test_a_document_becomes_samples(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        answer = await open_end.push({"rain_mm": 0.4, "batt_v": "12,5", "observed_at": 1_725_926_400_000, "id": "a"})
        assert answer.status_code == 202
        assert answer.json() == {"accepted": 2, "repeated": 0}
        assert open_end.delivered == [
            Sample("gauge", "rain_mm", 0.4, 1_725_926_400_000),
            Sample("gauge", "batt_v", None, 1_725_926_400_000, "not_a_number"),
        ]


async def test_202_is_said_only_when_the_disk_has_it(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        open_end.disk.clear()
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(open_end.push({"rain_mm": 1}))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await asyncio.shield(asking)
            open_end.disk.set()
        assert asking.result().status_code == 202


async def test_what_is_sent_again_counts_once(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        batch = [{"id": "a", "rain_mm": 1}, {"id": "b", "rain_mm": 2}, {"id": "a", "rain_mm": 1}, {"rain_mm": 9}]
        assert (await open_end.push(batch)).json() == {"accepted": 3, "repeated": 1}
        assert (await open_end.push(batch)).json() == {"accepted": 1, "repeated": 3}
        other = await open_end.push({"id": "a", "rain_mm": 1}, "other", headers={"Authorization": "Bearer other"})
        assert other.json() == {"accepted": 1, "repeated": 0}  # ids belong to their device


async def test_the_same_document_twice_at_once_counts_once(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        async with asyncio.TaskGroup() as group:
            answers = [group.create_task(open_end.push({"id": "a", "rain_mm": 1})) for _ in range(5)]
        assert sum(answer.result().json()["accepted"] for answer in answers) == 1
        assert len(open_end.delivered) == 1


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic k3y"}, {"Authorization": "k3y"}]
)
async def test_a_wrong_key_is_turned_away(tmp_path: Path, header: dict[str, str]) -> None:
    async with endpoint(tmp_path) as open_end:
        answer = await open_end.push({"rain_mm": 1}, headers=header)
        _assert_problem(answer, 401, "key")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert not open_end.delivered


async def test_the_key_of_another_device_opens_nothing(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        _assert_problem(await open_end.push({"rain_mm": 1}, "other"), 401, "key")
        _assert_problem(await open_end.push({"rain_mm": 1}, "stranger"), 404, "no pushes")
        _assert_problem(await open_end.push({"rain_mm": 1}, "keyless"), 503, "no key")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "1 to 1000"),
        ("rain", "not a JSON object"),
        ({"rain": 1}, "rain_mm, rain_total_mm, batt_v"),
        ([{"rain_mm": 1}, {"x": 1}], "Document 2 of 2"),
        ({"rain_mm": 1, "observed_at": "noon"}, "ISO 8601"),
        ({"rain_mm": 1, "observed_at": "2024-09-10T07:00:00"}, "time zone"),
        ({"rain_mm": 1, "id": "x" * 129}, "id is"),
        ({"rain_mm": 1, "id": ["x"]}, "id is"),
    ],
)
async def test_a_document_that_cannot_be_taken_is_refused_as_a_whole(
    tmp_path: Path, content: Any, sentence: str
) -> None:
    async with endpoint(tmp_path) as open_end:
        _assert_problem(await open_end.push(content), 422, sentence)
        assert not open_end.delivered


async def test_bodies_that_are_no_json(tmp_path: Path) -> None:
    async with endpoint(tmp_path, max_bytes=300_000) as open_end:
        for body in (b"", b"{", b"[" * 200_000, b"\xff\xfe"):
            answer = await open_end.client.post(f"{open_end.url}/push/gauge", content=body, headers=BEARER)
            _assert_problem(answer, 422, "The body is n")


async def test_other_addresses_and_methods(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        _assert_problem(await open_end.client.get(f"{open_end.url}/push/gauge"), 405, "POST /push/<device>")
        _assert_problem(await open_end.client.post(f"{open_end.url}/docs"), 404, "POST /push/<device>")


async def test_f42_a_body_that_is_too_long(tmp_path: Path) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    async with endpoint(tmp_path, max_bytes=10_000) as open_end:
        answer = await open_end.client.post(f"{open_end.url}/push/gauge", content=drip(), headers=BEARER)
        _assert_problem(answer, 413, "10000 bytes")


async def test_a_port_that_is_taken_is_a_link_error(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        taken = PushServer(Address(port=int(open_end.url.rsplit(":", 1)[1])), {})
        with pytest.raises(LinkError, match="cannot listen"):
            await taken.listen(open_end.deliver)


async def test_a_gauge_pushes_until_it_hears_202(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as open_end:
        open_end.disk.clear()
        fallen = iter(range(1, 1000))
        gauge = RainGauge(
            GAUGE,
            lambda _elapsed_s: {"rain_total_mm": next(fallen) * 0.2, "batt_v": 12.5},
            url=f"{open_end.url}/push/gauge",
            key="k3y",
            period_s=0.02,
        )
        async with gauge:
            await eventually(lambda: gauge.waiting > 3)
            assert gauge.acknowledged == 0
            open_end.disk.set()
            await eventually(lambda: gauge.acknowledged_reports > 5 and gauge.waiting <= 1)
            gauge.faults.start(FaultKind.GARBAGE)
            await eventually(lambda: gauge.waiting > 3)
            gauge.faults.stop()
            await eventually(lambda: gauge.waiting <= 1)
        rain = [sample for sample in open_end.delivered if sample.point == "rain_mm"]
        assert gauge.refused == 0
        assert gauge.acknowledged <= len(open_end.delivered) <= gauge.acknowledged + 3 * 50  # the last 202 may be lost
        assert {sample.value for sample in rain} == {0.2}
        assert len({sample.observed_at for sample in rain}) == len(rain)


def _assert_problem(answer: httpx.Response, status: int, sentence: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert sentence in problem["detail"]


async def test_a_full_disk_asks_the_device_to_come_again_and_remembers_nothing(tmp_path: Path) -> None:
    async with endpoint(tmp_path) as at:
        at.disk.set()
        at.full = True
        document = {"id": "one", "rain_mm": 0.2, "rain_total_mm": 10.2, "batt_v": 3.9}
        answer = await at.push(document)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert answer.headers["content-type"] == "application/problem+json"
        at.full = False
        again = await at.push(document)
        assert (again.status_code, again.json()["repeated"]) == (202, 0)
