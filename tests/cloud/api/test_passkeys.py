"""Passkeys: registered by whoever knows the password, shown after it, refused when anything about them is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from cloud.access.passkeys import LASTS_MS
from cloud.store.audit_port import AuditFilter
from cloud.store.base import UserRow
from tests.cloud.access.software_key import PRESENT, Json, SoftwareKey, text_of
from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.fakes import ManualClock

API = "/api/v1"


@asynccontextmanager
async def somebody(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of their own."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="https://centre.test") as client:
        yield client


@pytest.fixture
async def browser(api: FastAPI, centre: FakeCentre) -> AsyncIterator[httpx.AsyncClient]:
    """The operator's browser; the centre has a public address."""
    centre.settings = replace(centre.settings, public_url="https://centre.test/")
    async with somebody(api) as client:
        yield client


@pytest.fixture
async def others(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else's browser."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(somebody(api))


async def log_in(browser: httpx.AsyncClient, user: str = "operator", **shown: Any) -> httpx.Response:
    return await browser.post(f"{API}/session", json={"user": user, "password": PASSWORD, **shown})


async def asked(browser: httpx.AsyncClient, user: str = "operator") -> Json:
    """What the log-in asks a passkey."""
    answer = await log_in(browser, user)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor")
    options: Json = answer.json()["errors"][0]["passkey"]
    return options


async def begun(browser: httpx.AsyncClient) -> Json:
    answer = await browser.post(f"{API}/passkeys/question", json={"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    options: Json = answer.json()["options"]
    return options


async def registered(browser: httpx.AsyncClient, user: str = "operator", name: str = "Điện thoại") -> SoftwareKey:
    """Logs in and registers one."""
    assert (await log_in(browser, user)).status_code == 200
    key = SoftwareKey()
    answer = await browser.post(
        f"{API}/passkeys", json={"name": name, "credential": key.register(await begun(browser))}
    )
    assert answer.status_code == 201, answer.text
    return key


def written(centre: FakeCentre, action: str) -> list[tuple[str, str]]:
    rows = centre.state.audit_log.newest(AuditFilter(action=action), before=None, limit=50)
    return [(row.actor, row.detail) for row in rows]


async def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json().get("code")) == (401, "wrong_passkey")


async def test_a_person_registers_two_sees_them_logs_in_with_one_and_removes_it(
    browser: httpx.AsyncClient, centre: FakeCentre, clock: ManualClock
) -> None:
    key = await registered(browser)
    made_at = clock.now_ms()
    second = SoftwareKey()
    wish = {"name": " Khóa USB ", "credential": second.register(await begun(browser))}
    assert (await browser.post(f"{API}/passkeys", json=wish)).status_code == 201
    await clock.advance(60)
    options = await asked(browser)
    assert {each["id"] for each in options["allowCredentials"]} == {text_of(each.id) for each in (key, second)}
    answer = await log_in(browser, passkey=key.sign(options))
    assert (answer.status_code, answer.json()["user"]) == (200, "operator")
    listed = {each["name"]: each for each in (await browser.get(f"{API}/passkeys")).json()["items"]}
    assert set(listed) == {"Điện thoại", "Khóa USB"}
    phone = listed["Điện thoại"]
    assert (phone["created_at"], phone["used_at"]) == (made_at, made_at + 60_000)
    assert listed["Khóa USB"]["used_at"] is None
    path = f"{API}/passkeys/{phone['id']}/remove"
    assert (await browser.post(path, json={"password": "not the password"})).status_code == 401
    assert (await browser.post(path, json={"password": PASSWORD})).status_code == 204
    assert (await browser.post(path, json={"password": PASSWORD})).status_code == 404
    assert await refused(await log_in(browser, passkey=key.sign(await asked(browser))))
    assert (await log_in(browser, passkey=second.sign(await asked(browser)))).status_code == 200
    assert [detail.split(" ", 1)[1] for _, detail in written(centre, "passkey_add")] == ["Khóa USB", "Điện thoại"]
    assert written(centre, "passkey_remove") == [("operator", f"{phone['id']} Điện thoại")]
    assert written(centre, "log_in")[-2] == ("operator", f"passkey {phone['id']} Điện thoại")
    assert len(written(centre, "password_refused")) == 1


async def test_the_password_alone_is_not_enough_any_more_and_nobody_begins_codes_with_it(
    browser: httpx.AsyncClient, centre: FakeCentre, clock: ManualClock
) -> None:
    """Otherwise whoever knows the password would add a factor of their own and be in."""
    key = await registered(browser)
    centre.settings = replace(centre.settings, second_factor_roles=frozenset({"operator"}))
    browser.cookies.clear()
    first = await log_in(browser)
    assert first.json()["code"] == "second_factor"
    assert first.json()["errors"][0]["code"] is False
    assert (await log_in(browser, code="000000")).json()["code"] == "wrong_code"
    assert (await browser.get(f"{API}/me")).status_code == 401
    assert (await log_in(browser, passkey=key.sign(await asked(browser)))).status_code == 200, "it counts for the role"


async def test_codes_and_passkeys_stand_side_by_side(
    browser: httpx.AsyncClient, centre: FakeCentre, clock: ManualClock
) -> None:
    centre.settings = replace(centre.settings, second_factor_roles=frozenset({"operator"}))
    (told,) = (await log_in(browser)).json()["errors"]
    app = pyotp.parse_uri(told["address"])
    assert isinstance(app, pyotp.TOTP)
    assert (await log_in(browser, code=app.at(clock.now_ms() // 1000))).status_code == 200
    key = SoftwareKey()
    wish = {"name": "Máy tính", "credential": key.register(await begun(browser))}
    assert (await browser.post(f"{API}/passkeys", json=wish)).status_code == 201
    await clock.advance(30)
    assert (await log_in(browser)).json()["errors"][0]["code"] is True
    assert (await log_in(browser, code=app.at(clock.now_ms() // 1000))).status_code == 200
    assert (await log_in(browser, passkey=key.sign(await asked(browser)))).status_code == 200


async def test_an_answer_counts_once(browser: httpx.AsyncClient) -> None:
    key = await registered(browser)
    answer = key.sign(await asked(browser))
    assert (await log_in(browser, passkey=answer)).status_code == 200
    assert await refused(await log_in(browser, passkey=answer))


async def test_a_question_that_is_older_than_two_minutes_is_not_answered_any_more(
    browser: httpx.AsyncClient, clock: ManualClock
) -> None:
    key = await registered(browser)
    options = await asked(browser)
    await clock.advance(LASTS_MS / 1000 + 1)
    assert await refused(await log_in(browser, passkey=key.sign(options)))
    options = await asked(browser)
    await clock.advance(LASTS_MS / 1000 - 1)
    assert (await log_in(browser, passkey=key.sign(options))).status_code == 200


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://centre.test.evil.example"},
        {"rp": "evil.example"},
        {"flags": PRESENT},
        {"cross_origin": True},
    ],
    ids=["wrong origin", "wrong site", "nobody verified", "in a frame of another site"],
)
async def test_a_lie_is_refused_and_stands_in_the_audit_log(
    browser: httpx.AsyncClient, centre: FakeCentre, lie: Json
) -> None:
    key = await registered(browser)
    assert await refused(await log_in(browser, passkey=key.lying(**lie).sign(await asked(browser))))
    assert written(centre, "log_in_failed")[0][1].startswith("passkey: ")
    other = SoftwareKey(**lie)
    wish = {"name": "x", "credential": other.register(await begun(browser))}
    answer = await browser.post(f"{API}/passkeys", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_passkey")
    assert len(written(centre, "passkey_refused")) == 1


async def test_the_address_of_the_request_is_not_believed(browser: httpx.AsyncClient) -> None:
    """A page in the middle sends its own Host; what a device signs there counts nowhere."""
    key = await registered(browser)
    answer = await browser.post(
        f"{API}/session",
        json={"user": "operator", "password": PASSWORD},
        headers={"host": "evil.example", "sec-fetch-site": "same-origin"},
    )
    options = answer.json()["errors"][0]["passkey"]
    assert options["rpId"] == "centre.test"
    there = key.lying(origin="https://evil.example", rp="evil.example")
    assert await refused(await log_in(browser, passkey=there.sign(options)))


async def test_a_counter_that_goes_back_is_refused_and_written_down(
    browser: httpx.AsyncClient, centre: FakeCentre
) -> None:
    key = await registered(browser)
    for _ in range(2):
        assert (await log_in(browser, passkey=key.sign(await asked(browser)))).status_code == 200
    copy = key.lying(counter=1)
    assert await refused(await log_in(browser, passkey=copy.sign(await asked(browser))))
    ((actor, detail),) = written(centre, "passkey_counter_back")
    assert actor == "operator"
    assert detail.endswith("Điện thoại: 2 after 3")
    assert (await log_in(browser, passkey=key.sign(await asked(browser)))).status_code == 200


async def test_a_passkey_that_several_devices_share_counts_nothing_and_is_good(browser: httpx.AsyncClient) -> None:
    assert (await log_in(browser)).status_code == 200
    key = SoftwareKey(counts=0)
    wish = {"name": "Đám mây", "credential": key.register(await begun(browser))}
    assert (await browser.post(f"{API}/passkeys", json=wish)).status_code == 201
    for _ in range(2):
        assert (await log_in(browser, passkey=key.sign(await asked(browser)))).status_code == 200


async def test_nobody_logs_in_with_another_persons_passkey_or_question(
    browser: httpx.AsyncClient, others: httpx.AsyncClient
) -> None:
    mine, theirs = await registered(browser), await registered(others, "viewer")
    assert await refused(await log_in(browser, passkey=theirs.sign(await asked(browser))))
    assert await refused(await log_in(browser, passkey=mine.sign(await asked(others, "viewer"))))
    assert await refused(await log_in(browser, passkey={"id": [], "response": 7}))
    (phone,) = (await browser.get(f"{API}/passkeys")).json()["items"]
    assert (await log_in(others, "viewer", passkey=theirs.sign(await asked(others, "viewer")))).status_code == 200
    stolen = await others.post(f"{API}/passkeys/{phone['id']}/remove", json={"password": PASSWORD})
    assert stolen.status_code == 404
    again = {"name": "x", "credential": mine.register(await begun(others))}
    assert (await others.post(f"{API}/passkeys", json=again)).status_code == 409, "it is somebody's already"


async def test_a_registration_belongs_to_the_session_that_began_it(
    browser: httpx.AsyncClient, others: httpx.AsyncClient
) -> None:
    assert (await log_in(browser)).status_code == 200
    assert (await log_in(others, "viewer")).status_code == 200
    wish = {"name": "x", "credential": SoftwareKey().register(await begun(browser))}
    assert (await others.post(f"{API}/passkeys", json=wish)).status_code == 422
    assert (await browser.post(f"{API}/passkeys", json=wish)).status_code == 422, "and it is used up"
    assert (await browser.post(f"{API}/passkeys/question", json={"password": "guessed"})).status_code == 401


async def test_wrong_passkeys_make_the_caller_wait(browser: httpx.AsyncClient) -> None:
    key = await registered(browser)
    seen = []
    for _ in range(8):
        answer = await log_in(browser)
        if answer.status_code != 429:
            lie = key.lying(flags=PRESENT).sign(answer.json()["errors"][0]["passkey"])
            answer = await log_in(browser, passkey=lie)
        seen.append(answer.status_code)
    assert seen[0] == 401
    assert seen[-1] == 429


async def test_an_administrator_takes_the_passkeys_of_a_lost_device_away(
    browser: httpx.AsyncClient, admin: httpx.AsyncClient, centre: FakeCentre
) -> None:
    await registered(browser)
    assert (await admin.delete(f"{API}/users/operator/second-factor")).status_code == 204
    assert (await browser.get(f"{API}/me")).status_code == 401
    assert (await log_in(browser)).status_code == 200, "this role needs none"
    assert (await browser.get(f"{API}/passkeys")).json()["items"] == []
    assert written(centre, "second_factor_drop") == [("program-admin", "1 passkeys")]


async def test_where_no_passkey_can_be_had_it_is_said(
    browser: httpx.AsyncClient, admin: httpx.AsyncClient, centre: FakeCentre
) -> None:
    wish = {"password": PASSWORD}
    assert (await admin.post(f"{API}/passkeys/question", json=wish)).status_code == 409, "a program's token"
    key = await registered(browser)
    user = centre.state.user("operator")
    assert user is not None
    centre.settings = replace(centre.settings, public_url="http://10.0.0.7:8080")
    assert (await browser.post(f"{API}/passkeys/question", json=wish)).status_code == 409
    (told,) = (await log_in(browser)).json()["errors"]
    assert told == {"code": False, "passkey": None}
    assert await refused(await log_in(browser, passkey=key.sign({"challenge": "AAAA"})))
    centre.state.put_user(UserRow("operator", user.role, "", user.created_at, subject="https://sso.example 1"))
    centre.settings = replace(centre.settings, public_url="https://centre.test")
    assert (await browser.post(f"{API}/passkeys/question", json=wish)).status_code == 409


async def test_a_person_has_ten_at_most(browser: httpx.AsyncClient) -> None:
    await registered(browser)
    for number in range(9):
        wish = {"name": f"Khóa {number}", "credential": SoftwareKey().register(await begun(browser))}
        assert (await browser.post(f"{API}/passkeys", json=wish)).status_code == 201
    assert (await browser.post(f"{API}/passkeys/question", json={"password": PASSWORD})).status_code == 409
