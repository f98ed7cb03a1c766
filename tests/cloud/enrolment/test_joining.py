"""From a claim to an identity: once, at its site, in its time, and with nothing lost between two steps."""

from __future__ import annotations

import pytest
from cryptography import x509

from cloud.enrolment.joining import JoinRefusedError
from cloud.enrolment.registry import NewGateway, Ticket
from cloud.errors import StoreUnavailableError
from device_profiles.wire.claims import JoinRequest, code_of, parse_claim
from tests.cloud.enrolment.bench import CENTRE, PHONE, Bench
from tests.cloud.enrolment.requests import new_key, request_for

MINUTE = 60.0
DAY = 24 * 60 * MINUTE


async def _added(bench: Bench, **more: object) -> Ticket:
    return await bench.registry.add(NewGateway("mcc", **more), actor="lan")  # type: ignore[arg-type]


async def test_a_claim_becomes_an_identity_at_its_site(bench: Bench) -> None:
    ticket = await _added(bench, profiles=("kiosk_queue",))
    assert "gw-mcc-01" in bench.live
    key = new_key()
    answer = await bench.join(ticket.code, key)
    leaf = x509.load_pem_x509_certificate(answer.certificate.encode())
    assert leaf.public_key() == key.public_key()
    assert leaf.subject.rfc4514_string() == "CN=gw-mcc-01"
    welcome = answer.welcome
    assert (welcome.gateway, welcome.site, welcome.centre_url) == ("gw-mcc-01", "mcc", CENTRE)
    assert (welcome.site_name_vi, welcome.profiles, welcome.broker_authorities) == (
        "Trạm mcc",
        ["kiosk_queue"],
        answer.authorities,
    )
    row = bench.registry.row("gw-mcc-01")
    assert row is not None
    assert (row.state, row.expected_serial) == ("active", "SN-1")
    assert bench.door.let_in == ["gw-mcc-01"]
    assert bench.audit() == [("lan", "gateway_add", "gw-mcc-01"), ("gateway gw-mcc-01", "gateway_join", "gw-mcc-01")]
    assert bench.kinds() == []


async def test_the_code_is_nowhere_in_the_database(bench: Bench) -> None:
    ticket = await _added(bench)
    await bench.join(ticket.code)
    bench.state.close()
    kept = b"".join(path.read_bytes() for path in bench.folder.glob("state.sqlite3*"))
    assert ticket.gateway.encode() in kept
    assert ticket.code.encode() not in kept
    assert ticket.code.replace("-", "").encode() not in kept


async def test_a_lost_answer_is_given_again_to_the_same_box_for_a_quarter_of_an_hour(bench: Bench) -> None:
    ticket, key = await _added(bench), new_key()
    first = await bench.join(ticket.code, key)
    await bench.restart()
    await bench.clock.advance(14 * MINUTE)
    assert (await bench.join(ticket.code, key)).certificate == first.certificate
    await bench.clock.advance(1 * MINUTE)
    with pytest.raises(JoinRefusedError, match="by this box") as refused:
        await bench.join(ticket.code, key)
    assert refused.value.reason == "claim_used"
    assert bench.kinds() == ["claim_expired_used"]
    assert len(bench.state.enrolment.certificates(ticket.gateway)) == 1


async def test_the_second_box_is_refused_and_people_are_told(bench: Bench) -> None:
    ticket = await _added(bench)
    await bench.join(ticket.code)
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code, serial="SN-2")
    assert refused.value.reason == "claim_used"
    assert bench.kinds() == ["claim_replayed"]
    (trouble,) = bench.all.events.troubles()
    assert (trouble.kind, trouble.part) == ("security", f"claim_replayed:{ticket.gateway}")
    assert len(bench.state.enrolment.certificates(ticket.gateway)) == 1


async def test_an_expired_claim_is_refused(bench: Bench) -> None:
    ticket = await _added(bench, valid_days=2)
    await bench.clock.advance(2 * DAY)
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code)
    assert refused.value.reason == "claim_expired"
    assert bench.kinds() == ["claim_expired_used"]


async def test_a_box_with_another_serial_is_refused_and_the_right_one_has_a_quarter_of_an_hour(bench: Bench) -> None:
    ticket = await _added(bench, serial="SN-7")
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code, serial="SN-8")
    assert refused.value.reason == "serial_not_expected"
    assert bench.kinds() == ["claim_wrong_serial"]
    await bench.clock.advance(10 * MINUTE)
    assert (await bench.join(ticket.code, serial="sn7")).gateway == ticket.gateway


async def test_after_the_first_contact_a_claim_does_not_live_for_days(bench: Bench) -> None:
    ticket = await _added(bench, serial="SN-7")
    with pytest.raises(JoinRefusedError):
        await bench.join(ticket.code, serial="SN-8")
    await bench.clock.advance(15 * MINUTE)
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code, serial="SN-7")
    assert refused.value.reason == "claim_expired"


async def test_a_newer_label_ends_the_older_one(bench: Bench) -> None:
    old = await _added(bench)
    new = await bench.registry.label(old.gateway, actor="lan")
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(old.code)
    assert refused.value.reason == "claim_expired"
    assert (await bench.join(new.code)).gateway == old.gateway


async def test_a_wrong_request_uses_nothing_up(bench: Bench) -> None:
    ticket = await _added(bench)
    with pytest.raises(JoinRefusedError) as refused:
        await bench.joining.join(JoinRequest(code=ticket.code, csr="rubbish"), source=PHONE)
    assert refused.value.reason == "csr_wrong"
    assert bench.kinds() == ["csr_wrong"]
    assert (await bench.join(ticket.code)).gateway == ticket.gateway


@pytest.mark.parametrize("code", [code_of(1), "K7QPM-2XV9E", "", "x" * 500])
async def test_an_unknown_code_is_refused_without_a_trace_of_any_gateway(bench: Bench, code: str) -> None:
    await _added(bench)
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(code)
    assert refused.value.reason == "claim_unknown"
    assert bench.kinds() == []


async def test_a_stolen_box_never_joins(tmp_path_factory: pytest.TempPathFactory) -> None:
    bench = Bench(tmp_path_factory.mktemp("barred"), barred_serials=["SN-1"])
    await bench.all.open()
    ticket = await _added(bench)
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code, serial="sn 1")
    assert refused.value.reason == "serial_not_expected"
    bench.state.close()


async def test_a_claim_is_for_the_site_where_its_gateway_is_now(bench: Bench) -> None:
    ticket = await _added(bench)
    await bench.registry.move(ticket.gateway, "yen-bai", actor="lan")
    answer = await bench.join(ticket.code)
    assert answer.welcome.site == "yen-bai"


async def test_a_cut_before_the_commit_leaves_the_claim_as_it_was(bench: Bench) -> None:
    ticket, key = await _added(bench), new_key()
    with bench.database_busy(), pytest.raises(StoreUnavailableError):
        await bench.join(ticket.code, key)
    await bench.restart()
    row = bench.registry.row(ticket.gateway)
    assert row is not None
    assert row.state == "expected"
    assert (await bench.join(ticket.code, key)).gateway == ticket.gateway


async def test_a_cut_after_the_commit_loses_neither_the_answer_nor_the_revocation(bench: Bench) -> None:
    first, key = await _added(bench), new_key()
    await bench.join(first.code)
    ticket = await bench.registry.replace(first.gateway, actor="lan")
    answer = await bench.join(ticket.code, key)  # committed; the broker was not told before the cut
    assert bench.door.put_out == []
    await bench.restart()
    await bench.all.revoker.pay()
    ((gateway, crl),) = bench.door.put_out
    old = next(each for each in bench.state.enrolment.certificates(gateway) if each.revoked_at)
    assert [each.serial_number for each in x509.load_pem_x509_crl(crl)] == [int(old.serial, 16)]
    assert (await bench.join(ticket.code, key)).certificate == answer.certificate
    await bench.all.revoker.pay()
    assert len(bench.door.put_out) == 1


async def test_what_was_revoked_meanwhile_is_not_given_again(bench: Bench) -> None:
    ticket, key = await _added(bench), new_key()
    await bench.join(ticket.code, key)
    await bench.registry.revoke(ticket.gateway, actor="lan", reason="mất trộm")
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code, key)
    assert refused.value.reason == "claim_expired"


async def test_the_label_leads_to_this_centre_and_no_other(bench: Bench) -> None:
    ticket = await _added(bench)
    claim = parse_claim(ticket.link)
    assert (claim.centre, claim.code) == (CENTRE, ticket.code)
    assert bench.all.authority is not None
    assert claim.pin == bench.all.authority.pin


async def test_a_certificate_gets_a_successor_and_not_without_end(bench: Bench) -> None:
    ticket, key = await _added(bench), new_key()
    await bench.join(ticket.code, key)
    await bench.clock.advance(45 * DAY)
    row = await bench.joining.renew(ticket.gateway, request_for(key))
    assert row.not_after == bench.clock.now_ms() + 90 * 86_400_000
    assert [each.revoked_at for each in bench.state.enrolment.certificates(ticket.gateway)] == [0, 0]
    with pytest.raises(JoinRefusedError) as wrong:
        await bench.joining.renew(ticket.gateway, "rubbish")
    assert wrong.value.reason == "csr_wrong"
    for _ in range(11):
        await bench.joining.renew(ticket.gateway, request_for(key))
    with pytest.raises(JoinRefusedError) as hurried:
        await bench.joining.renew(ticket.gateway, request_for(key))
    assert hurried.value.reason == "too_many"
