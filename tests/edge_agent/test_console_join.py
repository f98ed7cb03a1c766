"""`thacba-edge join` as a technician types it: with an agent that runs, without one, and without the centre."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from device_profiles.wire.claims import JoinAnswer, JoinRequest
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError
from tests.edge_agent.centre import centre_at
from tests.edge_agent.identity.authority import Authority
from tests.edge_agent.identity.stand import CODE, GATEWAY, standing
from tests.servers import free_port, run_mosquitto
from tests.waiting import eventually


@dataclass(frozen=True)
class Said:
    """What a program answered."""

    code: int
    out: str
    err: str


async def edge(*arguments: str, stdin: str = "", language: str = "en_US.UTF-8") -> Said:
    """Runs the console program to its end."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "edge_agent",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "LANG": language, "LC_ALL": language},
    )
    out, err = await program.communicate(stdin.encode())
    return Said(program.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def agent(data: Path) -> AsyncIterator[ControlClient]:
    """A boxed gateway's agent: no devices, no broker, no identity."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge_agent", "run", "--config", str(data / "none.toml"), "--data", str(data)
    )
    client = ControlClient(data / SOCKET)

    async def answers() -> bool:
        try:
            return bool(await client.ask("status"))
        except AgentAwayError:
            assert program.returncode is None
            return False

    try:
        await eventually(answers)  # type: ignore[arg-type]
        yield client
    finally:
        if program.returncode is None:
            program.terminate()
        await program.wait()


async def test_without_an_agent_the_console_joins_with_its_own_hands(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        data = tmp_path / "data"
        data.mkdir()
        said = await edge("join", "-", "--data", str(data), stdin=f"{stand.link}\n")
        assert (said.code, said.err) == (0, "")
        assert f"Joined: {GATEWAY} at tram-yen-bai" in said.out
        shown = await edge("identity", "show", "--data", str(data), "--json")
        document = json.loads(shown.out)
        assert (document["state"], document["gateway"], bool(document["serial"])) == ("member", GATEWAY, True)
        again = await edge("join", stand.link, "--data", str(data), language="vi_VN.UTF-8")
        assert (again.code, again.err.startswith("Thiết bị này đã là thành viên.")) == (1, True)
    assert stat.S_IMODE((data / "identity" / "key.pem").stat().st_mode) == 0o600


async def test_killed_when_the_centre_has_just_given_its_answer_it_gets_the_same_one_again(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        data = tmp_path / "data"
        give, programs = stand.joined, list[asyncio.subprocess.Process]()

        def kill_and_give(request: JoinRequest) -> JoinAnswer:
            programs[0].kill()
            return give(request)

        stand.joined = kill_and_give  # type: ignore[method-assign]
        programs.append(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "edge_agent", "join", stand.link, "--data", str(data)
            )
        )
        assert await programs[0].wait() == -signal.SIGKILL
        stand.joined = give  # type: ignore[method-assign]
        assert (await edge("join", stand.link, "--data", str(data))).code == 0
    first, second = (x509.load_pem_x509_csr(each.csr.encode()).public_key() for each in stand.joins)
    assert first == second


async def test_a_wrong_code_and_a_refused_one_end_with_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        data = str(tmp_path / "data")
        said = await edge("join", CODE[:-1] + "0", "--centre", stand.url, "--data", data)
        assert (said.code, "Look at the label again" in said.err) == (1, True)
        stand.refuse = (409, "claim_used")
        said = await edge("join", stand.link, "--data", data, "--language", "vi")
        assert (said.code, "Mã này đã được thiết bị khác dùng." in said.err) == (1, True)


async def test_a_code_without_the_centre_waits_and_the_agent_brings_it_by_itself(tmp_path: Path) -> None:
    """Everything as in the field: the agent's program, real HTTPS, a broker that asks for certificates."""
    authority, port, door = Authority(), free_port(), free_port()
    certificate, key = authority.server(tmp_path)
    (tmp_path / "root.pem").write_text(authority.pem)
    more = [
        f"listener {door} 127.0.0.1",
        f"certfile {certificate}",
        f"keyfile {key}",
        f"cafile {tmp_path / 'root.pem'}",
    ]
    more += ["require_certificate true", "use_identity_as_username true"]
    data = tmp_path / "data"
    data.mkdir()
    with run_mosquitto(more=more) as broker:
        async with centre_at(broker, gateway=GATEWAY) as centre, agent(data) as asked:
            pin = f"https://127.0.0.1:{port}/#pin={authority.pin}"
            said = await edge("join", CODE, "--centre", pin, "--data", str(data))
            assert (said.code, "The code is kept" in said.out) == (3, True)
            assert said.err.startswith("The centre cannot be reached.")
            async with standing(tmp_path, authority=authority, port=port) as stand:
                stand.broker_url = f"mqtts://127.0.0.1:{door}"
                await eventually(lambda: centre.states)
            assert centre.states[0].state == "online"
            status = await asked.ask("status")
            assert status["gateway"] == GATEWAY


async def test_a_box_that_becomes_another_gateway_ends_and_starts_anew_with_an_outbox_of_its_own(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with standing(tmp_path) as stand:
        assert (await edge("join", stand.link, "--data", str(data))).code == 0
        async with agent(data) as asked:
            assert (await asked.ask("status"))["gateway"] == GATEWAY
            stand.gateway = "gw-elsewhere"
            said = await edge("join", stand.link, "--anew", "--data", str(data))
            assert (said.code, "gw-elsewhere" in said.out) == (0, True)

            async def gone() -> bool:
                try:
                    return not await asked.ask("status")
                except AgentAwayError:
                    return True

            await eventually(gone)  # type: ignore[arg-type]
        async with agent(data) as asked:
            assert (await asked.ask("status"))["gateway"] == "gw-elsewhere"
    assert len(list(data.glob("quarantine-*/outbox.sqlite3"))) == 1


@pytest.mark.parametrize("question", ["join", "identity"])
async def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, question: str) -> None:
    (tmp_path / "identity").write_text("a file in its place")
    arguments = ("join", CODE, "--centre", "https://c.example") if question == "join" else ("identity", "show")
    said = await edge(*arguments, "--data", str(tmp_path))
    assert said.code == (1 if question == "join" else 0)
    assert "Traceback" not in said.err
