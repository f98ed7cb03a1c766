"""A signed request is believed once, from a certificate in force, at its time; everything else leaves a trace."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cloud.enrolment.registry import NewGateway
from cloud.enrolment.verifying import RequestRefusedError
from device_profiles.wire.requests import Asked
from tests.cloud.enrolment.bench import PHONE, Bench
from tests.cloud.enrolment.requests import new_key, request_for

ASKED = Asked("POST", "/api/v1/commissioning", b"{}")
DAY = 86_400.0


async def _member(bench: Bench) -> ec.EllipticCurvePrivateKey:
    key = new_key()
    ticket = await bench.registry.add(NewGateway("mcc", "gw-1"), actor="lan")
    await bench.join(ticket.code, key)
    return key


async def _refused(bench: Bench, headers: dict[str, str], asked: Asked = ASKED, *, allow_expired: bool = False) -> str:
    with pytest.raises(RequestRefusedError) as refused:
        await bench.all.verifier.check(headers, asked, source=PHONE, allow_expired=allow_expired)
    return refused.value.reason


async def test_a_member_is_believed_once_also_over_a_restart(bench: Bench) -> None:
    key = await _member(bench)
    headers = bench.signed(key, "gw-1", ASKED)
    assert await bench.all.verifier.check(headers, ASKED) == "gw-1"
    await bench.restart()
    assert await _refused(bench, headers) == "replayed"
    assert bench.kinds() == ["request_replayed"]
    assert await bench.all.verifier.check(bench.signed(key, "gw-1", ASKED, nonce="another-nonce-word"), ASKED) == "gw-1"


async def test_a_forged_request_is_refused_and_people_are_told(bench: Bench) -> None:
    key = await _member(bench)
    headers = bench.signed(key, "gw-1", ASKED)
    assert await _refused(bench, headers, replace(ASKED, body=b"{1}")) == "forged"
    assert await _refused(bench, bench.signed(new_key(), "gw-1", ASKED)) == "forged"
    assert [each.part for each in bench.all.events.troubles()] == ["request_forged:gw-1"]
    assert await _refused(bench, bench.signed(key, "gw-2", ASKED)) == "certificate_unknown"
    assert await _refused(bench, {}) == "unsigned"


async def test_a_gateway_with_a_wrong_clock_is_told_so_and_spends_no_nonce(bench: Bench) -> None:
    key = await _member(bench)
    assert await _refused(bench, bench.signed(key, "gw-1", ASKED, at=0)) == "stale"
    assert await bench.all.verifier.check(bench.signed(key, "gw-1", ASKED), ASKED) == "gw-1"
    assert bench.kinds() == []


async def test_a_revoked_gateway_is_refused_by_name(bench: Bench) -> None:
    key = await _member(bench)
    await bench.registry.revoke("gw-1", actor="lan", reason="mất trộm")
    assert await _refused(bench, bench.signed(key, "gw-1", ASKED)) == "certificate_revoked"
    assert bench.kinds() == ["certificate_revoked_used"]


async def test_a_replaced_box_is_refused_and_the_new_one_believed(bench: Bench) -> None:
    old, new = await _member(bench), new_key()
    ticket = await bench.registry.replace("gw-1", actor="lan")
    await bench.join(ticket.code, new)
    assert await _refused(bench, bench.signed(old, "gw-1", ASKED)) == "certificate_revoked"
    assert await bench.all.verifier.check(bench.signed(new, "gw-1", ASKED), ASKED) == "gw-1"


async def test_an_expired_certificate_only_asks_for_its_successor_and_not_for_ever(bench: Bench) -> None:
    key = await _member(bench)
    await bench.clock.advance(90 * DAY)
    assert await _refused(bench, bench.signed(key, "gw-1", ASKED)) == "certificate_expired"
    headers = bench.signed(key, "gw-1", ASKED, nonce="nonce-nonce-nonce-2")
    assert await bench.all.verifier.check(headers, ASKED, allow_expired=True) == "gw-1"
    await bench.joining.renew("gw-1", request_for(key))
    headers = bench.signed(key, "gw-1", ASKED, nonce="nonce-nonce-nonce-3")
    assert await bench.all.verifier.check(headers, ASKED) == "gw-1"
    await bench.clock.advance((90 + 400) * DAY)
    headers = bench.signed(key, "gw-1", ASKED)
    assert await _refused(bench, headers, allow_expired=True) == "certificate_expired"
