"""What gateways shall run, over the API: checked, kept, taken back; secrets go in and never come out."""

from __future__ import annotations

import httpx
import pytest

from cloud.api.views import Outcome
from device_profiles.wire.messages import RunningConfiguration
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_offices import THAO

BASE = "/api/v1/configurations"


@pytest.fixture
def engineer(clients: dict[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    """Who may change gateways."""
    return clients["engineer"]


async def put(client: httpx.AsyncClient, text: str, match: str, **more: object) -> httpx.Response:
    """Changes the configuration of the Thao."""
    return await client.put(f"{BASE}/gw-thao", json={"text": text, **more}, headers={"If-Match": match})


async def test_a_change_is_kept_and_its_secret_never_comes_back(engineer: httpx.AsyncClient) -> None:
    answer = await put(engineer, THAO, '"0"', secrets={"cam": "mật-khẩu-77"}, comment="Lắp camera")
    assert answer.status_code == 200, answer.text
    newest = answer.json()["newest"]
    assert (newest["version"], newest["author"], newest["comment"]) == (1, "program-engineer", "Lắp camera")
    assert newest["secrets"] == ["cam"]
    whole = (await engineer.get(f"{BASE}/gw-thao")).text + (await engineer.get(f"{BASE}/gw-thao/versions/1")).text
    assert "khẩu-77" not in whole
    assert (await engineer.get(f"{BASE}/gw-thao")).headers["ETag"] == '"1"'
    assert (await put(engineer, THAO, '"0"')).status_code == 412
    assert (await put(engineer, THAO, "")).status_code == 428


async def test_every_fault_comes_at_once_and_nothing_is_kept(engineer: httpx.AsyncClient) -> None:
    wrong = THAO.replace("river_gauge_radar", "river_guage_radar").replace("192.0.2.12", "xem:abc@192.0.2.12")
    checked = (await engineer.post(f"{BASE}/gw-thao/check", json={"text": wrong})).json()
    assert {each["key"] for each in checked["faults"]} == {
        "devices[gauge-yen-bai].profile",
        "devices[cam-hong-ha].connection.url",
        "sealed:cam",
    }
    answer = await put(engineer, wrong, '"0"')
    assert (answer.status_code, answer.json()["code"], len(answer.json()["errors"])) == (
        422,
        "configuration_refused",
        3,
    )
    assert "abc" not in answer.text
    assert (await engineer.get(f"{BASE}/gw-thao")).json()["newest"] is None


async def test_a_check_shows_what_would_change(engineer: httpx.AsyncClient) -> None:
    await put(engineer, THAO, '"0"', secrets={"cam": "x"})
    text = THAO.replace("max_days = 30", "max_days = 60")
    preview = (await engineer.post(f"{BASE}/gw-thao/check", json={"text": text})).json()
    assert preview["changes"] == [{"key": "outbox.max_days", "what": "changed", "before": "30", "after": "60"}]
    assert "+max_days = 60" in preview["lines"]
    await put(engineer, text, '"1"')
    answer = await engineer.post(f"{BASE}/gw-thao/restore/1", json={"comment": "lại"}, headers={"If-Match": '"2"'})
    assert (answer.json()["newest"]["version"], "max_days = 30" in answer.json()["text"]) == (3, True)
    versions = (await engineer.get(f"{BASE}/gw-thao/versions")).json()["items"]
    assert [each["version"] for each in versions] == [3, 2, 1]


async def test_the_gateway_is_asked_for_its_plan(engineer: httpx.AsyncClient, centre: FakeCentre) -> None:
    answer = await engineer.post(f"{BASE}/gw-thao/plan", json={"text": THAO, "secrets": {"cam": "mật"}})
    assert Outcome(**answer.json()).outcome == "done"
    (order,) = centre.orders
    assert (order.device, order.verb) == ("@gateway", "plan")
    assert '"192.0.2.11"' in str(order.arguments["configuration"])
    assert "mật" not in str(order.arguments)


async def test_drift_is_for_everybody_to_see_and_texts_are_for_engineers(
    clients: dict[str, httpx.AsyncClient], centre: FakeCentre
) -> None:
    await centre.offices.fill()
    found = {each["gateway"]: each for each in (await clients["viewer"].get(BASE)).json()["items"]}
    words = {name: each["word"] for name, each in found.items()}
    assert words == {
        "gw-thao": "in_step",
        "gw-pvhcc": "rolled_back",
        "gw-nghia-lo": "waiting",
        "gw-thac-ba": "site",
        "gw-mcc": "silent",
    }
    assert (found["gw-thao"]["certificate_days"], found["gw-pvhcc"]["reason"]) == (20, "devices_away")
    wrong = (await clients["viewer"].get(BASE, params={"wrong": True})).json()["items"]
    assert [each["gateway"] for each in wrong] == ["gw-pvhcc", "gw-thac-ba"]
    assert (await clients["operator"].get(f"{BASE}/gw-thao")).status_code == 403


async def test_gateways_that_nobody_knows_are_404(engineer: httpx.AsyncClient) -> None:
    assert (await engineer.get(f"{BASE}/gw-9")).status_code == 404
    answer = await engineer.put(f"{BASE}/gw-9", json={"text": THAO}, headers={"If-Match": '"0"'})
    assert answer.status_code == 404
    assert (await engineer.get(f"{BASE}/gw-thao/versions/4")).status_code == 404


async def test_a_release_moves_in_waves_alone(engineer: httpx.AsyncClient, centre: FakeCentre) -> None:
    centre.offices.runs("gw-thao", RunningConfiguration(0, "ab", "file", "active"))
    answer = await put(engineer, 'release = "2.0.0"\n', '"0"')
    assert (answer.status_code, answer.json()["errors"][0]["key"]) == (422, "release")
