"""Administrators give accounts, change them and end sessions; somebody is always left in charge."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from tests.cloud.api.fake_centre import PASSWORD, FakeCentre

NEW = {"name": "hoa", "role": "operator", "password": "mot-cau-dai-cua-hoa"}


async def log_in(api: FastAPI, name: str, password: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="https://centre.test")
    answer = await client.post("/api/v1/session", json={"user": name, "password": password})
    assert answer.status_code == 200, answer.text
    return client


async def test_an_account_is_given_changed_and_disabled_and_all_of_it_is_audited(
    api: FastAPI, centre: FakeCentre, admin: httpx.AsyncClient
) -> None:
    assert (await admin.post("/api/v1/users", json=NEW)).status_code == 201
    assert (await admin.post("/api/v1/users", json=NEW)).status_code == 409, "a name is never given twice"
    hoa = await log_in(api, "hoa", NEW["password"])
    assert (await admin.patch("/api/v1/users/hoa", json={"role": "viewer"})).json()["sessions"] == 1
    assert (await hoa.get("/api/v1/me")).json()["role"] == "viewer", "at once, in the same session"
    area = next(iter(centre.area_names()))
    assert (await admin.patch("/api/v1/users/hoa", json={"areas": [area]})).json()["areas"] == [area]
    assert (await admin.patch("/api/v1/users/hoa", json={"areas": ["nowhere"]})).status_code == 422
    assert (await admin.patch("/api/v1/users/hoa", json={"sectors": ["health"]})).json()["sectors"] == ["health"]
    assert (await admin.patch("/api/v1/users/hoa", json={"sectors": ["hospitals"]})).status_code == 422
    assert (await admin.patch("/api/v1/users/hoa", json={"state": "disabled"})).json()["disabled"] is True
    assert (await hoa.get("/api/v1/me")).status_code == 401
    lines = [(row.action, row.target, row.detail) for row in centre.state.audit(limit=9) if "user_" in row.action]
    assert lines == [
        ("user_change", "hoa", "disabled"),
        ("user_change", "hoa", "sectors all -> health"),
        ("user_change", "hoa", f"areas all -> {area}"),
        ("user_change", "hoa", "role operator -> viewer"),
        ("user_add", "hoa", "operator"),
    ]
    await hoa.aclose()


async def test_one_session_is_ended_and_nobody_else_notices(
    api: FastAPI, centre: FakeCentre, admin: httpx.AsyncClient
) -> None:
    first, second = await log_in(api, "operator", PASSWORD), await log_in(api, "operator", PASSWORD)
    open_now = [row for row in (await admin.get("/api/v1/sessions")).json()["items"] if row["user"] == "operator"]
    assert len(open_now) == 2
    assert centre.state.secret(open_now[0]["id"]) is None, "its name opens nothing"
    assert (await admin.delete(f"/api/v1/sessions/{open_now[0]['id']}")).status_code == 204
    answers = sorted([(await each.get("/api/v1/me")).status_code for each in (first, second)])
    assert answers == [200, 401]
    assert (await admin.delete(f"/api/v1/sessions/{open_now[0]['id']}")).status_code == 404
    for each in (first, second):
        await each.aclose()


@pytest.mark.parametrize("wish", [{"role": "viewer"}, {"state": "disabled"}])
async def test_somebody_is_always_left_in_charge(api: FastAPI, admin: httpx.AsyncClient, wish: dict[str, str]) -> None:
    person = await log_in(api, "admin", PASSWORD)
    assert (await person.patch("/api/v1/users/admin", json=wish)).status_code == 409, "not oneself"
    assert (await admin.patch("/api/v1/users/admin", json=wish)).status_code == 409, "not the last one"
    await admin.post("/api/v1/users", json={**NEW, "role": "admin"})
    assert (await admin.patch("/api/v1/users/admin", json=wish)).status_code == 200
    await person.aclose()


async def test_a_weak_password_is_refused_and_never_repeated(admin: httpx.AsyncClient) -> None:
    for password in ("a" * 20, "kurz"):
        answer = await admin.post("/api/v1/users", json={**NEW, "password": password})
        assert (answer.status_code, answer.json()["code"], password in answer.text) == (422, "weak_password", False)


async def test_every_part_of_administration_has_a_page(centre: FakeCentre, admin: httpx.AsyncClient) -> None:
    await admin.post("/api/v1/users", json={**NEW, "areas": [next(iter(centre.area_names()))], "sectors": ["health"]})
    first = await admin.get("/admin")
    assert ("hoa" in first.text, " · Y tế" in first.text, PASSWORD in first.text) == (True, True, False)
    for part in ("sessions", "roles", "areas", "rosters", "channels", "retention", "audit?verify=true"):
        assert (await admin.get(f"/admin/{part}")).status_code == 200, part
    assert (await admin.get("/admin/nothing")).status_code == 422
