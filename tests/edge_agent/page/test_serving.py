"""The real program: it makes its code once, answers while nothing else runs, and says why it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.waiting import until

PROGRAM = (sys.executable, "-m", "edge_agent", "page")


def test_the_page_stands_alone_and_ends_in_good_order(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = subprocess.Popen([*PROGRAM, "--data", str(tmp_path), "--host", "127.0.0.1", "--port", str(port)])
    try:
        until(lambda: _answers(port))
        label = (tmp_path / "page" / "label.txt").read_text()
        code = label.rpartition(":")[2]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as phone:
            assert "Phần mềm đọc thiết bị không chạy" in phone.post("/login", data={"code": code}).text
        page.send_signal(signal.SIGTERM)
        assert page.wait(10) == 0
    finally:
        page.kill()
        page.wait()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ["--data", str(tmp_path), "--host", "127.0.0.1", "--port", str(taken.getsockname()[1])]
        said = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert said.returncode == 1
    assert "cannot listen on 127.0.0.1" in said.stderr


def test_a_new_code_is_shown_once(tmp_path: Path) -> None:
    environment = {**os.environ, "NO_COLOR": "1"}

    def code(*arguments: str) -> str:
        command = [*PROGRAM, "code", "--data", str(tmp_path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=environment).stdout

    assert "no code yet" in code()
    made = code("--new").strip()
    assert made.replace(" ", "").isdecimal()
    assert made in (tmp_path / "page" / "label.txt").read_text()
    assert made not in code()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/login").status_code == 200
    except httpx.TransportError:
        return False
