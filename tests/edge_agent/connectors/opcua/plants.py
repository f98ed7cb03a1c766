"""Starts the server program of the tests, tells it what to change, and takes it away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.servers import HOST, free_port

PROGRAM = Path(__file__).with_name("server_program.py")


class Plant:
    """One running server; everybody may read it, and the user `giam-sat` has a password."""

    def __init__(
        self,
        folder: Path,
        nodes: Mapping[str, object],
        *,
        namespaces: Sequence[str] = ("urn:plant",),
        password: str = "",
    ) -> None:
        self.port = free_port()
        self.url = f"opc.tcp://{HOST}:{self.port}/plant"
        self.certificate = folder / "server.der"
        self.namespaces = list(namespaces)
        self._folder = folder
        self._nodes = dict(nodes)
        self._password = password
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when the server answers."""
        pipe = subprocess.PIPE
        quiet = subprocess.DEVNULL
        command = [sys.executable, str(PROGRAM)]
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=quiet, text=True, env=dict(os.environ)
        )
        told = {"url": self.url, "folder": str(self._folder), "nodes": self._nodes, "password": self._password}
        self._say({**told, "namespaces": self.namespaces}, "ready")

    def put(self, node: str, value: object = None, status: str = "Good") -> None:
        """Returns when the node has this value and status."""
        said: dict[str, object] = {"node": node, "status": status}
        if value is not None:
            said["value"] = value
        self._say(said, "set")

    def kill(self) -> None:
        """Ends the process as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                _close(pipe)

    def _say(self, what: Mapping[str, object], expected: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer == expected, f"the server says {answer!r} instead of {expected!r}"


@contextmanager
def run_plant(folder: Path, nodes: Mapping[str, object], **more: object) -> Iterator[Plant]:
    """A server with these nodes, for as long as the test needs it."""
    plant = Plant(folder, nodes, **more)  # type: ignore[arg-type]
    try:
        plant.start()
        yield plant
    finally:
        plant.kill()


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        pipe.close()
