"""The contract of the store of enrolment over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.errors import StateConflictError
from cloud.store.enrolment_port import (
    CertificateRow,
    ClaimRow,
    Enrolled,
    EnrolmentStore,
    GatewayRow,
    SecurityEventRow,
)
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

GATEWAY = GatewayRow("gw-1", "site-1", "Cổng 1", "Gateway 1", "expected", "kiosk_queue", "", 10, "lan", 10)
CLAIM = ClaimRow("d1", "gw-1", "site-1", "new", "", 10, "lan", 1000)
CERTIFICATE = CertificateRow("a1", "gw-1", "k1", "PEM", 20, 5000)
USED = replace(CLAIM, first_contact_at=20, used_at=20, public_key="k1", serial="a1")


@pytest.fixture
def store(url: str) -> Iterator[EnrolmentStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state.enrolment
    state.close()


def test_a_gateway_is_added_with_its_claim_or_not_at_all(store: EnrolmentStore) -> None:
    store.add_gateway(GATEWAY, CLAIM)
    with pytest.raises(StateConflictError):
        store.add_gateway(replace(GATEWAY, site="site-2"), replace(CLAIM, digest="d2"))
    assert store.gateways() == [GATEWAY]
    assert store.claims("gw-1") == [CLAIM]
    assert store.claim("d2") is None
    assert store.gateway("gw-2") is None


def test_a_join_is_kept_whole_and_a_claim_is_used_once(store: EnrolmentStore) -> None:
    store.add_gateway(GATEWAY, CLAIM)
    active = replace(GATEWAY, state="active", changed_at=20)
    store.change(Enrolled([active], certificates=[CERTIFICATE], use=USED))
    assert (store.gateway("gw-1"), store.claim("d1")) == (active, USED)
    again = replace(USED, public_key="k2", serial="a2")
    with pytest.raises(StateConflictError, match="used"):
        store.change(Enrolled([GATEWAY], certificates=[replace(CERTIFICATE, serial="a2")], use=again))
    assert store.gateway("gw-1") == active
    assert store.certificate("a2") is None
    assert store.open_claims(now=30) == []


def test_open_claims_are_those_that_may_still_be_used(store: EnrolmentStore) -> None:
    store.add_gateway(GATEWAY, CLAIM)
    store.change(Enrolled(claims=[replace(CLAIM, digest="d2", withdrawn_at=5), replace(CLAIM, digest="d3")]))
    assert [each.digest for each in store.open_claims(now=30)] == ["d1", "d3"]
    assert store.open_claims(now=1000) == []


def test_a_revocation_is_owed_to_the_broker_until_it_was_told(store: EnrolmentStore) -> None:
    other = replace(CERTIFICATE, serial="b1", gateway="gw-2")
    store.change(Enrolled(certificates=[CERTIFICATE, other]))
    new = replace(CERTIFICATE, serial="a2", issued_at=30)
    store.change(Enrolled(certificates=[new], revoke=("gw-1", 30, "replaced")))
    gone = replace(CERTIFICATE, revoked_at=30, reason="replaced")
    assert store.owed() == store.revoked(now=40) == [gone]
    assert store.certificates("gw-1") == [new, gone]
    store.told(["a1"], now=50)
    assert store.owed() == []
    assert store.revoked(now=40) == [replace(gone, told_at=50)]
    assert store.revoked(now=5000) == []
    assert store.certificate_ends() == {"gw-1": 5000, "gw-2": 5000}
    store.change(Enrolled(revoke=("gw-1", 60, "retired")))
    assert store.certificate_ends() == {"gw-2": 5000}


def test_a_nonce_is_spent_once(store: EnrolmentStore) -> None:
    assert store.spend_nonce("gw-1", "n1", at=10)
    assert store.spend_nonce("gw-2", "n1", at=10)
    assert not store.spend_nonce("gw-1", "n1", at=11)
    store.forget_nonces(before=11)
    assert store.spend_nonce("gw-1", "n1", at=12)


def test_security_events_are_paged_newest_first_and_count_repetitions(store: EnrolmentStore) -> None:
    event = SecurityEventRow(0, 10, 10, "csr_wrong", "gw-1", "10.0.0.7", "", is_grave=False)
    first = store.add_event(event)
    second = store.add_event(replace(event, kind="claim_replayed", is_grave=True, gateway="gw-2"))
    store.repeat_event(first, 4, at=30)
    rows = store.events(before=None, limit=9)
    assert [each.number for each in rows] == [second, first]
    assert rows[1] == replace(event, number=first, last_at=30, times=5)
    assert [each.number for each in store.events(before=second, limit=9)] == [first]
    assert [each.number for each in store.events(before=None, limit=9, kind="claim_replayed")] == [second]
    assert [each.number for each in store.events(before=None, limit=9, gateway="gw-1")] == [first]
    assert [each.number for each in store.grave_events(since=10)] == [second]
    assert store.grave_events(since=11) == []
