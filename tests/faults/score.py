"""What all tests of the fault range found together, as one line of JSON; with several workers their sums are added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from tests.faults.tools.verifier import Verdict


@dataclass
class Score:
    """The sums of one worker, or of all."""

    cycles: int = 0
    cuts: int = 0
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    duplicates: int = 0
    unexplained: int = 0
    repeated: int = 0
    declared: int = 0
    ready_s_max: float = 0.0
    control_lost: int = 0
    blows: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: Verdict, *, cycles: int = 0, cuts: int = 0, ready_s: float = 0.0, blow: str = "") -> None:
        """Adds one verdict."""
        self.cycles += cycles
        self.cuts += cuts
        self.sent += verdict.sent
        self.acknowledged += verdict.acknowledged
        self.stored += verdict.stored
        self.lost += verdict.lost
        self.duplicates += verdict.strangers + verdict.altered
        self.unexplained += verdict.unexplained + verdict.awaited
        self.repeated += verdict.repeated
        self.ready_s_max = max(self.ready_s_max, round(ready_s, 2))
        if blow:
            self.blows[blow] = self.blows.get(blow, 0) + cycles + cuts

    def merge(self, other: Mapping[str, Any]) -> None:
        """Adds what another worker found, as `asdict` wrote it."""
        for name, value in other.items():
            mine = getattr(self, name)
            if name == "blows":
                mine.update({blow: mine.get(blow, 0) + times for blow, times in value.items()})
            else:
                setattr(self, name, max(mine, value) if name == "ready_s_max" else mine + value)


_SCORE = pytest.StashKey[Score]()


@pytest.fixture(scope="session")
def score(request: pytest.FixtureRequest) -> Score:
    """The sum of this run, or of this worker."""
    return request.config.stash.setdefault(_SCORE, Score())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its sums over."""
    made = session.config.stash.get(_SCORE, None)
    output = getattr(session.config, "workeroutput", None)
    if made is not None and output is not None:
        output["faults"] = asdict(made)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The run that started the workers adds them."""
    found = getattr(node, "workeroutput", {}).get("faults")
    if found is not None:
        node.config.stash.setdefault(_SCORE, Score()).merge(found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The last word."""
    made = config.stash.get(_SCORE, None)
    if made is not None:
        terminalreporter.write_line(json.dumps({"faults": asdict(made)}))
