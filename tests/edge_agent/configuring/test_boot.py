"""Whatever is wrong with its file, a gateway answers, says what is wrong, and runs what was good."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles.load import FileFaultsError
from edge_agent.control.protocol import ControlError
from edge_agent.running import setup_for
from tests.edge_agent.configuring.rig import gateway_at, gateway_file, gauge, gauges
from tests.waiting import eventually


async def test_a_box_without_file_broker_or_devices_answers_and_can_be_given_devices(tmp_path: Path) -> None:
    async with gauges(1) as hosts:
        async with gateway_at(tmp_path, data=tmp_path / "data") as gateway:
            status = await gateway.status()
            assert (status["gateway"], status["devices"], status["link"]["fault"]) == ("", [], "no_broker")
            assert status["identity"]["state"] == "none"
            await gateway.ask("apply", {"settings": {"devices": [gauge("d0", hosts[0].port)]}})
            await gateway.configuration(state="active", version=1)
        async with gateway_at(tmp_path, data=tmp_path / "data") as gateway:

            async def read() -> bool:
                return bool((await gateway.status())["devices"][0]["read_at"])

            assert await eventually(read)
            assert (await gateway.ask("values"))["devices"][0]["points"][0]["value"] == 29.5


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[gateway", "is not TOML"),
        ('[gateway]\ndata_dir = "data"\nid = 7\n', "gateway.id"),
        ('[gateway]\ndata_dir = "data"\n[broker]\nurl = "http://x"\n', "mqtt://host:port"),
    ],
)
async def test_a_wrong_file_starts_what_was_good_before(tmp_path: Path, wrong: str, said: str) -> None:
    async with gauges(1) as hosts:
        path = gateway_file(tmp_path, gateway="gw-1", broker=1, devices=[gauge("d0", hosts[0].port)])
        async with gateway_at(tmp_path):
            pass
        path.write_text(wrong, encoding="utf-8")
        async with gateway_at(tmp_path, data=tmp_path / "data") as gateway:
            status = await gateway.status()
            assert (status["gateway"], [each["id"] for each in status["devices"]]) == ("gw-1", ["d0"])
            assert said in status["configuration"]["fault"]


async def test_a_file_that_is_gone_starts_what_was_good_before(tmp_path: Path) -> None:
    async with gauges(1) as hosts:
        path = gateway_file(tmp_path, gateway="gw-1", broker=1, devices=[gauge("d0", hosts[0].port)])
        async with gateway_at(tmp_path):
            pass
        path.unlink()
        async with gateway_at(tmp_path, data=tmp_path / "data") as gateway:
            status = await gateway.status()
            assert (status["gateway"], len(status["devices"])) == ("gw-1", 1)
            assert "is gone" in status["configuration"]["fault"]


async def test_a_wrong_first_file_leaves_an_empty_box_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text('[gateway]\ndata_dir = "data"\nname = 3\n', encoding="utf-8")
    async with gateway_at(tmp_path) as gateway:
        status = await gateway.status()
        assert (status["devices"], "gateway.name" in status["configuration"]["fault"]) == ([], True)


async def test_a_folder_of_profiles_with_a_fault_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x.toml").write_text("profile = 1", encoding="utf-8")
    setup = setup_for(tmp_path / "none.toml", data=tmp_path / "data", profiles=[tmp_path / "own"])
    assert setup.faults
    assert "river_gauge_radar" in setup.catalogue.profiles


def test_without_a_data_folder_nothing_can_be_done(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text("[gateway]\n", encoding="utf-8")
    with pytest.raises(FileFaultsError, match="data_dir"):
        setup_for(tmp_path / "gateway.toml", data=None, profiles=())


async def test_a_gateway_whose_link_cannot_be_used_at_all_still_reads(tmp_path: Path) -> None:
    async with gauges(1) as hosts:
        path = gateway_file(tmp_path, gateway="gw-1", broker=1, devices=[gauge("d0", hosts[0].port)])
        text = (
            path.read_text(encoding="utf-8")
            .replace("mqtt://127", "mqtts://127")
            .replace("receipt_timeout_s", 'ca_file = "gone.pem"\nreceipt_timeout_s')
        )
        path.write_text(text, encoding="utf-8")
        async with gateway_at(tmp_path) as gateway:
            status = await gateway.status()
            assert "gone.pem" in status["configuration"]["fault"]
            assert [each["id"] for each in status["devices"]] == ["d0"]


async def test_a_disk_that_takes_no_configuration_leaves_the_gateway_as_it_is(tmp_path: Path) -> None:
    async with gauges(1) as hosts:
        gateway_file(tmp_path, gateway="gw-1", broker=1, devices=[gauge("d0", hosts[0].port)])
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "configuration").write_text("in the way")
        async with gateway_at(tmp_path) as gateway:
            with pytest.raises(ControlError, match="disk: nothing can be written"):
                await gateway.ask("apply", {"settings": {"devices": []}})
            assert [each["id"] for each in (await gateway.status())["devices"]] == ["d0"]
