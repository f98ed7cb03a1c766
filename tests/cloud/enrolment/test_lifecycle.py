"""Whatever order things happen in, a claim gives at most one box an identity, and only in its time."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cloud.enrolment.lifecycle import Bearer, Worth, contacted, ends_at, used, worth_of
from cloud.store.enrolment_port import ClaimRow

CONTACT_MS = 900_000
KEYS = st.sampled_from(["k1", "k2", "k3"])
SERIALS = st.sampled_from(["SN-1", "sn1", "SN-2", ""])
VISITS = st.lists(st.tuples(st.integers(0, 1_000_000), KEYS, SERIALS), max_size=12)


def _claim(expected: str, expires_at: int) -> ClaimRow:
    return ClaimRow("d", "gw-1", "site", "new", expected, 0, "lan", expires_at)


@given(VISITS, st.sampled_from(["", "SN-1"]), st.integers(1, 3_000_000))
@example([(0, "k1", "SN-1"), (0, "k2", "SN-1")], "", 1)
def test_a_claim_is_used_once_by_one_key_in_its_time(
    visits: list[tuple[int, str, str]], expected: str, expires_at: int
) -> None:
    claim, now, winners = _claim(expected, expires_at), 0, set()
    for wait, key, serial in visits:
        now += wait
        bearer = Bearer(key, serial, now)
        worth = worth_of(claim, bearer, contact_ms=CONTACT_MS)
        if worth is Worth.OPEN:
            assert not claim.used_at
            assert now < ends_at(claim, contact_ms=CONTACT_MS) <= expires_at
            assert not expected or serial in ("SN-1", "sn1")
            claim = used(claim, bearer, "certificate")
        elif worth is Worth.WRONG_SERIAL:
            claim = contacted(claim, at=now)
        elif worth is Worth.REPEAT:
            assert key == claim.public_key
            assert now - claim.used_at < CONTACT_MS
        if worth in (Worth.OPEN, Worth.REPEAT):
            winners.add(key)
    assert len(winners) <= 1


@given(VISITS)
def test_a_used_claim_is_replayed_by_every_other_key_for_ever(visits: list[tuple[int, str, str]]) -> None:
    claim = used(_claim("", 10**9), Bearer("k1", "SN-1", 5), "certificate")
    now = 5
    for wait, key, serial in visits:
        now += wait
        worth = worth_of(claim, Bearer(key, serial, now), contact_ms=CONTACT_MS)
        assert (worth is Worth.REPLAYED) == (key != "k1")


def test_fifteen_minutes_after_the_first_contact_a_claim_ends_however_long_it_was_good() -> None:
    claim = contacted(_claim("SN-1", 10**9), at=1_000)
    bearer = Bearer("k1", "SN-1", 1_000 + CONTACT_MS - 1)
    assert worth_of(claim, bearer, contact_ms=CONTACT_MS) is Worth.OPEN
    late = Bearer("k1", "SN-1", 1_000 + CONTACT_MS)
    assert worth_of(claim, late, contact_ms=CONTACT_MS) is Worth.EXPIRED
    assert contacted(claim, at=9_999) == claim
