"""The console lets gateways in through the running centre: labels, claims, a join, a replacement, an end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.app import Centre
from cloud.settings import read_settings
from cloud.store.base import AlarmFilter, AlarmRow, Columns
from cloud.store.configuration_port import ConfigurationRow
from device_profiles.wire.claims import JoinAnswer, join_answer_of, parse_claim
from device_profiles.wire.configuration import SignedConfiguration
from tests.cloud.enrolment.requests import new_key, request_for
from tests.cloud.stage import PROFILE, running, scripted, write_config
from tests.servers import Server, free_port
from tests.waiting import eventually

runner = CliRunner()
OTHER = """
id = "mcc"
name = { vi = "Mù Cang Chải", en = "Mu Cang Chai" }
area = "lao-cai"
lat = 21.85
lon = 104.09
"""


def call(*arguments: object) -> Result:
    """Runs the command line."""
    return runner.invoke(app, [str(each) for each in arguments])


def test_the_authority_is_made_once_and_its_root_handed_out(tmp_path: Path) -> None:
    config = write_config(tmp_path, "mqtt://127.0.0.1:1")
    assert call("authority", "show", "--config", config).exit_code == 1
    made = call("authority", "init", "--config", config)
    assert "take" in made.output
    pin = made.output.split("pin", 1)[1].split()[0]
    assert call("authority", "init", "--config", config).output.split("pin", 1)[1].split()[0] == pin
    assert "STILL HERE" in call("authority", "show", "--config", config).output
    root = call("authority", "export-root", "--config", config)
    assert root.output.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in root.output


def test_without_a_running_centre_nothing_is_promised(tmp_path: Path) -> None:
    config = write_config(tmp_path, "mqtt://127.0.0.1:1")
    answer = call("gateway", "list", "--config", config, "--url", "http://127.0.0.1:1")
    assert (answer.exit_code, "does not answer" in answer.output) == (1, True)


@pytest.fixture
def config(tmp_path: Path, mosquitto_server: Server) -> Path:
    """A centre with two sites and an authority, on a port of its own."""
    path = write_config(tmp_path, f"mqtt://127.0.0.1:{mosquitto_server.port}")
    path.write_text(path.read_text().replace("port = 0", f"port = {free_port()}"))
    (tmp_path / "sites" / "mcc.toml").write_text(OTHER, encoding="utf-8")
    assert call("authority", "init", "--config", path).exit_code == 0
    return path


async def console(*arguments: object) -> str:
    """Runs the command line beside the centre; what it says."""
    answer = await asyncio.to_thread(call, *arguments)
    assert answer.exit_code == 0, answer.output
    return answer.output


async def join(centre: Centre, code: str, serial: str = "SN-1") -> JoinAnswer:
    """A box joins over HTTP."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{centre.port}") as client:
        body = {"code": code, "csr": request_for(new_key()), "serial": serial}
        answer = await client.post("/api/v1/enrolment/join", json=body)
    assert answer.status_code == 201, answer.text
    return join_answer_of(answer.content)


def code_in(output: str) -> str:
    """The code of the link that the console shows."""
    return parse_claim(next(line for line in output.splitlines() if line.startswith("http"))).code


def sums(centre: Centre, gateway: str) -> dict[str, tuple[int, int, int]]:
    """Accepted, stored and awaited readings of each epoch."""
    return {each.epoch: (each.accepted, each.stored, each.awaited) for each in centre.view.ledger(gateway)}


async def test_an_added_gateway_is_heard_at_once_and_after_a_restart(config: Path, mosquitto_server: Server) -> None:
    settings = read_settings(config)
    labels = config.parent / "labels.pdf"
    async with scripted(mosquitto_server, gateway="gw-new") as box:
        async with running(Centre(settings)) as centre:
            early = await box.measure(28.0)
            await eventually(lambda: centre.metrics.snapshot().get("thacba_withheld_total"))
            await console("gateway", "add", "--config", config, "--site", "mcc", "--id", "gw-new", "--labels", labels)
            assert labels.read_bytes().startswith(b"%PDF-")
            assert labels.stat().st_mode & 0o777 == 0o600
            await box.send(early)
            await box.until_settled(1)
            assert [(each.id, each.site) for each in centre.view.devices()] == [("gauge-1", "mcc")]
            assert "gw-new" in next(site for site in centre.view.sites() if site.id == "mcc").gateways
            assert centre.view.metrics()["thacba_strangers"] == 0
        async with running(Centre(settings)):
            await box.measure(28.1)
            await box.until_settled(2)


async def test_a_new_box_takes_the_old_ones_place_with_a_new_epoch(config: Path, mosquitto_server: Server) -> None:
    async with running(Centre(read_settings(config))) as centre:
        added = await console("gateway", "add", "--config", config, "--site", "mcc", "--id", "gw-new")
        await join(centre, code_in(added))
        async with scripted(mosquitto_server, gateway="gw-new", epoch="00000000000000aa") as old:
            await old.be_born()
            for value in (28.0, 28.1):
                await old.measure(value)
            await old.until_settled(1, 2)
        kept = ConfigurationRow("gw-new", 1, "centre", "lan", 1, "", "", '{"v":1}', "c2lnbmVk")
        await asyncio.to_thread(centre.state.configurations.add, kept)
        again = await console("gateway", "replace", "gw-new", "--config", config, "--serial", "SN-2")
        answer = await join(centre, code_in(again), "SN-2")
        assert answer.welcome.site == "mcc"
        assert answer.welcome.configuration == SignedConfiguration('{"v":1}', "c2lnbmVk")
        async with scripted(mosquitto_server, gateway="gw-new", epoch="00000000000000bb") as new:
            await new.be_born()
            await new.measure(28.2)
            await new.until_settled(1)
            assert sums(centre, "gw-new") == {"00000000000000aa": (2, 2, 0), "00000000000000bb": (1, 1, 0)}
        shown = json.loads(await console("gateway", "show", "gw-new", "--config", config))
        assert sorted(each["reason"] for each in shown["certificates"]) == ["", "replaced"]
        assert await eventually(lambda: centre.state.enrolment.owed() == [])


async def test_a_gateway_moves_and_ends_while_everybody_looks(config: Path, mosquitto_server: Server) -> None:
    async with running(Centre(read_settings(config))) as centre:
        await console("gateway", "add", "--config", config, "--site", "mcc", "--id", "gw-new")
        async with scripted(mosquitto_server, gateway="gw-new") as box:
            await box.be_born()
            await box.measure(33.0)  # above level I
            await box.until_settled(1)
            (alarm,) = await eventually(lambda: open_alarms(centre))
            assert (alarm.gateway, alarm.site) == ("gw-new", "mcc")
            await console("gateway", "move", "gw-new", "--config", config, "--site", "yen-bai")
            assert [each.site for each in centre.view.devices()] == ["yen-bai"]
            await box.measure(33.1)
            await box.until_settled(2)
            said = await console("gateway", "retire", "gw-new", "--config", config, "--why", "hết dùng")
            assert said == "gw-new: retired at yen-bai\n"
            assert centre.view.gateway("gw-new") is None
            assert list(centre.view.devices()) == []
            assert await eventually(lambda: not open_alarms(centre))
            await box.measure(33.2)
            assert await eventually(lambda: centre.metrics.snapshot().get("thacba_withheld_total"))
            late = Columns("yen-bai", "gw-new", "gauge-1", PROFILE, [1], {"level_m": [33.0]}, {}, {})
            centre.house.parts.fleet.observed(late, received_at=1)  # it was on its way when the gateway went
            assert await eventually(lambda: not list(centre.view.devices()))
        listed = {
            each["gateway"]: each for each in json.loads(await console("gateway", "list", "--config", config, "--json"))
        }
        assert (listed["gw-new"]["state"], listed["gw-1"]["state"]) == ("retired", "listed")


def open_alarms(centre: Centre) -> list[AlarmRow]:
    """Alarms whose problem lasts."""
    rows = centre.state.alarms(AlarmFilter(open=True), before=None, limit=10)
    return [row for row in rows if row.state in ("unacked", "acked")]


async def test_a_second_use_of_a_claim_is_an_alarm_of_the_platform(config: Path) -> None:
    async with running(Centre(read_settings(config))) as centre:
        code = code_in(await console("gateway", "add", "--config", config, "--site", "mcc", "--id", "gw-new"))
        await join(centre, code)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{centre.port}") as thief:
            body = {"code": code, "csr": request_for(new_key())}
            answer = await thief.post("/api/v1/enrolment/join", json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "claim_used")
        (alarm,) = await eventually(lambda: open_alarms(centre))
        assert (alarm.rule, alarm.device) == ("platform_security", "claim_replayed:gw-new")
        assert "claim_replayed" in await console("gateway", "events", "--config", config)
