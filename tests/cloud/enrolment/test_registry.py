"""The registry: gateways come, move, are replaced and go, and everybody asks one truth."""

from __future__ import annotations

import asyncio

import pytest
from cryptography import x509

from cloud.enrolment.certificates import AuthorityError
from cloud.enrolment.joining import JoinRefusedError
from cloud.enrolment.registry import NewGateway, RegistryError
from device_profiles.schema import Text
from tests.cloud.enrolment.bench import Bench
from tests.cloud.enrolment.requests import new_key
from tests.waiting import eventually

ONE = NewGateway("mcc", "gw-1", Text(vi="Tủ 1", en="Cabinet 1"))


async def test_an_added_gateway_is_admitted_at_once_and_after_a_restart(bench: Bench) -> None:
    await bench.registry.add(ONE, actor="lan")
    assert [each.id for each in bench.live.sites["mcc"].gateways] == ["gw-1"]
    assert bench.moved == ["gw-1"]
    await bench.restart()
    entry = bench.live.gateway("gw-1")
    assert entry is not None
    assert entry.name.vi == "Tủ 1"


async def test_ids_are_found_and_never_given_twice(bench: Bench) -> None:
    tickets = [await bench.registry.add(NewGateway("mcc"), actor="lan") for _ in range(3)]
    assert [each.gateway for each in tickets] == ["gw-mcc-01", "gw-mcc-02", "gw-mcc-03"]
    assert len({each.code for each in tickets}) == 3
    for taken in ("gw-mcc-01", "gw-file"):
        with pytest.raises(RegistryError) as refused:
            await bench.registry.add(NewGateway("mcc", taken), actor="lan")
        assert refused.value.reason == "gateway_known"


@pytest.mark.parametrize(
    ("wish", "reason"),
    [(NewGateway("nowhere"), "site_unknown"), (NewGateway("mcc", profiles=("toaster",)), "profile_unknown")],
)
async def test_a_wrong_wish_is_refused_by_name(bench: Bench, wish: NewGateway, reason: str) -> None:
    with pytest.raises(RegistryError) as refused:
        await bench.registry.add(wish, actor="lan")
    assert refused.value.reason == reason
    assert bench.registry.rows() == []


async def test_a_gateway_moves_and_its_former_site_lets_it_go(bench: Bench) -> None:
    await bench.registry.add(ONE, actor="lan")
    await bench.registry.move("gw-1", "yen-bai", actor="lan")
    assert bench.live.site_of("gw-1") is bench.live.sites["yen-bai"]
    assert bench.live.sites["mcc"].gateways == ()
    with pytest.raises(RegistryError, match="file"):
        await bench.registry.move("gw-file", "mcc", actor="lan")
    with pytest.raises(RegistryError, match="no site"):
        await bench.registry.move("gw-1", "nowhere", actor="lan")


async def test_a_replaced_box_is_put_out_when_the_new_one_joins_and_not_before(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    first = await bench.join(ticket.code)
    again = await bench.registry.replace("gw-1", actor="lan", serial="SN-2")
    assert bench.state.enrolment.owed() == []
    second = await bench.join(again.code, serial="SN-2")
    assert second.gateway == "gw-1"
    assert second.welcome.site == first.welcome.site
    (owed,) = bench.state.enrolment.owed()
    old = x509.load_pem_x509_certificate(first.certificate.encode())
    assert (int(owed.serial, 16), owed.reason) == (old.serial_number, "replaced")
    await bench.all.revoker.pay()
    (put_out,) = bench.door.put_out
    assert put_out[0] == "gw-1"
    assert x509.load_pem_x509_crl(put_out[1]).get_revoked_certificate_by_serial_number(old.serial_number) is not None
    row = bench.registry.row("gw-1")
    assert row is not None
    assert (row.state, row.expected_serial) == ("active", "SN-2")


async def test_a_gateway_of_a_file_joins_by_a_label_and_keeps_its_place(bench: Bench) -> None:
    ticket = await bench.registry.label("gw-file", actor="lan")
    assert ticket.site == "yen-bai"
    answer = await bench.join(ticket.code)
    assert (answer.gateway, answer.welcome.site) == ("gw-file", "yen-bai")
    await bench.restart()
    assert bench.live.site_of("gw-file") is bench.live.sites["yen-bai"]


async def test_a_revoked_gateway_is_nobodys_until_a_new_box_has_joined(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    await bench.join(ticket.code)
    await bench.registry.revoke("gw-1", actor="lan", reason="mất trộm")
    assert "gw-1" not in bench.live
    await bench.restart()
    assert "gw-1" not in bench.live
    again = await bench.registry.replace("gw-1", actor="lan")
    assert "gw-1" not in bench.live
    await bench.join(again.code)
    assert "gw-1" in bench.live


async def test_a_retired_gateway_is_gone_with_its_claims(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    await bench.registry.retire("gw-1", actor="lan", reason="hết dùng")
    assert "gw-1" not in bench.live
    with pytest.raises(JoinRefusedError) as refused:
        await bench.join(ticket.code)
    assert refused.value.reason == "claim_expired"
    for change in (bench.registry.replace, bench.registry.label):
        with pytest.raises(RegistryError, match="retired"):
            await change("gw-1", actor="lan")
    with pytest.raises(RegistryError, match="already"):
        await bench.registry.retire("gw-1", actor="lan", reason="lần nữa")
    await bench.registry.retire("gw-file", actor="lan", reason="hết dùng")
    assert "gw-file" not in bench.live


async def test_an_active_gateway_gets_no_second_label(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    await bench.join(ticket.code)
    with pytest.raises(RegistryError, match="replace"):
        await bench.registry.label("gw-1", actor="lan")
    with pytest.raises(RegistryError, match="no gateway"):
        await bench.registry.label("gw-2", actor="lan")


async def test_a_broker_that_is_away_is_told_until_it_has_taken_it(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    bench.door.away = True
    await bench.join(ticket.code, new_key())
    await bench.registry.revoke("gw-1", actor="lan", reason="mất trộm")
    await bench.restart()
    running = asyncio.get_running_loop().create_task(bench.all.run())
    await eventually(lambda: bench.clock.sleepers)
    assert bench.door.put_out == []
    bench.door.away = False
    await bench.clock.advance(15)
    await bench.all.revoker.settled()
    assert [gateway for gateway, _ in bench.door.put_out] == ["gw-1"]
    assert bench.state.enrolment.owed() == []
    running.cancel()


async def test_without_an_authority_nobody_is_promised_anything(bench: Bench) -> None:
    bench.authority = None
    bench.build()
    await bench.all.open()
    with pytest.raises(AuthorityError, match="authority init"):
        await bench.registry.add(ONE, actor="lan")
    assert bench.registry.rows() == []


async def test_a_gateway_whose_site_has_no_file_any_more_waits_for_another_place(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    del bench.files["mcc"]
    await bench.restart()
    assert "gw-1" not in bench.live
    with pytest.raises(JoinRefusedError, match="site") as refused:
        await bench.join(ticket.code)
    assert refused.value.reason == "claim_expired"
    with pytest.raises(RegistryError) as wrong:
        await bench.registry.label("gw-1", actor="lan")
    assert wrong.value.reason == "site_unknown"
    await bench.registry.move("gw-1", "yen-bai", actor="lan")
    assert (await bench.join(ticket.code)).welcome.site == "yen-bai"


async def test_a_file_that_lists_an_added_gateway_later_says_where_it_is(bench: Bench) -> None:
    ticket = await bench.registry.add(ONE, actor="lan")
    bench.files["yen-bai"] = ("gw-file", "gw-1")
    await bench.restart()
    assert bench.live.site_of("gw-1") is bench.live.sites["yen-bai"]
    answer = await bench.join(ticket.code)
    assert (answer.welcome.site, answer.welcome.site_name_vi) == ("yen-bai", "Trạm yen-bai")
