"""The child process, tried with small programs in place of ffmpeg."""

from __future__ import annotations

import asyncio
import sys
import textwrap

import psutil
import pytest

from edge_agent.connectors.camera.child import COMPLAINTS_KEPT, FfmpegChild, find_ffmpeg, running
from tests.waiting import eventually

PICTURE_BYTES = 8


def program(source: str) -> list[str]:
    return [sys.executable, "-c", "import os, sys, time\n" + textwrap.dedent(source)]


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def ended(child: FfmpegChild) -> None:
    while not child.ended:
        await child.news(10)


async def test_pictures_are_cut_from_the_stream_and_only_the_newest_is_kept() -> None:
    source = """
    for part in (b"aaaa", b"aaaabbbb", b"bbbbcccccccc", b"dd"):
        os.write(1, part)
    """
    async with running(program(source), b"", picture_bytes=PICTURE_BYTES, redact=str) as child:
        await ended(child)
        assert child.take() == b"c" * 8
        assert child.take() == b""
        assert child.unread <= 2


async def test_the_script_reaches_its_standard_input_and_complaints_are_redacted_and_few() -> None:
    source = """
    script = sys.stdin.read()
    print("frame=12", "progress=continue", script, "x" * 5000, sep="\\n", file=sys.stderr)
    for number in range(100):
        print("complaint", number, file=sys.stderr)
    print("Server returned 401", script, file=sys.stderr)
    """
    hide = "secret"
    async with running(
        program(source), hide.encode(), picture_bytes=PICTURE_BYTES, redact=lambda text: text.replace(hide, "***")
    ) as child:
        await ended(child)
        loss = child.loss()
    assert child.packets == 12
    assert loss.fault == "refused"
    assert hide not in str(loss)
    assert len(loss.detail) < COMPLAINTS_KEPT * 310


async def test_a_child_that_hangs_and_ignores_signals_is_killed() -> None:
    source = """
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, b"12345678")
    time.sleep(600)
    """
    async with running(program(source), b"", picture_bytes=PICTURE_BYTES, redact=str) as child:
        await child.news(10)
        pid = child.pid
        assert not gone(pid)
    assert gone(pid)


async def test_it_is_killed_when_the_block_fails() -> None:
    pids = []

    async def fail() -> None:
        hangs = program("time.sleep(600)")
        async with running(hangs, b"x" * 100_000, picture_bytes=PICTURE_BYTES, redact=str) as child:
            pids.append(child.pid)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert gone(pids[0])


async def test_waiting_for_news_has_an_end() -> None:
    async with running(program("time.sleep(600)"), b"", picture_bytes=PICTURE_BYTES, redact=str) as child:
        async with asyncio.timeout(20):
            await child.news(0.05)
        assert child.take() == b""
        assert child.loss().fault == "no_answer"


async def test_a_child_dies_with_an_agent_that_was_killed() -> None:
    source = """
    import asyncio
    from edge_agent.connectors.camera.child import running
    talk = [sys.executable, "-c", "import os, time\\nwhile True:\\n os.write(1, b'12345678')\\n time.sleep(0.05)"]
    async def main():
        async with running(talk, b"", picture_bytes=8, redact=str) as child:
            await child.news(10)
            print(child.pid, flush=True)
            os.kill(os.getpid(), 9)
    asyncio.run(main())
    """
    agent = await asyncio.create_subprocess_exec(*program(source), stdout=asyncio.subprocess.PIPE)
    assert agent.stdout is not None
    pid = int(await agent.stdout.readline())
    await agent.wait()
    await eventually(lambda: gone(pid))


def test_there_is_an_ffmpeg_even_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "imageio" in find_ffmpeg()
