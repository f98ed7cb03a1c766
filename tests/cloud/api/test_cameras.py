"""Pictures of cameras: who may see them, what for, and what stands in the audit log."""

from __future__ import annotations

from typing import Literal

import httpx
import pytest

from cloud.api.views import Outcome
from tests.cloud.api.fake_centre import FakeCentre

Clients = dict[str, httpx.AsyncClient]
CAMERA = {"gateway": "gw-thao", "device": "cam-hong-ha"}
WATCHES = "/api/v1/camera-watches"


def wanted(**more: object) -> dict[str, object]:
    """A watch of one camera."""
    return {"purpose": "disaster", "cameras": [CAMERA], "note": "Nước lên tại Hồng Hà", **more}


async def test_everybody_sees_the_state_of_a_camera(clients: Clients) -> None:
    items = (await clients["viewer"].get("/api/v1/cameras")).json()["items"]
    assert [(each["device"], each["sight"], each["faults"]) for each in items] == [
        ("cam-hong-ha", "blurred", ["blurred"])
    ]


async def test_a_picture_comes_from_the_gateway_to_whoever_says_what_for(clients: Clients, centre: FakeCentre) -> None:
    began = await clients["operator"].post(WATCHES, json=wanted())
    assert began.status_code == 201, began.text
    watch = began.json()
    assert watch["until"] - centre.clock.now_ms() == 30 * 60_000
    address = f"{WATCHES}/{watch['id']}/pictures/gw-thao/cam-hong-ha"
    answer = await clients["operator"].get(address)
    assert (answer.headers["content-type"], answer.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert int(answer.headers["Thacba-Observed-At"]) == centre.clock.now_ms()
    assert answer.headers["Cache-Control"] == "no-store"
    assert [(each.device, each.verb) for each in centre.orders] == [("cam-hong-ha", "snapshot")]
    assert (await clients["engineer"].get(address)).status_code == 404, "somebody else's watch"
    assert (await clients["viewer"].get(address)).status_code == 403
    assert (await clients["operator"].delete(f"{WATCHES}/{watch['id']}")).status_code == 204
    assert (await clients["operator"].get(address)).status_code == 404
    rows = centre.state.audit(limit=2)
    assert [(row.action, row.actor, row.target) for row in rows] == [
        ("cameras_watch_ended", "program-operator", "gw-thao/cam-hong-ha"),
        ("cameras_watched", "program-operator", "gw-thao/cam-hong-ha"),
    ]
    assert "disaster" in rows[1].detail
    assert "Nước lên tại Hồng Hà" in rows[1].detail


async def test_what_cannot_be_watched_is_refused(clients: Clients, centre: FakeCentre) -> None:
    operator = clients["operator"]
    gauge, nothing = {"gateway": "gw-thao", "device": "gauge-yen-bai"}, {"gateway": "gw-thao", "device": "none"}
    assert (await operator.post(WATCHES, json=wanted(purpose="curiosity"))).json()["code"] == "watch_refused"
    assert (await operator.post(WATCHES, json=wanted(cameras=[gauge]))).status_code == 422
    assert (await operator.post(WATCHES, json=wanted(cameras=[nothing]))).status_code == 404
    assert (await operator.post(WATCHES, json=wanted(cameras=[]))).status_code == 422
    watch = (await operator.post(WATCHES, json=wanted(pace="live"))).json()
    assert (await operator.get(f"{WATCHES}/{watch['id']}/pictures/gw-thao/gauge-yen-bai")).status_code == 404
    assert centre.orders == []


@pytest.mark.parametrize(
    ("outcome", "said", "code"),
    [
        ("failed", "the camera may look elsewhere: its masks no longer hide what they must", "picture_masked"),
        ("failed", "pictures of this camera are shown to nobody", "picture_private"),
        ("failed", "there is no picture now", "picture_none_now"),
        ("sent", "", "picture_away"),
        ("failed", "cam-hong-ha is no camera", "picture_refused"),
    ],
)
async def test_why_there_is_no_picture_is_told(
    clients: Clients, centre: FakeCentre, outcome: Literal["failed", "sent"], said: str, code: str
) -> None:
    centre.snapshot_outcome = Outcome("c-9", outcome, centre.clock.now_ms(), said)
    watch = (await clients["operator"].post(WATCHES, json=wanted())).json()
    answer = await clients["operator"].get(f"{WATCHES}/{watch['id']}/pictures/gw-thao/cam-hong-ha")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
