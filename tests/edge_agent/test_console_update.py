"""The commands of updates, with the agent's control socket and without it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from edge_agent.__main__ import cli
from edge_agent.control.client import SOCKET
from edge_agent.control.server import ControlServer
from edge_agent.updating.record import Phase, Update, read_update, write_update
from tests.edge_agent.updating.box import NEW, OLD, Gateway
from tests.waiting import eventually


def told(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["update", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


async def test_an_update_steered_from_the_command_line(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.install_old()
    gateway.bring()
    data = ["--data", tmp_path / "data"]
    async with gateway.up() as updater, asyncio.TaskGroup() as group:
        serving = group.create_task(ControlServer(tmp_path / "data" / SOCKET, {"update": updater.verb}).run())
        await eventually((tmp_path / "data" / SOCKET).exists)
        assert f"{NEW}  new" in await asyncio.to_thread(told, "check", *data, "--from", gateway.stick)
        assert "begun" in await asyncio.to_thread(told, "apply", *data, "--from", gateway.stick)
        await eventually(lambda: gateway.restarts)
        assert f"under way {NEW}: restart" in await asyncio.to_thread(told, "status", *data)
        assert "restart" in await asyncio.to_thread(told, "apply", *data, code=1)
        serving.cancel()
    assert gateway.start_again().runs == NEW


def test_without_the_agent_the_record_is_shown_and_steered(tmp_path: Path) -> None:
    updates = tmp_path / "updates"
    updates.mkdir()
    update = Update(good="0.2.0", previous=OLD, version="0.2.0", failed={"0.1.5": "gauge-1 did not answer"})
    write_update(updates, update)
    said = told("status", "--data", tmp_path)
    assert "the agent is away" in said
    assert "given up  0.1.5: gauge-1" in said
    assert json.loads(told("status", "--data", tmp_path, "--json"))["good"] == "0.2.0"
    assert f"{OLD} runs next" in told("rollback", "--data", tmp_path)
    assert read_update(updates).phase is Phase.ROLL_BACK
    told("rollback", "--data", tmp_path, code=1)
    told("check", "--data", tmp_path, code=1)
