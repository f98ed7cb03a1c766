"""`thacba-cloud commissioning` beside a running centre."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.app import Centre
from cloud.settings import read_settings
from tests.cloud.commissioning.sample import keep, sample_record
from tests.cloud.stage import running, write_config
from tests.servers import Server, free_port

runner = CliRunner()


async def console(*arguments: object) -> tuple[int, str]:
    """Runs the command line beside the centre."""
    answer = await asyncio.to_thread(runner.invoke, app, ["commissioning", *(str(each) for each in arguments)])
    return answer.exit_code, answer.output


async def test_records_are_listed_shown_and_printed(tmp_path: Path, mosquitto_server: Server) -> None:
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{mosquitto_server.port}")
    config.write_text(config.read_text().replace("port = 0", f"port = {free_port()}"))
    centre = Centre(read_settings(config))
    async with running(centre):
        now = centre.clock.now_ms()
        record, contents = sample_record(tmp_path / "edge", now, gateway="gw-mu-cang-chai", site="mcc")
        keep(centre.house.commissioning, record, contents, now=now)
        listed = await console("list", "--config", config)
        assert listed[0] == 0, listed[1]
        assert record.id in listed[1]
        assert json.loads((await console("list", "--config", config, "--json"))[1])[0]["verdict"] == "fail"
        shown = (await console("show", record.id, "--config", config))[1]
        for text in ("29.87 m", "0 to 200 m", "none (no answer)", "Đường vào trạm"):
            assert text in shown
        signed = json.loads((await console("show", record.id, "--config", config, "--json"))[1])
        assert json.loads(signed["body"])["id"] == record.id
        paper = tmp_path / "record.pdf"
        assert (await console("pdf", record.id, "--config", config, "--out", paper))[0] == 0
        assert paper.read_bytes().startswith(b"%PDF-")
        failed = await console("pdf", "0" * 32, "--config", config, "--out", tmp_path / "none.pdf")
        assert (failed[0], "no commissioning record" in failed[1]) == (1, True)
        assert not (tmp_path / "none.pdf").exists()
