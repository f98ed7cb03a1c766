"""Log-in with the province's account, against a real OpenID Connect server on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry

from cloud.access.roles import Role
from cloud.sso.client import SsoClient, SsoError
from cloud.sso.config import SsoConfig
from cloud.sso.office import SsoOffice
from cloud.store.audit_port import AuditFilter
from cloud.store.base import UserRow
from cloud.web.app import create_site
from device_profiles.clock import SystemClock
from simulators.http_server import HttpHost
from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock
from tests.servers import free_port, listens
from tests.waiting import until

CALLBACK = "https://centre.test/login/sso/callback"
PEOPLE = {
    "1": {"preferred_username": "an.nguyen", "groups": ["cong-chuc", "ioc-truc"]},
    "2": {"preferred_username": "binh.le", "groups": ["cong-chuc"]},
    "3": {"preferred_username": "viewer", "groups": ["ioc-truc"]},
    "4": {"preferred_username": "xã/Mù", "groups": ["ioc-truc"]},
}


@contextmanager
def log_in_server(port: int) -> Iterator[str]:
    """It knows four people; its keys are new whenever it starts."""
    users = [part for sub, more in PEOPLE.items() for part in ("--user-claims", json.dumps({"sub": sub, **more}))]
    program = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "-n", "yes"]
    with subprocess.Popen([*program, *users], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: listens(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """One for all of them."""
    with log_in_server(free_port()) as url:
        yield url


def configured(issuer: str, **more: object) -> SsoConfig:
    """Two groups of the province that may work here."""
    groups = [
        {"group": "ioc-quan-tri", "role": "admin"},
        {"group": "ioc-truc", "role": "operator", "areas": ["phuong-yen-bai"], "sectors": ["disaster"]},
    ]
    secret = {"secret_env": "USER_OF_SSO"} if "secret_file" not in more else {}
    return SsoConfig.model_validate({"issuer": issuer, "client_id": "thacba", "groups": groups, **secret, **more})


@pytest.fixture(autouse=True)
def secret_of_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the service's environment has it."""
    monkeypatch.setenv("USER_OF_SSO", "s3cret: of & us")


@pytest.fixture
def office(centre: FakeCentre, issuer: str) -> SsoOffice:
    """The centre's office for that server."""
    clock = SystemClock()
    return SsoOffice(SsoClient(configured(issuer), clock), centre.state, clock.now_ms)


@pytest.fixture
async def browser(centre: FakeCentre, office: SsoOffice) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser before the centre; it keeps cookies."""
    centre.settings = replace(centre.settings, sso=office)
    transport = httpx.ASGITransport(create_site(centre))
    async with httpx.AsyncClient(transport=transport, base_url="https://centre.test") as client:
        yield client


async def return_address(at: str, subject: str, **form: str) -> str:
    """What a person does at the log-in server; gives the address that it sends the browser back to."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(at, data={"sub": subject, **form})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def log_in(browser: httpx.AsyncClient, subject: str, **form: str) -> httpx.Response:
    """The whole way there and back."""
    begun = await browser.get("/login/sso", params={"back": "/alarms"})
    assert begun.status_code == 303, begun.text
    return await browser.get(await return_address(begun.headers["location"], subject, **form))


async def test_a_person_of_a_group_is_in_with_its_role_and_areas(
    browser: httpx.AsyncClient, centre: FakeCentre
) -> None:
    assert "Đăng nhập bằng tài khoản của tỉnh" in (await browser.get("/login")).text
    answer = await log_in(browser, "1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")
    assert (await browser.get("/api/v1/me")).json() == {"user": "an.nguyen", "role": "operator"}
    user = centre.state.user("an.nguyen")
    assert user is not None
    assert (user.role, user.password_hash) == ("operator", "")
    assert (user.areas, user.sectors) == ("phuong-yen-bai", "disaster")
    written = [row.action for row in centre.state.audit_log.newest(AuditFilter(), before=None, limit=2)]
    assert written == ["log_in", "user_add"]
    typed = await browser.post("/api/v1/session", json={"user": "an.nguyen", "password": ""})
    assert typed.status_code in (401, 422), "such an account has no password"


async def test_rights_follow_the_groups_at_the_next_log_in_and_a_disabled_account_stays_out(
    browser: httpx.AsyncClient, centre: FakeCentre
) -> None:
    await log_in(browser, "1")
    before = centre.state.user("an.nguyen")
    assert before is not None
    centre.state.put_user(replace(before, role=Role.ADMIN.value, areas=""))
    await log_in(browser, "1")
    assert centre.state.user("an.nguyen") == before
    centre.state.put_user(replace(before, disabled=True))
    assert (await log_in(browser, "1")).status_code == 403


async def test_who_is_renamed_there_keeps_the_account_here_also_a_disabled_one(
    browser: httpx.AsyncClient, centre: FakeCentre, issuer: str
) -> None:
    row = UserRow("an.cu", "operator", "", 1, subject=f"{issuer} 1")
    centre.state.put_user(row)
    assert (await log_in(browser, "1")).status_code == 303
    assert (await browser.get("/api/v1/me")).json()["user"] == "an.cu"
    centre.state.put_user(replace(row, disabled=True))
    assert (await log_in(browser, "1")).status_code == 403
    assert centre.state.user("an.nguyen") is None


@pytest.mark.parametrize(("subject", "words"), [("2", "không nhóm nào"), ("3", "trùng tên"), ("4", "không dùng được")])
async def test_who_may_not_work_here_is_told_why(
    browser: httpx.AsyncClient, centre: FakeCentre, subject: str, words: str
) -> None:
    answer = await log_in(browser, subject)
    assert answer.status_code == 403
    assert words in answer.text
    assert (await browser.get("/api/v1/me")).status_code == 401
    (written,) = centre.state.audit_log.newest(AuditFilter(), before=None, limit=1)
    assert (written.action, written.actor) == ("log_in_failed", PEOPLE[subject]["preferred_username"])


async def test_a_log_in_belongs_to_one_browser_and_works_once(browser: httpx.AsyncClient, centre: FakeCentre) -> None:
    begun = await browser.get("/login/sso")
    back = await return_address(begun.headers["location"], "1")
    other = httpx.AsyncClient(transport=httpx.ASGITransport(create_site(centre)), base_url="https://centre.test")
    async with other:
        assert (await other.get(back)).status_code == 403, "an address that somebody else was sent"
    assert (await browser.get(back)).status_code == 303
    await browser.delete("/api/v1/session", headers={"origin": "https://centre.test"})
    assert (await browser.get(back)).status_code == 403
    assert (await log_in(browser, "1", action="deny")).status_code == 403


async def test_a_server_that_is_not_there_is_said_and_the_accounts_of_the_centre_still_work(
    browser: httpx.AsyncClient, centre: FakeCentre
) -> None:
    config = configured(f"http://127.0.0.1:{free_port()}")
    clock = SystemClock()
    centre.settings = replace(centre.settings, sso=SsoOffice(SsoClient(config, clock), centre.state, clock.now_ms))
    answer = await browser.get("/login/sso")
    assert answer.status_code == 403
    assert "không trả lời" in answer.text


async def code_of(client: SsoClient, **changed: str) -> tuple[str, str, str]:
    """A code for person 1, with the nonce and verifier of its log-in."""
    begun = client.begin("/")
    address = await client.address(begun, CALLBACK)
    sent_back = await return_address(address, "1")
    return parse_qs(urlsplit(sent_back).query)["code"][0], begun.nonce, begun.verifier


async def test_new_keys_of_the_server_are_fetched_when_they_are_needed() -> None:
    port = free_port()
    client = SsoClient(configured(f"http://127.0.0.1:{port}"), SystemClock())
    for _ in range(2):
        with log_in_server(port):
            code, nonce, verifier = await code_of(client)
            begun = replace(client.begin("/"), nonce=nonce, verifier=verifier)
            assert (await client.person(begun, code, CALLBACK)).groups == ("cong-chuc", "ioc-truc")


async def test_a_token_for_another_log_in_is_not_believed(issuer: str) -> None:
    client = SsoClient(configured(issuer), SystemClock())
    code, _, verifier = await code_of(client)
    with pytest.raises(SsoError, match="another log-in"):
        await client.person(replace(client.begin("/"), verifier=verifier), code, CALLBACK)


async def test_the_challenge_is_that_of_rfc_7636(issuer: str) -> None:
    client = SsoClient(configured(issuer), SystemClock())
    begun = replace(client.begin("/"), verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")  # its appendix B
    asked = parse_qs(urlsplit(await client.address(begun, CALLBACK)).query)
    assert asked["code_challenge"] == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]
    assert asked["code_challenge_method"] == ["S256"]


OURS, STRANGE = (RSAKey.generate_key(2048, {"kid": "1"}) for _ in range(2))
SHARED = OctKey.generate_key(256, {"kid": "1"})


@pytest.mark.parametrize(
    ("key", "algorithm", "claims"),
    [
        (OURS, "RS256", {}),
        (STRANGE, "RS256", {}),
        (SHARED, "HS256", {}),
        (OURS, "RS256", {"aud": "another"}),
        (OURS, "RS256", {"aud": ["thacba", "another"]}),
        (OURS, "RS256", {"iss": "https://another.example"}),
        (OURS, "RS256", {"exp": 1}),
        (OURS, "RS256", {"exp": None}),
        (OURS, "RS256", {"sub": ""}),
    ],
)
async def test_a_token_that_nobody_should_believe(
    key: RSAKey | OctKey, algorithm: str, claims: dict[str, object]
) -> None:
    api, tokens = FastAPI(), {"id_token": ""}
    api.get("/jwks")(lambda: {"keys": [OURS.as_dict(private=False)]})
    api.post("/token")(lambda: tokens)
    async with HttpHost(api) as host:
        says = {name: f"{host.url}/{name}" for name in ("authorize", "token", "jwks")}
        api.get("/.well-known/openid-configuration")(
            lambda: {
                "issuer": host.url,
                "authorization_endpoint": says["authorize"],
                "token_endpoint": says["token"],
                "jwks_uri": says["jwks"],
            }
        )
        now = SystemClock().now_ms() // 1000
        client = SsoClient(configured(host.url), SystemClock())
        begun = client.begin("/")
        said = {"iss": host.url, "aud": "thacba", "sub": "1", "iat": now, "exp": now + 60, "nonce": begun.nonce}
        told = {name: each for name, each in {**said, **PEOPLE["1"], **claims}.items() if each is not None}
        registry = JWSRegistry(algorithms=["RS256", "HS256"])
        tokens["id_token"] = jwt.encode({"alg": algorithm, "kid": "1"}, told, key, registry=registry)
        if key is OURS and not claims:
            assert (await client.person(begun, "code", CALLBACK)).name == "an.nguyen"
        else:
            with pytest.raises(SsoError, match="ID token"):
                await client.person(begun, "code", CALLBACK)


async def test_a_token_that_is_over_is_not_believed_and_a_small_difference_of_clocks_is(issuer: str) -> None:
    for hours, holds in ((0.0, True), (-0.01, True), (3.0, False), (-3.0, False)):
        clock = ManualClock(SystemClock().now_ms() + round(hours * 3_600_000))
        client = SsoClient(configured(issuer), clock)
        code, nonce, verifier = await code_of(client)
        begun = replace(client.begin("/"), nonce=nonce, verifier=verifier)
        if holds:
            assert (await client.person(begun, code, CALLBACK)).name == "an.nguyen"
        else:
            with pytest.raises(SsoError, match="cannot be believed"):
                await client.person(begun, code, CALLBACK)


def test_what_the_file_says_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="https"):
        configured("http://sso.laocai.example")
    assert configured("https://sso.laocai.example").rights_of(["x", "ioc-truc", "ioc-quan-tri"]).role is Role.ADMIN
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    secret = configured("https://sso.example", secret_file=tmp_path / "secret").secret()
    assert secret is not None
    assert secret.get_secret_value() == "s3cret"
