"""The keeper of an identity: a revoked gateway is quiet and says so, and only a new claim brings it back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device_profiles.schema import Text
from edge_agent.config import GatewayConfig
from edge_agent.control.protocol import ControlError
from edge_agent.identity.membership import CENTRE_FILE, as_member, build_keeper, credential_of
from tests.edge_agent.identity.box import Boxed, kept
from tests.edge_agent.identity.stand import CODE, GATEWAY, standing
from tests.waiting import eventually


@pytest.mark.parametrize("code", ["certificate_revoked", "gateway_retired"])
async def test_a_revoked_gateway_stops_asking_and_says_it_also_after_a_restart(tmp_path: Path, code: str) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        await boxed.join(stand.link)
        stand.refuse = (403, code)
        async with kept(boxed) as keeper:
            keeper.refused("own_certificate_revoked")
            await eventually(lambda: keeper.standing().state == "revoked")
            for _ in range(3):
                keeper.refused("own_certificate_revoked")  # a link that is tried again is no reason to ask again
                await asyncio.sleep(0)
            async with asyncio.TaskGroup() as group:
                shown = group.create_task(keeper.worth_showing())
                done, _ = await asyncio.wait([shown], timeout=0.1)
                assert not done
                shown.cancel()
        assert stand.reenrolments == 1
        restarted = Boxed(tmp_path)
        assert restarted.keeper.standing().state == "revoked"
        stand.refuse = None
        async with kept(restarted) as keeper:
            keeper.queue(stand.link)  # nobody has to say `anew`: it is none any more
            await eventually(lambda: keeper.standing().state == "member")
            await keeper.worth_showing()


async def test_a_broker_that_refuses_a_good_certificate_is_no_reason_to_ask_for_ever(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        await boxed.join(stand.link)
        async with kept(boxed) as keeper:
            for _ in range(5):
                keeper.refused("unauthorised")
                await eventually(lambda: stand.reenrolments == 1)
        assert stand.reenrolments == 1


async def test_another_program_that_joins_just_now_is_waited_for(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand, kept(boxed) as keeper:
        with boxed.store.alone():
            keeper.queue(stand.link)
            await asyncio.sleep(0)
            assert keeper.standing().state == "queued"
        assert stand.joins == []


async def test_a_wrong_claim_is_refused_over_the_control_socket_with_what_to_do(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path, centre="https://centre.example")
    with pytest.raises(ControlError) as error:
        await boxed.keeper.verbs()["join"]({"claim": "what?"})
    assert error.value.what == "claim_unreadable"
    assert "label" in error.value.hint


async def test_damaged_files_are_said_and_end_nothing(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        await boxed.join(stand.link)
        boxed.store.key_file.write_bytes(b"")
        async with kept(boxed) as keeper:
            assert keeper.standing().state == "damaged"
            await keeper.worth_showing()


async def test_a_member_takes_name_broker_and_command_key_from_its_welcome(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path)
    async with standing(tmp_path) as stand:
        identity = await boxed.join(stand.link)
    plain = GatewayConfig.model_validate({"gateway": {"data_dir": tmp_path}})
    member = as_member(plain, identity, boxed.store)
    assert (member.gateway.id, member.gateway.name) == (GATEWAY, Text(vi="Trạm Yên Bái", en="Yên Bái station"))
    assert member.broker is not None
    assert (member.broker.url, member.broker.authorities()) == (stand.broker_url, stand.authority.pem)
    own = plain.model_copy(update={"broker": member.broker.model_copy(update={"url": "mqtts://mine.example"})})
    kept_own = as_member(own, identity, boxed.store).broker
    assert kept_own is not None
    assert kept_own.url == "mqtts://mine.example"
    shown = credential_of(boxed.store)
    assert shown.key_file.read_bytes().startswith(b"-----BEGIN PRIVATE KEY")


async def test_the_keeper_of_a_data_folder_finds_serial_number_and_centre(tmp_path: Path) -> None:
    boxed = Boxed(tmp_path / "data")
    async with standing(tmp_path) as stand:
        (tmp_path / CENTRE_FILE).write_text(f"{stand.url}/#pin={stand.authority.pin}\n")
        keeper = build_keeper(tmp_path / "data", boxed.watch, settings=tmp_path, agent="a", joined=boxed.joined.append)
        async with kept(boxed, keeper):
            answer = await keeper.verbs()["join"]({"claim": CODE})
    assert answer["state"] == "member"
    assert stand.joins[0].serial == answer["serial"] == keeper.store.serial()
    assert answer["serial"]
