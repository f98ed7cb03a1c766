"""Log-out of whoever came with the province's account: here first and always, then at the log-in server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey

from cloud.access.secrets import digest_of
from cloud.sso.client import SsoClient
from cloud.sso.office import SsoOffice
from cloud.store.audit_port import AuditFilter
from device_profiles.clock import SystemClock
from simulators.http_server import HttpHost
from tests.cloud.api.fake_centre import PASSWORD, FakeCentre
from tests.cloud.sso.test_sso import PEOPLE, browser, configured, issuer, log_in, office, secret_of_the_client
from tests.servers import free_port

__all__ = ["browser", "issuer", "office", "secret_of_the_client"]
KEY = RSAKey.generate_key(2048, {"kid": "1"})


async def log_out(browser: httpx.AsyncClient) -> httpx.Response:
    return await browser.delete("/api/v1/session", headers={"origin": "https://centre.test"})


def asked_at(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def test_both_sessions_end_and_the_person_reads_it(
    browser: httpx.AsyncClient, centre: FakeCentre, issuer: str
) -> None:
    """The log-in server asks whether its session shall end, and sends the browser back."""
    await log_in(browser, "1")
    secret = browser.cookies["__Host-thacba_session"]
    answer = await log_out(browser)
    assert answer.status_code == 200
    assert centre.state.secret(digest_of(secret)) is None, "ended, and not only forgotten by the browser"
    address = answer.json()["leave"]
    assert address.startswith(f"{issuer}/oauth2/end_session?")
    asked = asked_at(address)
    assert set(asked) == {"id_token_hint", "post_logout_redirect_uri", "state"}
    assert asked["post_logout_redirect_uri"] == "https://centre.test/login/sso/left"
    assert asked["id_token_hint"].count(".") == 2
    async with httpx.AsyncClient() as person:
        form = (await person.get(address)).text
        back = re.search(r'name="redirect_uri" value="([^"]+)"', form)
        assert back is not None
        where = back.group(1).replace("&amp;", "&")
        sent = await person.post(f"{issuer}/oauth2/end_session/confirm", data={"redirect_uri": where})
    told = await browser.get(sent.headers["location"])
    assert "Bạn đã đăng xuất" in told.text
    assert "Bạn đã đăng xuất" not in (await browser.get(sent.headers["location"])).text, "said once"
    assert "Bạn đã đăng xuất" not in (await browser.get("/login/sso/left?state=")).text


async def test_the_centre_that_was_restarted_says_who_it_is_instead(
    browser: httpx.AsyncClient, centre: FakeCentre, issuer: str
) -> None:
    await log_in(browser, "1")
    clock = SystemClock()
    anew = SsoOffice(SsoClient(configured(issuer), clock), centre.state, clock.now_ms)
    centre.settings = replace(centre.settings, sso=anew, public_url="https://ioc.example/")
    asked = asked_at((await log_out(browser)).json()["leave"])
    assert asked["client_id"] == "thacba"
    assert "id_token_hint" not in asked
    assert asked["post_logout_redirect_uri"] == "https://ioc.example/login/sso/left"


async def test_another_persons_token_is_not_shown(browser: httpx.AsyncClient, centre: FakeCentre) -> None:
    await log_in(browser, "1")
    user = centre.state.user("an.nguyen")
    assert user is not None
    centre.state.put_user(replace(user, subject=user.subject + "7"))
    assert "id_token_hint" not in asked_at((await log_out(browser)).json()["leave"])


async def test_whoever_has_a_password_here_and_a_program_stay_here(
    browser: httpx.AsyncClient, clients: dict[str, httpx.AsyncClient]
) -> None:
    await browser.post("/api/v1/session", json={"user": "operator", "password": PASSWORD})
    answer = await log_out(browser)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await clients["operator"].delete("/api/v1/session")).status_code == 204


async def test_a_server_that_is_silent_keeps_nobody_logged_in(browser: httpx.AsyncClient, centre: FakeCentre) -> None:
    await log_in(browser, "1")
    clock = SystemClock()
    gone = configured(f"http://127.0.0.1:{free_port()}")
    user = centre.state.user("an.nguyen")
    assert user is not None
    centre.state.put_user(replace(user, subject=f"{gone.issuer} 1"))
    centre.settings = replace(centre.settings, sso=SsoOffice(SsoClient(gone, clock), centre.state, clock.now_ms))
    assert (await log_out(browser)).status_code == 204
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert centre.state.audit_log.newest(AuditFilter(), before=None, limit=1)[0].action == "log_out"


@asynccontextmanager
async def server_that_offers(end: object, *, groups: list[str]) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A log-in server that knows one person and sends everybody back at once; `end` is its place to leave. Gives its
    address, and what the next token says besides.
    """
    api, nonces = FastAPI(), dict[str, str]()
    async with HttpHost(api) as host:
        at = {each: f"{host.url}/{each}" for each in ("authorize", "token", "jwks")}
        said = {"issuer": host.url, "authorization_endpoint": at["authorize"], "token_endpoint": at["token"],
                "jwks_uri": at["jwks"], "end_session_endpoint": end}  # fmt: skip
        api.get("/.well-known/openid-configuration")(lambda: said)
        api.get("/jwks")(lambda: {"keys": [KEY.as_dict(private=False)]})

        @api.post("/token")
        def token() -> dict[str, str]:
            now = SystemClock().now_ms() // 1000
            claims = {"iss": host.url, "aud": "thacba", "sub": "1", "iat": now, "exp": now + 60, **PEOPLE["1"],
                      "groups": groups, **nonces}  # fmt: skip
            return {"id_token": jwt.encode({"alg": "RS256", "kid": "1"}, claims, KEY)}

        yield host.url, nonces


async def leave_of(browser: httpx.AsyncClient, centre: FakeCentre, end: object, *groups: str) -> httpx.Response:
    """Logs in at such a server and out again."""
    clock = SystemClock()
    async with server_that_offers(end, groups=["ioc-truc", *groups]) as (url, nonces):
        office = SsoOffice(SsoClient(configured(url), clock), centre.state, clock.now_ms)
        centre.settings = replace(centre.settings, sso=office)
        begun = asked_at((await browser.get("/login/sso")).headers["location"])
        nonces["nonce"] = begun["nonce"]
        entered = await browser.get(f"/login/sso/callback?code=c&state={begun['state']}")
        assert entered.status_code == 303, entered.text
        return await log_out(browser)


@pytest.mark.parametrize(
    "end", [None, "", 7, "javascript:alert(1)", "http://sso.example/end", "//sso.example/end", "https://[", "ftp://a/b"]
)
async def test_where_no_browser_should_be_sent_none_is_sent(
    browser: httpx.AsyncClient, centre: FakeCentre, end: object
) -> None:
    assert (await leave_of(browser, centre, end)).status_code == 204
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_place_with_a_query_of_its_own_keeps_it(browser: httpx.AsyncClient, centre: FakeCentre) -> None:
    answer = await leave_of(browser, centre, "https://sso.example/end?tenant=tinh")
    assert answer.json()["leave"].startswith("https://sso.example/end?tenant=tinh&id_token_hint=")


async def test_a_token_too_long_for_a_cookie_is_not_kept(browser: httpx.AsyncClient, centre: FakeCentre) -> None:
    many = [f"don-vi-{number:04}" for number in range(400)]
    answer = await leave_of(browser, centre, "https://sso.example/end", *many)
    assert asked_at(answer.json()["leave"])["client_id"] == "thacba"
