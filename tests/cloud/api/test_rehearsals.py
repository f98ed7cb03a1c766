"""Rehearsals over the API: the running rule or a draft, compared or not, one at a time, refused with a reason."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from cloud.store.base import RawColumn, SeriesKey
from tests.cloud.api.fake_centre import FakeCentre, FloodStore
from tests.cloud.api.sample_rules import FLOOD

PATH = "/api/v1/rules/flood_yen_bai/rehearsals"
HOUR = 3_600_000
Clients = dict[str, httpx.AsyncClient]


def body(centre: FakeCentre, **more: object) -> dict[str, Any]:
    """The last two days."""
    now = centre.clock.now_ms()
    return {"from": now - 48 * HOUR, "to": now, **more}


async def test_the_running_rule_is_rehearsed(clients: Clients, centre: FakeCentre) -> None:
    answer = await clients["engineer"].post(PATH, json=body(centre))
    assert answer.status_code == 200, answer.text
    report = answer.json()
    (alarm,) = report["alarms"]
    assert (alarm["device"], alarm["level"], alarm["cleared_at"]) == ("gauge-yen-bai", "II", None)
    assert [step["what"] for step in alarm["steps"]] == ["raised", "escalated"]
    assert report["totals"]["notices"] == sum(each["notices"] for each in report["alarms"]) == 2
    assert report["totals"]["night_notices"] == sum(night["notices"] for night in report["nights"])
    (chart,) = report["chart"]
    assert chart["device"] == "gauge-yen-bai"
    assert [each["value"] for each in chart["thresholds"]] == [30.0, 31.0, 32.0]
    assert len(chart["buckets"]) > 100
    assert report["difference"] is None


async def test_a_draft_is_compared_with_the_running_rule_whatever_its_tests_say(
    clients: Clients, centre: FakeCentre
) -> None:
    draft = FLOOD.replace("above = 31.00", "above = 31.90").replace("clear = 30.95", "clear = 31.85")
    answer = await clients["engineer"].post(PATH, json=body(centre, draft=draft, against="live"))
    assert answer.status_code == 200, answer.text
    difference = answer.json()["difference"]
    assert difference["against"] == "live"
    assert [(pair["here"]["level"], pair["there"]["level"]) for pair in difference["moved"]] == [("I", "II")]


async def test_a_rule_may_be_held_against_what_was_really_raised(clients: Clients, centre: FakeCentre) -> None:
    answer = await clients["engineer"].post(PATH, json=body(centre, against="alarms"))
    difference = answer.json()["difference"]
    assert difference["against"] == "alarms"
    assert len(difference["only_there"]) + len(difference["moved"]) >= 1


@pytest.mark.parametrize(
    ("path", "more", "status", "code", "said"),
    [
        (PATH.replace("flood_yen_bai", "unheard"), {}, 404, "unknown", "no rule 'unheard'"),
        (PATH, {"to": 5, "from": 5}, 422, "not_rehearsed", "ends before it begins"),
        (PATH, {"from": 0}, 422, "not_rehearsed", "longer than 400 days"),
        (PATH, {"draft": FLOOD.replace("above = 31.00", "above = 29.00")}, 422, "rule_refused", "level"),
        (PATH, {"draft": "id = ["}, 422, "rule_refused", "flood_yen_bai.toml"),
        (PATH, {"against": "yesterday"}, 422, "invalid", ""),
        (PATH.replace("flood_yen_bai", "paper"), {}, 422, "not_rehearsed", "holds no readings"),
    ],
)
async def test_what_cannot_be_rehearsed_is_refused_with_a_reason(
    clients: Clients, centre: FakeCentre, path: str, more: dict[str, Any], status: int, code: str, said: str
) -> None:
    answer = await clients["engineer"].post(path, json=body(centre, **more))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert said in answer.json()["detail"]


async def test_nobody_is_silent_in_the_future(clients: Clients, centre: FakeCentre) -> None:
    now = centre.clock.now_ms()
    report = (await clients["engineer"].post(PATH, json=body(centre, to=now + 48 * HOUR))).json()
    assert report["end"] == now
    assert all(remark["vi"] and remark["en"] for remark in report["remarks"])


async def test_operators_do_not_rehearse(clients: Clients, centre: FakeCentre) -> None:
    assert (await clients["operator"].post(PATH, json=body(centre))).status_code == 403


class SlowFlood(FloodStore):
    """The flood, told when the test says so."""

    def __init__(self, flood: FloodStore, asked: asyncio.Event, gate: asyncio.Event) -> None:
        self._flood, self._asked, self._gate = flood, asked, gate

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        self._asked.set()
        await self._gate.wait()
        return await self._flood.raw(key, begin=begin, end=end)


async def test_one_at_a_time(clients: Clients, centre: FakeCentre) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()
    centre.rehearse_on(SlowFlood(centre.readings, asked, gate))
    async with asyncio.TaskGroup() as group:
        first = group.create_task(clients["engineer"].post(PATH, json=body(centre)))
        await asked.wait()
        second = await clients["engineer"].post(PATH, json=body(centre))
        assert (second.status_code, second.json()["code"]) == (409, "busy")
        gate.set()
    assert first.result().status_code == 200
