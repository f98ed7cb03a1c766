"""Configurations from the command line, against an agent that runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from edge_agent.__main__ import cli
from tests.edge_agent.configuring.rig import gateway_at, gateway_file, gauge, gauges
from tests.waiting import eventually


async def run(*words: str) -> tuple[int, str]:
    answer = await asyncio.to_thread(CliRunner().invoke, cli, list(words))
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.output


async def test_plan_apply_confirm_rollback_and_status(tmp_path: Path) -> None:
    async with gauges(2) as hosts:
        devices = [gauge("d0", hosts[0].port), gauge("d1", hosts[1].port)]
        file = gateway_file(tmp_path, gateway="gw-1", broker=1, devices=devices[:1])
        (tmp_path / "new").mkdir()
        new = gateway_file(tmp_path / "new", gateway="gw-other", broker=1, devices=devices)
        where = ("--config", str(file))
        assert await run("status", *where) == (1, f"no agent answers at {tmp_path}/data/control.sock\n")
        async with gateway_at(tmp_path) as gateway:
            code, said = await run("plan", str(new), *where)
            assert (code, "Thêm 1 thiết bị: d1" in said, "Adds 1 device(s): d1" in said) == (0, True, True)
            code, said = await run("apply", str(new), "--confirm-within", "60", *where)
            assert (code, "version 1 (site" in said) == (0, True)
            await gateway.configuration(state="active", version=1)
            code, said = await run("status", "--json", *where)
            assert [each["id"] for each in json.loads(said)["devices"]] == ["d0", "d1"]
            assert await run("confirm", *where) == (
                1,
                "confirm: confirm makes no sense while the configurations are settled\n",
            )
            code, said = await run("rollback", *where)
            assert (code, "rolled_back; version 1 was given up: by_hand" in said) == (0, True)
            code, said = await run("status", *where)
            assert (code, "gw-1" in said, "device         d0: " in said) == (0, True, True)


async def test_a_file_that_is_none_and_an_agent_that_is_nowhere(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert (await run("plan", str(tmp_path / "broken.json"), "--data", str(tmp_path)))[0] == 2
    assert (await run("confirm", "--config", str(tmp_path / "none.toml")))[0] == 2


async def test_a_wrong_file_is_refused_by_the_agent_with_its_reasons(tmp_path: Path) -> None:
    async with gauges(1) as hosts:
        gateway_file(tmp_path, gateway="gw-1", broker=1, devices=[gauge("d0", hosts[0].port)])
        async with gateway_at(tmp_path) as gateway:
            wrong = tmp_path / "wrong.toml"
            wrong.write_text('[[devices]]\nid = "d0"\nprofile = "river_guage_radar"\n', encoding="utf-8")
            code, said = await run("apply", str(wrong), "--data", str(tmp_path / "data"))
            assert (code, "connection" in said) == (1, True)
            assert await eventually(gateway.answers)
            assert (await gateway.status())["configuration"]["state"] == "active"
