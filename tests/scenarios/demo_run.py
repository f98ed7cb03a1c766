"""Runs `thacba-sim demo` as a person would, and hands over what it printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
PROGRAM = str(Path(sys.executable).parent / "thacba-sim")
READY = "user / tài khoản"


@dataclass(slots=True)
class DemoRun:
    """A demonstration in a folder of its own."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def output(self) -> str:
        """What it printed so far."""
        return (self.folder / "output.txt").read_text(encoding="utf-8")

    @property
    def errors(self) -> str:
        """What it complained about so far."""
        return (self.folder / "errors.txt").read_text(encoding="utf-8")

    @property
    def programs(self) -> Path:
        """Where its programs keep their files."""
        return self.folder / ".demo"

    def wait_until_ready(self) -> None:
        """Returns when the first reading is on the page."""
        until(lambda: READY in self.output or self.process.poll() is not None, within_s=90)
        assert self.process.poll() is None, self.errors + self.output

    def figures(self, *, within_s: float) -> dict[str, Any]:
        """The last line, after the demonstration has ended by itself."""
        code = self.process.wait(within_s)
        assert code == 0, self.errors + self.output
        last: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return last

    def end(self) -> None:
        """Ends it whatever it does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def children(self) -> list[int]:
        """Processes that live and have this run's folder in their arguments."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is_ours(pid)]

    def child(self, name: str) -> int:
        """The process of one program, by a word of its arguments."""
        (found,) = [pid for pid in self.children() if name in _arguments(pid)]
        return found

    def _is_ours(self, pid: int) -> bool:
        return pid != self.process.pid and str(self.folder) in _arguments(pid)


def start_demo(folder: Path, environment: Mapping[str, str]) -> DemoRun:
    """Starts a demonstration whose working folder lies in `folder`; rules and sites are the checkout's."""
    (folder / "deploy").symlink_to(ROOT / "deploy")
    with (folder / "output.txt").open("wb") as output, (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [PROGRAM, "demo"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
    return DemoRun(process, folder)


def _arguments(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
