"""The parts of a demonstration, each on its own: ports, folder, webhook, children, files, physics, InfluxDB."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from cloud.config import load_config
from cloud.inventory.load import load_inventory
from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from edge_agent.config import load_gateway
from simulators.demo.broker import BrokerAccess, start_nats
from simulators.demo.centre import CentreClient
from simulators.demo.children import Children
from simulators.demo.cli import sentences, working_folder
from simulators.demo.errors import DemoError
from simulators.demo.files import StoreAccess, environment, write_centre, write_gateway, write_secret
from simulators.demo.fleet import devices_of, fleet, kinds_of
from simulators.demo.influx import free_database
from simulators.demo.options import Options
from simulators.demo.physics import Physics
from simulators.demo.ports import is_free, next_free
from simulators.demo.story import StoryClock
from simulators.demo.verifier import produced, stored_in_influx
from simulators.demo.webhook import WebhookReceiver
from simulators.http_server import HttpHost
from simulators.scenarios.scenario import Playback, ScenarioFile, load_scenario
from tests.fakes import ManualClock, settle
from tests.readme_check import assert_documented
from tests.servers import InfluxServer, free_port
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
PLAYBACK = Playback(load_scenario("yagi_2024"), 0.65)
GATEWAYS = fleet(Physics(PLAYBACK))
BROKER = BrokerAccess("mqtt://127.0.0.1:1883", "thacba", SecretStr("hush"))


def test_a_taken_port_leads_to_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert next_free(port) > port


def test_no_port_at_all_is_said() -> None:
    with pytest.raises(DemoError, match="all taken"):
        next_free(65536)


def test_two_demonstrations_have_two_folders(tmp_path: Path) -> None:
    wanted = tmp_path / ".demo"
    with working_folder(wanted) as first:
        (first / "old.txt").write_text("x")
        (first / "data").mkdir()
        with working_folder(wanted) as second:
            assert second.name == ".demo.2"
    with working_folder(wanted) as again:
        assert again == first
        assert [path.name for path in again.iterdir()] == [".lock"]


def test_errors_are_said_however_deep_they_lie() -> None:
    group = BaseExceptionGroup("", [DemoError("a"), BaseExceptionGroup("", [DemoError("b")])])
    assert sentences(group) == ["a", "b"]


async def test_the_story_stands_still_until_it_begins() -> None:
    clock = ManualClock()
    story = StoryClock(clock)
    await clock.advance(5)
    assert story.elapsed() == 0
    story.begin()
    await clock.advance(2)
    story.begin()
    assert story.elapsed() == pytest.approx(2)


async def test_notices_are_counted_by_their_key() -> None:
    async with WebhookReceiver() as receiver, httpx.AsyncClient(trust_env=False) as client:
        for key, body in (("a", {"n": 1}), ("b", {"n": 2}), ("a", {"n": 3})):
            answer = await client.post(receiver.url, json=body, headers={"Idempotency-Key": key})
            assert answer.status_code == 204
        assert (await client.post(receiver.url, json=[1], headers={"Idempotency-Key": "c"})).status_code == 400
        assert (await client.post(receiver.url, json={"n": 1})).status_code == 400
        assert (await client.post(receiver.url, content=b"{", headers={"Idempotency-Key": "c"})).status_code == 400
    assert receiver.inbox.keys == {"a": 2, "b": 1}
    assert receiver.inbox.notices["a"] == {"n": 1}


def _children(folder: Path, said: list[str]) -> Children:
    return Children(folder, clock=SystemClock(), say=said.append)


async def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    children = _children(tmp_path, said)
    child = await children.start("sleeper", ["sleep", "60"])
    async with asyncio.TaskGroup() as group:
        group.create_task(children.watch(child))
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: child.restarts == 1 and child.running)
        assert child.process.pid != first
        await children.end_all()
    assert children.restarts == 1
    assert "sleeper ended by itself with code -9" in said[0]


async def test_a_child_that_cannot_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    children = _children(tmp_path, [])
    child = await children.start("broken", ["sh", "-c", "echo no such thing; exit 3"])
    with pytest.raises(DemoError, match="broken ended by itself with code 3:\nno such thing"):
        await children.watch(child)


async def test_a_child_that_does_not_listen_goes_with_all_that_it_started(tmp_path: Path) -> None:
    children = _children(tmp_path, [])
    stubborn = "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True);"
    stubborn += "subprocess.run(['sleep', '60'])"
    child = await children.start("stubborn", [sys.executable, "-c", stubborn])
    await eventually(lambda: "up" in child.log.read_text(), 10)
    await children.end(["stubborn"], within_s=0.2)
    assert not child.running
    await eventually(lambda: not _group_lives(child.process.pid))


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


async def test_asking_gives_what_was_printed_or_says_what_failed(tmp_path: Path) -> None:
    children = _children(tmp_path, [])
    assert await children.ask("cat", ["cat"], text="hello") == "hello"
    with pytest.raises(DemoError, match="failed:\nnope"):
        await children.ask("false", ["sh", "-c", "echo nope >&2; exit 1"])


async def test_a_broker_that_cannot_start_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        children = _children(tmp_path, [])
        started = await start_nats(children, tmp_path, port=free_port(), username="u", password=SecretStr("p"))
        assert started.url.startswith("mqtt://127.0.0.1:")
        await children.end_all()
        assert not is_free(port)


def test_agents_and_centre_accept_the_files_of_a_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rules").mkdir()
    for name, value in environment(BROKER, None).items():
        monkeypatch.setenv(name, value)
    place = write_secret(tmp_path, "key", SecretStr("k"))
    assert place.stat().st_mode & 0o077 == 0
    file = {"key_file": "secrets/key"}
    connections = {
        "modbus": {"kind": "modbus", "host": "127.0.0.1", "port": 1502, "unit": 1},
        "http_json": {"kind": "http_json", "url": "http://127.0.0.1:1/data"},
        "http_push": {"kind": "http_push", **file},
        "kiosk": {"kind": "kiosk", "url": "http://127.0.0.1:1"},
        "camera": {"kind": "camera", "url": "rtsp://127.0.0.1:1/live"},
    }
    sites = load_inventory(ROOT / "deploy" / "sites")
    for gateway in GATEWAYS:
        by_device = {device.id: connections[device.kind] for device in gateway.devices}
        path = write_gateway(tmp_path, gateway, by_device, broker=BROKER, listen_port=8190, command_key="")
        config = load_gateway(path)
        assert config.gateway.id == gateway.id
        assert config.gateway.id in sites.gateways
        assert len(config.devices) == len(gateway.devices)
        assert "hush" not in path.read_text()
    store = StoreAccess("http://127.0.0.1:8086", "thacba", "u", SecretStr("store hush"))
    path = write_centre(
        tmp_path,
        port=8080,
        broker=BROKER,
        store=store,
        webhook="http://127.0.0.1:1/notices",
        sites=ROOT / "deploy" / "sites",
        run="aa",
    )
    assert load_config(path).store.kind == "influx"
    assert "hush" not in path.read_text()
    assert set(environment(BROKER, store).values()) == {"hush", "store hush"}


def test_the_fleet_is_as_large_and_as_mixed_as_promised() -> None:
    assert devices_of(GATEWAYS) >= 20
    assert len(GATEWAYS) >= 3
    assert len(kinds_of(GATEWAYS)) >= 4
    names = [device.id for gateway in GATEWAYS for device in gateway.devices]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("device", [each for gateway in GATEWAYS for each in gateway.devices], ids=lambda each: each.id)
def test_every_signal_fills_its_model_and_stays_within_its_limits(device: object) -> None:
    profile = load_catalogue()[device.profile]  # type: ignore[attr-defined]
    for second in range(0, 290, 7):
        values = device.signal(float(second))  # type: ignore[attr-defined]
        for point in profile.points:
            if profile.protocol == "camera" or point.key == "online":
                continue
            limits = device.limits.get(point.key, {})  # type: ignore[attr-defined]
            lowest = limits.get("minimum", point.limits.minimum)
            highest = limits.get("maximum", point.limits.maximum)
            value = float(values[point.key])
            assert lowest is None or value >= lowest, (point.key, second, value)
            assert highest is None or value <= highest, (point.key, second, value)


async def test_the_next_database_without_readings_is_taken(influx_server: InfluxServer) -> None:
    influx_server.request("/query", form={"q": "CREATE DATABASE demo_parts"})
    wanted = StoreAccess(influx_server.url, "demo_parts", "", SecretStr(""))
    assert (await free_database(wanted)).database == "demo_parts"
    lines = b"air_node,gateway=g,device=d pm25=1.0,pm10=2.0 1\nair_node,gateway=g,device=d pm25=1.5 2\n"
    lines += b'quality,gateway=g,device=d,point=rh code="bad:range" 3\n'
    lines += b'quality,gateway=g,device=d,point=rh code="uncertain:flat" 4\n'
    lines += b'event,gateway=g,device=k,kind=rating id="1" 5'
    influx_server.request("/write?db=demo_parts&precision=ms", body=lines)
    assert (await free_database(wanted)).database == "demo_parts_2"
    assert await stored_in_influx(wanted, ["air_node"]) == {("g", "d"): 4, ("g", "k"): 1}


async def test_a_server_that_is_away_is_said() -> None:
    away = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(DemoError, match="does not answer"):
        await free_database(StoreAccess(away, "x", "", SecretStr("")))
    async with CentreClient(away, SecretStr("t")) as centre:
        assert not await centre.is_ready()
        with pytest.raises(DemoError, match="does not answer"):
            await centre.get("/summary")
        with pytest.raises(DemoError, match="does not answer"):
            await centre.until_ready(SystemClock(), within_s=0.05)


async def test_a_centre_that_is_being_started_again_is_waited_for() -> None:
    api, port = FastAPI(), free_port()
    api.get("/healthz")(lambda: {})
    async with CentreClient(f"http://127.0.0.1:{port}", SecretStr("t")) as centre, asyncio.TaskGroup() as group:
        waiting = group.create_task(centre.until_ready(SystemClock(), within_s=20))
        await settle()
        assert not waiting.done()
        async with HttpHost(api, port=port):
            await waiting


def test_an_agent_that_never_ran_has_no_counts(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open database file"):
        produced(tmp_path, ["gw"])


def test_every_setting_of_a_demonstration_is_described() -> None:
    assert_documented("simulators/demo", Options)
    assert_documented("simulators/scenarios", ScenarioFile)
