"""Passwords, secrets, sessions, attempts, origins and the policy table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.access.attempts import MOST_KEYS, PER_ADDRESS, PER_NAME, WINDOW_MS, Attempts
from cloud.access.origin import is_cross_site
from cloud.access.passwords import fault_of, hash_password, verify_password
from cloud.access.policy import POLICY, Open, allows, rule_for
from cloud.access.roles import Role
from cloud.access.scope import scope_of
from cloud.access.secrets import PREFIX, digest_of, new_secret
from cloud.access.sessions import (
    ABSOLUTE_MS,
    IDLE_MS,
    Identity,
    begin_session,
    begin_token,
    identity_of,
    prolonged,
)
from cloud.store.base import UserRow

USER = UserRow("lan", "operator", "hash", 0)
NOW = 1_725_926_400_000


def test_passwords_are_kept_as_argon2id() -> None:
    kept = hash_password("nước lên rất nhanh")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert verify_password(kept, "nước lên rất nhanh")
    assert not verify_password(kept, "nước lên rất chậm")
    assert not verify_password("", "no such user, and no such password")
    assert not verify_password("not a hash", "anything")


@pytest.mark.parametrize(
    ("password", "fine"), [("short", False), ("a" * 40, False), ("x" * 2000, False), ("sông Thao 35,73 m", True)]
)
def test_poor_passwords_are_refused_with_a_sentence(password: str, fine: bool) -> None:
    fault = fault_of(password)
    assert (fault is None) is fine
    assert fault is None or fault.endswith(".")


def test_secrets_are_random_and_only_their_digest_is_kept() -> None:
    secret, digest = new_secret()
    assert secret.startswith(PREFIX)
    assert len(secret) >= 50
    assert digest == digest_of(secret)
    assert len(digest) == 64
    assert new_secret()[0] != secret


def test_each_role_may_do_what_the_one_before_may() -> None:
    roles = list(Role)
    for rank, role in enumerate(roles):
        assert [role.includes(other) for other in roles] == [other_rank <= rank for other_rank in range(len(roles))]


def test_what_is_not_in_the_policy_is_refused_to_everybody() -> None:
    assert rule_for("DELETE", "/api/v1/everything") is None
    assert not any(allows(None, role) for role in (None, *Role))
    assert allows(Open.EVERYONE, None)
    assert not allows(Role.VIEWER, None)


LOG_IN = ("POST", "/api/v1/session")
OF_GATEWAYS = {  # who have no session: a claim, or the signature of their key, says who they are
    ("POST", "/api/v1/enrolment/join"),
    ("POST", "/.well-known/est/simpleenroll"),
    ("POST", "/.well-known/est/simplereenroll"),
    ("POST", "/api/v1/commissioning"),
    ("PUT", "/api/v1/commissioning/{record}/files/{sha256}"),
}

OF_CITIZENS = {  # closed unless the configuration opens them; nothing of anybody else is shown or changed
    ("POST", "/api/v1/public/reports"),
    ("PUT", "/api/v1/public/reports/{reference}/photo"),
    ("POST", "/api/v1/public/answers"),
}


def test_nothing_that_changes_anything_is_open_but_log_in_and_the_doors_of_gateways_and_citizens() -> None:
    opened = {key for key, rule in POLICY.items() if rule is Open.EVERYONE and key[0] != "GET"}
    assert opened == {LOG_IN} | OF_GATEWAYS | OF_CITIZENS


def test_a_session_stands_for_the_user_as_he_is_now() -> None:
    secret, row = begin_session(USER, now=NOW)
    assert row.digest == digest_of(secret)
    assert identity_of(row, USER, now=NOW) == Identity("lan", Role.OPERATOR, "session", row.digest)
    promoted = identity_of(row, replace(USER, role="admin"), now=NOW)
    assert promoted
    assert promoted.role is Role.ADMIN
    assert identity_of(row, replace(USER, disabled=True), now=NOW) is None
    assert identity_of(row, None, now=NOW) is None
    assert identity_of(row, USER, now=NOW + IDLE_MS) is None
    assert identity_of(None, USER, now=NOW) is None
    assert identity_of(replace(row, kind="other"), USER, now=NOW) is None


def test_a_token_needs_no_user_and_keeps_its_role() -> None:
    _, row = begin_token("grafana", Role.VIEWER, now=NOW, days=1)
    identity = identity_of(row, None, now=NOW + 86_399_999)
    assert identity
    assert (identity.role, identity.kind) == (Role.VIEWER, "token")
    assert identity.scope.is_whole
    bound = identity_of(replace(row, areas="132 141"), None, now=NOW)
    assert bound
    assert bound.scope == scope_of("132 141")
    of_health = identity_of(replace(row, sectors="health"), None, now=NOW)
    assert of_health
    assert not of_health.scope.is_whole
    assert identity_of(row, None, now=NOW + 86_400_000) is None
    assert identity_of(row, replace(USER, disabled=True), now=NOW) is None
    assert prolonged(row, now=NOW + 1000) is None


def test_a_session_is_prolonged_by_use_but_not_beyond_a_shift() -> None:
    _, row = begin_session(USER, now=NOW)
    assert prolonged(row, now=NOW + 1_000) is None
    later = prolonged(row, now=NOW + 600_000)
    assert later
    assert later.expires_at == NOW + 600_000 + IDLE_MS
    end = NOW + ABSOLUTE_MS
    last = prolonged(replace(row, expires_at=end - 120_000), now=end - 130_000)
    assert last
    assert last.expires_at == end
    assert prolonged(last, now=end - 1_000) is None


def test_guessing_one_name_stops_after_a_few_failures() -> None:
    attempts = Attempts()
    for second in range(PER_NAME):
        assert attempts.wait_ms("lan", "1.2.3.4", now=NOW + second) == 0
        attempts.failed("lan", "1.2.3.4", now=NOW + second)
    assert attempts.wait_ms("lan", "1.2.3.4", now=NOW + 10) == WINDOW_MS - 10
    assert attempts.wait_ms("lan", "5.6.7.8", now=NOW + 10) == 0
    assert attempts.wait_ms("mai", "1.2.3.4", now=NOW + 10) == 0
    assert attempts.wait_ms("lan", "1.2.3.4", now=NOW + WINDOW_MS) == 0


def test_guessing_many_names_stops_too_and_success_forgets_only_the_name() -> None:
    attempts = Attempts()
    for each in range(PER_ADDRESS):
        attempts.failed(f"user{each}", "1.2.3.4", now=NOW)
    assert attempts.wait_ms("new", "1.2.3.4", now=NOW) == WINDOW_MS
    attempts.succeeded("user1", "1.2.3.4")
    assert attempts.wait_ms("user1", "1.2.3.4", now=NOW) == WINDOW_MS


def test_an_attacker_cannot_fill_the_memory() -> None:
    attempts = Attempts()
    for each in range(MOST_KEYS + 100):
        attempts.failed("x", f"address-{each}", now=NOW)
    assert len(attempts._failures) <= MOST_KEYS


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("GET", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "same-origin"}, False),
        ("POST", {"sec-fetch-site": "none"}, False),
        ("POST", {"sec-fetch-site": "same-site"}, True),
        ("DELETE", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"origin": "https://ioc.test", "host": "ioc.test"}, False),
        ("POST", {"origin": "https://ioc.test:8443", "host": "ioc.test"}, True),
        ("POST", {"origin": "null", "host": "ioc.test"}, True),
        ("POST", {"host": "ioc.test"}, False),
    ],
)
def test_changes_from_other_sites_are_recognised(method: str, headers: dict[str, str], foreign: bool) -> None:
    assert is_cross_site(method, headers) is foreign
