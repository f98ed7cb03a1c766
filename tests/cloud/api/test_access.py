"""Who gets in: the matrix of routes and roles, log-in, cookies, other sites, sizes and headers."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from cloud.access.policy import POLICY, Open
from cloud.access.roles import Role
from cloud.api.shield import MAX_BODY_BYTES
from cloud.web.app import create_site
from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.fakes import ManualClock

UNREAL = {
    "{gateway}": "none",
    "{device}": "none",
    "{alarm}": "none",
    "{incident}": "none",
    "{work}": "none",
    "{number}": "1",
    "{letter}": "0" * 16,
}
STATIC = "/static"


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every method and path template that the app answers."""
    found = set()
    for route in iter_route_contexts(app.routes):
        if route.path is None or route.path.startswith(STATIC):
            continue
        found |= {(method, route.path) for method in route.methods or () if method != "HEAD"}
    return found


def test_the_policy_names_every_route_and_no_other(api: FastAPI) -> None:
    assert routes_of(api) == set(POLICY)


async def test_every_route_lets_in_exactly_the_roles_of_the_policy(clients: dict[str, httpx.AsyncClient]) -> None:
    wrong = []
    for (method, template), rule in POLICY.items():
        path = template
        for name, value in UNREAL.items():
            path = path.replace(name, value)
        if path == "/api/v1/live" or (method, path) == ("DELETE", "/api/v1/session"):
            continue  # an endless answer, and one that would end the client's token: tested on their own
        for role, client in clients.items():
            answer = await client.request(method, path, json={} if method == "POST" else None)
            turned_away = answer.status_code in (401, 403) and answer.json()["code"] in ("not_logged_in", "forbidden")
            sent_to_log_in = answer.status_code == 303 and answer.headers["location"].startswith("/login")
            may = rule is Open.EVERYONE or (role != "stranger" and isinstance(rule, Role) and Role(role).includes(rule))
            if may == (turned_away or sent_to_log_in) or answer.status_code >= 500:
                wrong.append((method, path, role, answer.status_code))
    assert wrong == []


async def test_a_route_that_nobody_put_into_the_policy_is_refused_even_to_admins(centre: FakeCentre) -> None:
    app = create_site(centre)

    @app.get("/api/v1/forgotten")
    async def forgotten() -> str:
        return "secret"

    centre.add_user("chief", Role.ADMIN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://centre.test") as client:
        assert (await client.get("/api/v1/forgotten")).status_code == 403
        assert (await log_in(client, "chief")).status_code == 200
        assert (await client.get("/api/v1/forgotten")).status_code == 403


async def log_in(client: httpx.AsyncClient, user: str, password: str = PASSWORD) -> httpx.Response:
    """Posts the credentials."""
    return await client.post("/api/v1/session", json={"user": user, "password": password})


async def test_log_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get(
    stranger: httpx.AsyncClient, centre: FakeCentre
) -> None:
    answer = await log_in(stranger, "operator")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-thacba_session=thacba_")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert (await stranger.get("/api/v1/me")).json() == {"user": "operator", "role": "operator"}
    assert cookie.split("=", 1)[1].split(";")[0] not in str(centre.state.secret)
    assert (await stranger.delete("/api/v1/session")).status_code == 204
    assert (await stranger.get("/api/v1/me")).status_code == 401
    assert [row.action for row in centre.state.audit(limit=5)] == ["log_out", "log_in"]


async def test_a_session_ends_when_idle_and_at_the_latest_after_a_shift(
    stranger: httpx.AsyncClient, clock: ManualClock
) -> None:
    await log_in(stranger, "viewer")
    for _ in range(15):
        await clock.advance(50 * 60)
        alive = (await stranger.get("/api/v1/me")).status_code
        if alive != 200:
            break
    assert clock.monotonic() >= 12 * 3600
    assert alive == 401
    await log_in(stranger, "viewer")
    await clock.advance(61 * 60)
    assert (await stranger.get("/api/v1/me")).status_code == 401


async def test_guessing_is_slowed_down_for_that_address_and_name_only(
    stranger: httpx.AsyncClient, clock: ManualClock
) -> None:
    for _ in range(5):
        answer = await log_in(stranger, "operator", "wrong password")
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
    answer = await log_in(stranger, "operator")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert (await log_in(stranger, "viewer")).status_code == 200
    await clock.advance(15 * 60 + 1)
    assert (await log_in(stranger, "operator")).status_code == 200


@pytest.mark.parametrize("user", ["nobody", "disabled", "program"])
async def test_unknown_disabled_and_password_less_users_do_not_get_in(
    stranger: httpx.AsyncClient, centre: FakeCentre, user: str
) -> None:
    known = centre.state.user("viewer")
    assert known
    centre.state.put_user(type(known)("disabled", "viewer", known.password_hash, 0, disabled=True))
    centre.state.put_user(type(known)("program", "viewer", "", 0))
    assert (await log_in(stranger, user)).status_code == 401


async def test_a_disabled_user_is_out_at_once(stranger: httpx.AsyncClient, centre: FakeCentre) -> None:
    await log_in(stranger, "viewer")
    known = centre.state.user("viewer")
    assert known
    centre.state.put_user(type(known)("viewer", "viewer", known.password_hash, 0, disabled=True))
    assert (await stranger.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
async def test_other_sites_cannot_act_for_a_logged_in_user(
    stranger: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await log_in(stranger, "operator")
    answer = await stranger.post("/api/v1/alarms/none/acknowledge", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    own = {"Origin": "https://centre.test", "Sec-Fetch-Site": "same-origin"}
    assert (await stranger.post("/api/v1/alarms/none/acknowledge", json={}, headers=own)).status_code == 404


async def test_a_password_never_comes_back_in_an_error(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/api/v1/session", json={"user": "", "password": "my secret", "more": 1})
    assert answer.status_code == 422
    assert "my secret" not in answer.text


async def test_a_large_request_is_refused_before_it_is_read(stranger: httpx.AsyncClient) -> None:
    for content in (b"x" * (MAX_BODY_BYTES + 1), _chunks()):
        answer = await stranger.post("/api/v1/session", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


async def _chunks():  # type: ignore[no-untyped-def]
    for _ in range(20):
        yield b"[" * 8192


@pytest.mark.parametrize("path", ["/api/v1/me", "/healthz", "/login", "/static/style.css", "/nowhere"])
async def test_every_answer_carries_the_security_headers(stranger: httpx.AsyncClient, path: str) -> None:
    headers = (await stranger.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["strict-transport-security"].startswith("max-age=")


async def test_a_bug_is_a_problem_without_details(api: FastAPI, centre: FakeCentre) -> None:
    centre.broken = None  # type: ignore[assignment]
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://centre.test") as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "NoneType" not in answer.text
