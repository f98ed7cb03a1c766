"""A kiosk over real HTTP: state, ratings that count once, and commands that take effect."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from device_profiles.load import load_catalogue
from edge_agent.connector import CommandError, Happening, LinkError, Sample, Scalar
from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.connectors.kiosk.connector import Kiosk, build_kiosk
from simulators.device import constant
from simulators.devices import kiosk as simulated
from simulators.faults import FaultKind
from simulators.http_server import HttpHost
from tests.readme_check import assert_documented
from tests.waiting import eventually

PROFILE = load_catalogue()["kiosk_queue"]
STATE: dict[str, Any] = {
    "online": True, "tickets": 81, "waiting": 6, "wait_min": 11.5, "served": 71, "counters_open": 4,
    "paper_pct": 83.8, "rating": 4.35,
}  # fmt: skip


def connector(url: str, **fields: Any) -> Kiosk:
    return build_kiosk("kiosk-1", KioskConnection(url=url, **{"timeout_s": 1.0, **fields}), PROFILE)


async def read(kiosk: Kiosk) -> tuple[dict[str, Any], list[Happening]]:
    observed = await kiosk.poll()
    values = {each.point: each.fault or each.value for each in observed if isinstance(each, Sample)}
    return values, [each for each in observed if isinstance(each, Happening)]


async def test_state_and_ratings() -> None:
    async with simulated.Kiosk(PROFILE, constant(**STATE)) as hall:
        kiosk = connector(hall.url)
        assert await read(kiosk) == (STATE, [])
        hall.press(5, counter="2")
        values, ratings = await read(kiosk)
        assert values == STATE
        assert [(each.kind, each.facts) for each in ratings] == [("rating", {"score": 5, "counter": "2"})]
        assert ratings[0].id == hall.ratings[0]["id"]
        assert ratings[0].observed_at == hall.ratings[0]["at"]
        await kiosk.close()


async def test_f64_a_double_press_and_a_second_look_count_once() -> None:
    async with simulated.Kiosk(PROFILE, constant(**STATE)) as hall:
        kiosk = connector(hall.url)
        hall.press(4, counter="1")
        hall.press(4, counter="1")
        hall.press(1, counter="2")
        assert [each.facts["score"] for each in (await read(kiosk))[1]] == [4, 1]
        assert (await read(kiosk))[1] == []
        again = connector(hall.url)  # the agent restarts: the ids stay the same, so the centre counts each once
        assert [each.id for each in (await read(again))[1]] == [rating["id"] for rating in hall.ratings]
        await kiosk.close()
        await again.close()


async def test_ratings_that_make_no_sense_are_left_out_and_stop_nothing(caplog: pytest.LogCaptureFixture) -> None:
    items: list[Any] = [
        {"id": "a", "score": 6}, {"id": "b", "score": True}, {"score": 3}, {"id": "c" * 65, "score": 3}, "text", None,
        {"id": "d", "score": "5"}, {"id": "e", "score": 3, "at": "noon"},
        {"id": 7, "score": 2, "reason": "slow", "at": 1_725_926_400_000},
    ]  # fmt: skip
    asked: list[str] = []
    api = FastAPI()

    @api.get("/status")
    async def status() -> dict[str, Any]:
        return STATE

    @api.get("/ratings")
    async def ratings(after: str = "") -> dict[str, Any]:
        asked.append(after)
        return {"items": items}

    async with HttpHost(api) as host:
        kiosk = connector(host.url)
        assert (await read(kiosk))[1] == [
            Happening("kiosk-1", "7", "rating", 1_725_926_400_000, {"score": 2, "reason": "slow"})
        ]
        refused = len(caplog.records)
        assert (await read(kiosk))[1] == []
        assert asked == ["", "7"]
        assert len([record for record in caplog.records if record.message == "rating refused"]) <= refused
        await kiosk.close()


async def test_reboot_takes_effect() -> None:
    async with simulated.Kiosk(PROFILE, constant(**STATE)) as hall:
        kiosk = connector(hall.url)
        assert "restarts" in await kiosk.write("reboot", {})
        assert hall.reboots == 1
        with pytest.raises(LinkError, match="503"):
            await kiosk.poll()
        with pytest.raises(LinkError, match="503"):
            await kiosk.write("reboot", {})
        assert await eventually(lambda: _state(kiosk)) == STATE
        await kiosk.close()


async def _state(kiosk: Kiosk) -> dict[str, Any]:
    try:
        return (await read(kiosk))[0]
    except LinkError:
        return {}


async def test_a_message_is_shown_in_one_spelling() -> None:
    text = "Quầy số 3 tạm nghỉ.\nXin bà con chờ ít phút."
    async with simulated.Kiosk(PROFILE, constant(**STATE)) as hall:
        kiosk = connector(hall.url, message_s=90)
        assert "90 s" in await kiosk.write("show_message", {"text": unicodedata.normalize("NFD", f"  {text} ")})
        assert hall.message == text
        await kiosk.close()


@pytest.mark.parametrize(
    ("verb", "arguments", "reason"),
    [
        ("show_message", {}, "needs a text"),
        ("show_message", {"text": 5}, "needs a text"),
        ("show_message", {"text": "   "}, "0 letters"),
        ("show_message", {"text": "x" * 201}, "201 letters"),
        ("show_message", {"text": "a\x07b"}, "control"),
        ("show_message", {"text": "a\u202eb"}, "control"),
        ("explode", {}, "does not know"),
    ],
)
async def test_commands_that_cannot_be(verb: str, arguments: Mapping[str, Scalar], reason: str) -> None:
    async with simulated.Kiosk(PROFILE, constant(**STATE)) as hall:
        kiosk = connector(hall.url)
        with pytest.raises(CommandError, match=reason):
            await kiosk.write(verb, arguments)
        assert (hall.message, hall.reboots, hall.answered) == ("", 0, 0)
        await kiosk.close()


async def test_a_kiosk_with_a_key() -> None:
    async with simulated.Kiosk(PROFILE, constant(**STATE), key="k") as hall:
        kiosk = connector(hall.url)
        with pytest.raises(LinkError, match="refused"):
            await kiosk.poll()
        with pytest.raises(CommandError, match="401"):
            await kiosk.write("reboot", {})
        await kiosk.close()


async def test_a_kiosk_that_is_off() -> None:
    async with simulated.Kiosk(PROFILE, constant(**STATE)) as hall:
        kiosk = connector(hall.url, timeout_s=0.2)
        hall.faults.start(FaultKind.SILENT)
        for waiting in (kiosk.poll(), kiosk.write("reboot", {})):
            with pytest.raises(LinkError, match="timeout"):
                await waiting
        await kiosk.close()


@pytest.mark.parametrize("url", ["ftp://h", "http://u:p@h", "http://h/?x=1", "http://h/#x", "http://"])
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"the address|user and password"):
        KioskConnection(url=url)


def test_each_field_is_documented() -> None:
    assert_documented("edge_agent/connectors/kiosk", KioskConnection)
