"""F38: a claim is used once, in its time, for its site; a centre that is killed meanwhile changes nothing of that."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from tests.cloud.enrolment.requests import new_key, request_for
from tests.cloud.stage import write_config
from tests.faults.tools.warm import Child, Starter
from tests.servers import free_port
from tests.waiting import eventually

JOIN = "/api/v1/enrolment/join"
ROUNDS = 8
LONGEST_S = 0.04  # a join takes about 15 ms: the kill falls before, into and behind it


@dataclass
class Stage:
    """A centre that can be killed, and somebody at the office and in the field who ask it."""

    folder: Path
    config: Path
    starter: Starter
    client: httpx.AsyncClient
    state: SqlStateStore
    child: Child | None = None

    async def start(self) -> None:
        """The centre, until it answers."""
        self.child = self.starter.start("cloud", "serve", "--config", str(self.config), log=self.folder / "centre.log")
        _is_up: bool = await eventually(self._answers)

    def kill(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.kill()

    async def code(self, gateway: str) -> str:
        """A claim for a new gateway."""
        answer = await self.client.post("/api/v1/gateways", json={"site": "yen-bai", "gateway": gateway})
        assert answer.status_code == 201, answer.text
        code: str = answer.json()["code"]
        return code

    async def join(self, code: str, csr: str) -> httpx.Response | None:
        """What a box hears; None when the centre dies meanwhile."""
        try:
            return await self.client.post(JOIN, json={"code": code, "csr": csr})
        except httpx.TransportError:
            return None

    async def _answers(self) -> bool:
        try:
            return (await self.client.get("/api/v1/me")).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
async def stage(tmp_path: Path, starter: Starter) -> AsyncIterator[Stage]:
    config, port = write_config(tmp_path, "mqtt://127.0.0.1:1"), free_port()
    config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
    assert CliRunner().invoke(app, ["authority", "init", "--config", str(config)]).exit_code == 0
    state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
    state.migrate()
    secret, row = begin_token("office", Role.ENGINEER, now=SystemClock().now_ms(), days=1)
    state.put_secret(row)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10) as client:
        made = Stage(tmp_path, config, starter, client, state)
        await made.start()
        yield made
        made.kill()
    state.close()


async def test_f38_however_the_centre_dies_one_box_gets_one_identity(stage: Stage) -> None:
    dice = random.Random(38)
    for number in range(ROUNDS):
        gateway, csr = f"gw-{number:02}-kill", request_for(new_key())
        code = await stage.code(gateway)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(stage.join(code, csr))
            await asyncio.sleep(dice.uniform(0, LONGEST_S))  # the blow falls at any step: there is nothing to wait for
            await asyncio.to_thread(stage.kill)
        heard = first.result()
        await stage.start()
        again = await stage.join(code, csr)
        assert again is not None
        assert again.status_code == 201, again.text
        if heard is not None and heard.status_code == 201:
            assert again.json() == heard.json()
        thief = await stage.join(code, request_for(new_key()))
        assert thief is not None
        assert (thief.status_code, thief.json()["code"]) == (403, "claim_used")
        (row,) = stage.state.enrolment.certificates(gateway)
        assert again.json()["certificate"] == row.pem
        known = stage.state.enrolment.gateway(gateway)
        assert known is not None
        assert known.state == "active"


async def test_f38_the_second_use_is_an_alarm_and_the_site_is_not_the_bearers_to_choose(stage: Stage) -> None:
    code, csr = await stage.code("gw-1st"), request_for(new_key(), "gw-of-another-site")
    joined = await stage.join(code, csr)
    assert joined is not None
    assert (joined.json()["gateway"], joined.json()["welcome"]["site"]) == ("gw-1st", "yen-bai")
    for _ in range(3):
        thief = await stage.join(code, request_for(new_key()))
        assert thief is not None
        assert thief.status_code == 403
    (event,) = (await stage.client.get("/api/v1/security-events")).json()["items"]
    assert (event["kind"], event["gateway"], event["is_grave"]) == ("claim_replayed", "gw-1st", True)
    alarms: list[dict[str, str]] = []

    async def is_told() -> bool:
        alarms[:] = (await stage.client.get("/api/v1/alarms", params={"open": "true"})).json()["items"]
        return bool(alarms)

    _is_told: bool = await eventually(is_told)
    (alarm,) = alarms
    assert (alarm["rule"], alarm["device"]) == ("platform_security", "claim_replayed:gw-1st")
