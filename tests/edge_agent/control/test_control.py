"""Questions over a real socket: answers, refusals, streams, strangers, and an agent that is not there."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from edge_agent.control.client import ControlClient
from edge_agent.control.protocol import LONGEST_LINE, AgentAwayError, ControlError
from edge_agent.control.server import ControlServer
from tests.waiting import eventually


async def echo(arguments: Mapping[str, object]) -> Mapping[str, object]:
    return {"heard": dict(arguments)}


async def refuse(_: Mapping[str, object]) -> Mapping[str, object]:
    raise ControlError("gauge-1", "is not configured", "look at `status`")


async def count(_: Mapping[str, object]) -> AsyncIterator[Mapping[str, object]]:
    for number in range(3):
        yield {"number": number}


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Path]:
    path = folder / "control.sock"
    server = ControlServer(path, {"echo": echo, "refuse": refuse}, streams={"count": count})
    async with asyncio.TaskGroup() as group:
        work = group.create_task(server.run())
        await eventually(path.exists)
        try:
            yield path
        finally:
            work.cancel()


async def test_a_question_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as path:
        answer = await ControlClient(path).ask("echo", {"name": "Trạm Yên Bái", "many": [1, None, {"a": 2.5}]})
    assert answer == {"heard": {"name": "Trạm Yên Bái", "many": [1, None, {"a": 2.5}]}}


async def test_a_refusal_says_what_why_and_what_to_try(tmp_path: Path) -> None:
    async with serving(tmp_path) as path:
        with pytest.raises(ControlError) as caught:
            await ControlClient(path).ask("refuse")
        assert (caught.value.what, caught.value.why) == ("gauge-1", "is not configured")
        assert caught.value.hint == "look at `status`"


async def test_an_unknown_verb_names_those_that_are_known(tmp_path: Path) -> None:
    async with serving(tmp_path) as path:
        with pytest.raises(ControlError, match="it knows count, echo, refuse"):
            await ControlClient(path).ask("dance")


async def test_a_stream_gives_its_parts_and_ends(tmp_path: Path) -> None:
    async with serving(tmp_path) as path:
        parts = [part["number"] async for part in ControlClient(path).stream("count")]
    assert parts == [0, 1, 2]


async def test_an_agent_that_is_not_there_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(AgentAwayError):
        await ControlClient(tmp_path / "control.sock").ask("status")


async def test_an_agent_that_never_answers_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "mute.sock"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        with pytest.raises(AgentAwayError, match="does not answer"):
            await ControlClient(path, answer_within_s=0.05).ask("status")


async def test_nonsense_is_refused_and_the_next_question_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET / HTTP/1.1\n" + b'{"verb": "echo"}\n')
        assert b'"ok":false' in await reader.readline()
        assert b'"ok":true' in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_a_line_without_end_costs_no_more_than_its_limit(tmp_path: Path) -> None:
    async with serving(tmp_path) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * (LONGEST_LINE + 2))
        with suppress(ConnectionResetError):
            await reader.read()
        writer.close()
        assert await ControlClient(path).ask("echo") == {"heard": {}}


async def test_only_owner_and_group_may_ask_and_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    async with serving(tmp_path):
        await eventually(lambda: stat.S_IMODE(path.stat().st_mode) == 0o660)
        assert await ControlClient(path).ask("echo") == {"heard": {}}
    assert not path.exists()


async def test_folders_that_others_make_while_the_socket_opens_keep_their_rights(tmp_path: Path) -> None:
    """The umask belongs to the whole program: an identity folder that nobody may enter locks a gateway out."""
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(ControlServer(tmp_path / "control.sock", {}).run())
        folders = [tmp_path / f"folder-{number}" for number in range(20)]
        for folder in folders:
            folder.mkdir(0o700)
            await asyncio.sleep(0)
        serving.cancel()
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
