"""Starts our real programs in tens of milliseconds: a warm interpreter that has imported them forks one per start.

The child is a process of its own that runs the program's own command line from its first line; only the imports are
already done. So a thousand kill -9 cycles fit into minutes. Kill the child by its pid; `wait` says how it ended.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

WARM = ("cloud.__main__", "edge_agent.__main__", "edge_agent.connectors.http_json.push")


@dataclass(frozen=True, slots=True)
class Child:
    """One running program."""

    starter: Starter
    pid: int

    def kill(self) -> None:
        """SIGKILL, and waits for the end; harmless when it has ended."""
        with suppress(ProcessLookupError):  # not reaped before `wait`, so the pid is still its own
            os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Any other signal."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit code, negative for a signal; asked once or often."""
        return self.starter.wait(self.pid)


class Starter:
    """The warm interpreter, seen from outside; one request at a time.

    Programs: "edge", "cloud", and for the control "edge-careless", the agent without the fsync of each commit.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._ended: dict[int, int] = {}

    def start(self, program: str, *arguments: str, log: Path) -> Child:
        """Runs a program with these arguments; what it prints goes to the end of `log`."""
        return Child(self, self._ask([program, str(log), *arguments]))

    def wait(self, pid: int) -> int:
        """How this child ended."""
        if pid not in self._ended:
            self._ended[pid] = self._ask(["wait", str(pid)])
        return self._ended[pid]

    def _ask(self, words: Sequence[str]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def warm_starter(environment: Mapping[str, str] | None = None) -> Iterator[Starter]:
    """A warm interpreter; its children must have been ended before it. `environment`: what is added to ours."""
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    )
    try:
        yield Starter(process)
    finally:
        process.communicate()  # the end of its input is the end of it


def main() -> None:
    """Answers requests until there are no more."""
    for name in WARM:
        importlib.import_module(name)

    for line in sys.stdin:
        words = json.loads(line)
        if words[0] == "wait":
            print(os.waitstatus_to_exitcode(os.waitpid(int(words[1]), 0)[1]), flush=True)
        else:
            print(_forked(words[0], words[1], words[2:]), flush=True)


def _forked(program: str, log: str, arguments: Sequence[str]) -> int:
    pid = os.fork()
    if pid == 0:
        silence, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for target, source in ((0, silence), (1, output), (2, output)):
            os.dup2(source, target)
        os.closerange(3, 256)
        _run(program, arguments)
    return pid


def _run(program: str, arguments: Sequence[str]) -> None:
    """Never returns: what a program does at its end happens, and nothing of the warm interpreter's."""
    code = 0
    try:
        _main_of(program)(args=list(arguments), standalone_mode=False)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 -- as the interpreter itself does at the top
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stderr.flush()
    os._exit(code)


def _main_of(program: str) -> Callable[..., object]:
    import typer

    import cloud.__main__
    import edge_agent.__main__
    import edge_agent.outbox.sqlite as outbox

    if program == "edge-careless":  # the one place that bends the product: it proves that the harness can see loss
        vars(outbox)["PRAGMAS"] = tuple(each.replace("= FULL", "= NORMAL") for each in outbox.PRAGMAS)
    return typer.main.get_command(cloud.__main__.app if program == "cloud" else edge_agent.__main__.cli)


if __name__ == "__main__":
    main()
