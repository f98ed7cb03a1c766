"""An order that is sent twice is carried out once, and who asks too fast is told when to come back."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from cloud.access.pace import Pace, Purses
from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.store.base import AlarmFilter
from cloud.store.repeat_port import RepeatRow
from cloud.web.app import create_site
from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock

KEY = {"Idempotency-Key": "7d9c-1"}


@pytest.fixture
def comment(centre: FakeCentre) -> str:
    """Where comments on an open alarm go."""
    return f"/api/v1/alarms/{centre.state.alarms(AlarmFilter(open=True), before=None, limit=1)[0].id}/comment"


async def test_an_order_sent_twice_is_carried_out_once(
    operator: httpx.AsyncClient, engineer: httpx.AsyncClient, centre: FakeCentre, comment: str
) -> None:
    words = {"comment": "Đã gọi phường"}
    first = await operator.post(comment, json=words, headers=KEY)
    again = await operator.post(comment, json=words, headers=KEY)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    other = await operator.post(comment, json={"comment": "khác"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (await engineer.post(comment, json=words, headers=KEY)).headers.get("Idempotency-Replayed") is None
    alarm = comment.split("/")[4]
    assert [line.comment for line in centre.state.history(alarm) if line.comment] == ["Đã gọi phường"] * 2


async def test_a_refused_order_may_be_sent_again_and_an_old_key_is_forgotten(
    operator: httpx.AsyncClient, comment: str, clock: ManualClock
) -> None:
    assert (await operator.post(comment, json={"comment": " "}, headers=KEY)).status_code == 422
    assert (await operator.post(comment, json={"comment": "một"}, headers=KEY)).status_code == 200
    await clock.advance(86_401)
    assert (await operator.post(comment, json={"comment": "hai"}, headers=KEY)).status_code == 401  # so did the token


async def test_nobody_knows_what_a_centre_did_that_stopped_in_the_middle(
    operator: httpx.AsyncClient, centre: FakeCentre, comment: str
) -> None:
    await operator.post(comment, json={"comment": "một"}, headers=KEY)
    done = centre.state.repeats.begin(RepeatRow("program-operator", KEY["Idempotency-Key"], "", 0), forget_before=0)
    assert done is not None
    centre.state.repeats.end(replace(done, status=0, answer=""))
    again = await operator.post(comment, json={"comment": "một"}, headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "outcome_unknown")


async def test_a_stranger_has_no_keys_and_a_key_has_a_length(
    stranger: httpx.AsyncClient, operator: httpx.AsyncClient, comment: str
) -> None:
    assert (await stranger.post(comment, json={"comment": "một"}, headers=KEY)).status_code == 401
    long = await operator.post(comment, json={"comment": "một"}, headers={"Idempotency-Key": "k" * 201})
    assert (long.status_code, long.json()["code"]) == (400, "key")


def test_a_purse_fills_with_time() -> None:
    purses = Purses(Pace(per_s=2.0, burst=4))
    assert [purses.wait_s("lan", "a", now=0.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert purses.wait_s("nam", "a", now=0.0) == 0
    assert [purses.wait_s("lan", "a", now=1.0) for _ in range(3)] == [0, 0, 1]
    assert [purses.wait_s("", "b", now=0.0) for _ in range(5)] == [0, 0, 0, 0, 1]


async def test_who_asks_too_fast_is_told_when_to_come_back(centre: FakeCentre, clock: ManualClock) -> None:
    centre.settings = replace(centre.settings, pace=Pace(per_s=1.0, burst=3))
    secret, row = begin_token("fast", Role.VIEWER, now=clock.now_ms(), days=1)
    centre.state.put_secret(row)
    transport, headers = httpx.ASGITransport(create_site(centre)), {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://centre.test", headers=headers) as client:
        assert [(await client.get("/api/v1/me")).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = await client.get("/api/v1/me")
        assert (refused.headers["Retry-After"], refused.json()["code"]) == ("1", "too_many")
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
        assert (await client.get("/healthz")).status_code == 200
        await clock.advance(1)
        assert (await client.get("/api/v1/me")).status_code == 200
