"""Log-in with a second factor: begun, asked for, refused when it is used twice, and taken away when it is lost."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pyotp
import pytest

from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.fakes import ManualClock


@pytest.fixture
def door(centre: FakeCentre, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Administrators must show one."""
    centre.settings = replace(centre.settings, second_factor_roles=frozenset({"admin"}))
    return stranger


async def log_in(door: httpx.AsyncClient, code: str = "", user: str = "admin") -> tuple[int, str, dict[str, object]]:
    answer = await door.post("/api/v1/session", json={"user": user, "password": PASSWORD, "code": code})
    said = answer.json()
    return answer.status_code, str(said.get("code", "")), said


async def enrolled(door: httpx.AsyncClient, clock: ManualClock) -> tuple[pyotp.TOTP, list[str]]:
    """The app on the telephone, and the paper codes."""
    status, code, said = await log_in(door)
    assert (status, code) == (401, "enrol_second_factor")
    (told,) = said["errors"]  # type: ignore[misc]
    assert str(told["picture"]).startswith("data:image/svg+xml")
    app = pyotp.parse_uri(str(told["address"]))
    assert isinstance(app, pyotp.TOTP)
    status, _, said = await log_in(door, app.at(clock.now_ms() // 1000))
    assert status == 200
    return app, list(said["paper_codes"])  # type: ignore[call-overload]


async def test_the_first_log_in_begins_it_and_every_later_one_asks_for_a_new_code(
    door: httpx.AsyncClient, clock: ManualClock
) -> None:
    app, paper = await enrolled(door, clock)
    assert (await log_in(door))[:2] == (401, "second_factor")
    assert (await log_in(door, app.at(clock.now_ms() // 1000)))[:2] == (401, "wrong_code"), "used already"
    await clock.advance(30)
    status, _, said = await log_in(door, app.at(clock.now_ms() // 1000))
    assert (status, said["paper_codes"]) == (200, [])
    assert (await log_in(door, paper[0]))[0] == 200
    assert (await log_in(door, paper[0]))[:2] == (401, "wrong_code")


async def test_what_was_shown_before_the_first_code_is_not_shown_again(door: httpx.AsyncClient) -> None:
    secrets = [(await log_in(door))[2]["errors"][0]["secret"] for _ in range(2)]  # type: ignore[index]
    assert len(set(secrets)) == 2, "somebody else may have seen the first"


async def test_wrong_codes_make_the_caller_wait_and_others_are_not_asked(
    door: httpx.AsyncClient, clock: ManualClock
) -> None:
    assert (await log_in(door, user="operator"))[0] == 200
    await enrolled(door, clock)
    seen = [(await log_in(door, "000000"))[0] for _ in range(12)]
    assert seen[0] == 401
    assert seen[-1] == 429


async def test_a_lost_one_is_taken_away_by_an_administrator_and_begun_anew(
    door: httpx.AsyncClient, clock: ManualClock, clients: dict[str, httpx.AsyncClient]
) -> None:
    before, _ = await enrolled(door, clock)
    assert (await door.get("/api/v1/me")).status_code == 200
    path = "/api/v1/users/admin/second-factor"
    assert (await clients["engineer"].delete(path)).status_code == 403
    assert (await clients["admin"].delete(path)).status_code == 204
    assert (await clients["admin"].delete(path)).status_code == 404
    assert (await door.get("/api/v1/me")).status_code == 401, "whoever has the telephone has the session too"
    after, _ = await enrolled(door, clock)
    assert after.secret != before.secret
