"""A gateway becomes another while it runs, and returns by itself when that was no good idea."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.control.protocol import ControlError
from tests.edge_agent.centre import Centre, centre_at
from tests.edge_agent.configuring.rig import (
    Gateway,
    configuration,
    gateway_at,
    gateway_file,
    gauge,
    gauges,
    push,
    reported,
)
from tests.servers import Server, free_port
from tests.waiting import eventually


@pytest.fixture
def name(tmp_path: Path) -> str:
    return f"gw-{tmp_path.name}"[:64]


async def fully_heard(gateway: Gateway, devices: int) -> None:
    """Every device has been read, and the centre answers."""

    async def heard() -> bool:
        status = await gateway.status()
        return bool(status["link"]["receipts"]) and devices == sum(each["read_at"] > 0 for each in status["devices"])

    assert await eventually(heard)


async def everything_is_there(gateway: Gateway, centre: Centre) -> None:
    """The ledger: batches without a gap, and nothing dropped."""

    async def settled() -> bool:
        status = await gateway.status()
        numbers = sorted(sequence for _, sequence in centre.batches)
        assert status["backlog"]["dropped"] == 0
        return status["backlog"]["batches"] < 3 and numbers == list(range(1, len(numbers) + 1))

    assert await eventually(settled)
    assert len({epoch for epoch, _ in centre.batches}) == 1


async def test_one_of_twenty_devices_changes_and_nineteen_go_on(
    mosquitto_server: Server, tmp_path: Path, name: str
) -> None:
    """Must show 3: four hosts with five units each; a unit of the first host gets another period."""
    async with gauges(4, units=5) as hosts, centre_at(mosquitto_server, gateway=name) as centre:
        places = [(host, unit) for host in hosts for unit in host.units.values()]
        devices = [gauge(f"d{n}", host.port, unit=unit.unit) for n, (host, unit) in enumerate(places)]
        gateway_file(tmp_path, gateway=name, broker=mosquitto_server.port, devices=devices)
        async with gateway_at(tmp_path) as gateway:
            await fully_heard(gateway, 20)
            sessions = (await gateway.status())["link"]["sessions"]
            before = [unit.heard for _, unit in places]
            await push(centre, configuration(name, 1, devices=[gauge("d0", hosts[0].port, period_s=0.1), *devices[1:]]))
            said = await reported(centre, version=1, state="active")
            assert said.source == "centre"
            assert (await gateway.status())["link"]["sessions"] == sessions == 1
            await eventually(lambda: all(unit.heard > at + 5 for (_, unit), at in zip(places, before, strict=True)))
            heard = [unit.heard - at for (_, unit), at in zip(places, before, strict=True)]
            assert max(heard[1:]) - min(heard[1:]) <= 4, (
                heard
            )  # nobody missed more than a beat or two of a slow machine
            assert [host.connections for host in hosts] == [1, 1, 1, 1]
            status = await gateway.status()
            assert not [each for each in status["devices"] if each["fault"]]
            await everything_is_there(gateway, centre)
        assert not [block for batch in centre.batches.values() for block in batch.devices if block.quality]


async def test_a_configuration_that_breaks_the_uplink_returns_by_itself(
    mosquitto_server: Server, tmp_path: Path, name: str
) -> None:
    """Must show 3: nobody answers at the new broker; the readings of that time arrive afterwards."""
    async with gauges(1) as hosts, centre_at(mosquitto_server, gateway=name) as centre:
        gateway_file(tmp_path, gateway=name, broker=mosquitto_server.port, devices=[gauge("d0", hosts[0].port)])
        async with gateway_at(tmp_path) as gateway:
            await fully_heard(gateway, 1)
            broken = {"url": f"mqtt://127.0.0.1:{free_port()}"}
            await push(centre, configuration(name, 1, within_s=5, broker=broken))
            await gateway.configuration(state="trial", version=1)
            said = await reported(centre, state="rolled_back", tried=1)
            assert (said.version, said.source, said.reason) == (0, "file", "link")
            await everything_is_there(gateway, centre)
            assert hosts[0].connections == 1
            await push(centre, configuration(name, 1, within_s=5, broker=broken))  # the same again is not tried again
            await push(centre, configuration(name, 2, outbox={"max_days": 3}))
            assert (await reported(centre, version=2, state="active")).reason == ""


async def test_a_device_that_is_not_back_takes_the_configuration_back(
    mosquitto_server: Server, tmp_path: Path, name: str
) -> None:
    async with gauges(2) as hosts, centre_at(mosquitto_server, gateway=name) as centre:
        devices = [gauge("d0", hosts[0].port), gauge("d1", hosts[1].port)]
        gateway_file(tmp_path, gateway=name, broker=mosquitto_server.port, devices=devices)
        async with gateway_at(tmp_path) as gateway:
            await fully_heard(gateway, 2)
            wrong = [devices[0], gauge("d1", free_port())]
            await push(centre, configuration(name, 1, within_s=5, devices=wrong))
            assert (await gateway.configuration(state="trial"))["seconds_left"] <= 5
            said = await reported(centre, state="rolled_back")
            assert said.reason == "devices: d1"
            await fully_heard(gateway, 2)
            assert hosts[0].connections == 1


async def test_what_cannot_be_is_refused_before_anything_changes(
    mosquitto_server: Server, tmp_path: Path, name: str
) -> None:
    async with gauges(1) as hosts, centre_at(mosquitto_server, gateway=name) as centre:
        gateway_file(tmp_path, gateway=name, broker=mosquitto_server.port, devices=[gauge("d0", hosts[0].port)])
        async with gateway_at(tmp_path) as gateway:
            await fully_heard(gateway, 1)
            stranger = Ed25519PrivateKey.generate()
            await push(centre, configuration(name, 9, devices=[]), key=stranger)
            await push(centre, configuration(name, 3, devices=[gauge("d0", 1, profile="river_guage")]))
            said = await reported(centre, state="rolled_back", tried=3)
            assert "river_guage" in said.reason
            assert "did you mean" in said.reason
            await push(centre, configuration(name, 2, devices=[]))  # older than what was refused
            await push(centre, configuration(name, 4, broker={"url": f"mqtt://127.0.0.1:{mosquitto_server.port}",
                                                              "password_file": "sealed:broker"}))  # fmt: skip
            assert "broker" in (await reported(centre, state="rolled_back", tried=4)).reason
            assert len((await gateway.status())["devices"]) == 1
            assert hosts[0].connections == 1


async def test_a_change_at_the_site_is_reported_and_adopted(
    mosquitto_server: Server, tmp_path: Path, name: str
) -> None:
    async with gauges(2) as hosts, centre_at(mosquitto_server, gateway=name) as centre:
        devices = [gauge("d0", hosts[0].port)]
        gateway_file(tmp_path, gateway=name, broker=mosquitto_server.port, devices=devices)
        async with gateway_at(tmp_path) as gateway:
            await fully_heard(gateway, 1)
            wider = [*devices, gauge("d1", hosts[1].port)]
            tried = await gateway.ask("try", {"device": wider[1]})
            assert (tried["fault"], tried["points"][0]["value"]) == ("", 29.5)
            plan = await gateway.ask("plan", {"settings": {"devices": wider}})
            assert (plan["added"], plan["unchanged"], plan["uplink"]) == (["d1"], ["d0"], [])
            await gateway.ask("apply", {"settings": {"devices": wider}, "confirm_within_s": 30})
            said = await reported(centre, source="site", state="active")
            assert said.settings is not None
            assert said.settings.devices is not None
            assert [each["id"] for each in said.settings.devices] == ["d0", "d1"]
            assert (await gateway.ask("configuration"))["settings"]["devices"] == wider
            adopted = configuration(name, 5, devices=said.settings.devices)
            await push(centre, adopted)
            assert (await reported(centre, version=5, source="centre")).state == "active"
            await gateway.ask("rollback")
            assert (await reported(centre, state="rolled_back")).reason == "by_hand"
            assert [each["id"] for each in (await gateway.status())["devices"]] == ["d0"]
            assert [host.connections for host in hosts] == [1, 2]
            with pytest.raises(ControlError, match="no former configuration"):
                await gateway.ask("rollback")


async def test_a_person_confirms_or_takes_back_what_is_tried(
    mosquitto_server: Server, tmp_path: Path, name: str
) -> None:
    async with gauges(1) as hosts, centre_at(mosquitto_server, gateway=name):
        gateway_file(tmp_path, gateway=name, broker=mosquitto_server.port, devices=[gauge("d0", hosts[0].port)])
        async with gateway_at(tmp_path) as gateway:
            await fully_heard(gateway, 1)
            dead = {"settings": {"devices": [gauge("d0", free_port())]}, "confirm_within_s": 600}
            assert (await gateway.ask("apply", dead))["state"] == "trial"
            assert (await gateway.ask("rollback"))["reason"] == "by_hand"
            assert (await gateway.ask("read", {"device": "d0"}))["points"][0]["value"] == 29.5
            await gateway.ask("apply", dead)
            assert (await gateway.ask("confirm"))["state"] == "active"
            with pytest.raises(ControlError, match="confirm makes no sense"):
                await gateway.ask("confirm")
        async with gateway_at(tmp_path) as gateway:
            status = await gateway.status()
            assert (status["configuration"]["source"], len(status["devices"])) == ("site", 1)
