"""The life of configurations on a gateway: which one is good, which is tried, which was given up; pure.

```
               propose               confirm
  settled ───────────────▶ trial ───────────────▶ settled      the tried one is good, the former good one is kept
     ▲  ▲                    │ │
     │  └──── revert         │ └── begin again (once: a power cut is no fault of a configuration; twice may be)
     │  (to the former one)  │
     └───────────────────────┘ give up: the good one runs again, the reason is kept
```
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from device_profiles.wire import RunningConfiguration
from device_profiles.wire.messages import Source, Standing
from edge_agent.connector import EdgeError

MOST_STARTS = 2  # of the program in one trial: one beyond the first may be a power cut
State = Literal["settled", "trial"]
Trigger = Literal["propose", "confirm", "give_up", "begin", "revert"]
TABLE: dict[tuple[State, Trigger], State] = {
    ("settled", "propose"): "trial",
    ("settled", "begin"): "settled",
    ("settled", "revert"): "settled",
    ("trial", "propose"): "trial",
    ("trial", "confirm"): "settled",
    ("trial", "give_up"): "settled",
    ("trial", "begin"): "trial",
}


class OrderError(EdgeError):
    """This cannot be done with configurations in this state; nothing was changed."""


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which configuration: its number, what it says, and who sent it. Without a number it is gateway.toml alone."""

    version: int = 0
    hash: str = ""
    source: Source = "file"

    @property
    def key(self) -> str:
        """Its name on disk."""
        return f"{self.version}-{self.hash}" if self.version else ""


FILE = Label()


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is tried, and what has to be there again before it counts as good."""

    label: Label
    within_s: float
    needs_link: bool = False
    answered: tuple[str, ...] = ()  # devices that answered before
    starts: int = 1


class GivenUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was tried last and did not become good."""

    label: Label
    reason: str


class Versions(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a gateway knows of its configurations. `good` runs unless there is a trial; `former` was good before."""

    good: Label = FILE
    former: Label | None = None
    trial: Trial | None = None
    given_up: GivenUp | None = None
    newest: int = 0  # number of the newest one of the centre that was ever tried, good or not

    @property
    def state(self) -> State:
        """Where in the life cycle."""
        return "settled" if self.trial is None else "trial"

    @property
    def runs(self) -> Label:
        """What runs, or shall run."""
        return self.good if self.trial is None else self.trial.label

    @property
    def keys(self) -> frozenset[str]:
        """The names on disk that may still be needed."""
        labels = (self.good, self.former, self.trial.label if self.trial else None)
        return frozenset(label.key for label in labels if label is not None and label.key)

    def wants(self, version: int) -> bool:
        """Whether a configuration of the centre with this number is newer than all before."""
        return version > self.newest


def propose(versions: Versions, trial: Trial) -> Versions:
    """Tries another configuration; one that was being tried is left for it, what is good stays good."""
    _may(versions, "propose")
    label = trial.label
    newest = max(versions.newest, label.version) if label.source == "centre" else versions.newest
    return replace(versions, trial=trial, given_up=None, newest=newest)


def settle(versions: Versions, label: Label) -> Versions:
    """Takes over a number for what runs already: nothing changes, so nothing has to be tried."""
    _may(versions, "propose")
    newest = max(versions.newest, label.version) if label.source == "centre" else versions.newest
    return replace(_good(versions, label), newest=newest)


def refuse(versions: Versions, label: Label, reason: str) -> Versions:
    """A configuration that cannot even be tried: it is noted, so that the centre hears why."""
    newest = max(versions.newest, label.version) if label.source == "centre" else versions.newest
    return replace(versions, given_up=GivenUp(label, reason), newest=newest)


def confirm(versions: Versions) -> Versions:
    """What was tried is good."""
    return _good(versions, _tried(versions, "confirm").label)


def give_up(versions: Versions, reason: str) -> Versions:
    """What was tried is not good; what was good before runs again."""
    tried = _tried(versions, "give_up").label
    return replace(versions, trial=None, given_up=GivenUp(tried, reason))


def begin(versions: Versions) -> Versions:
    """The program starts: a trial goes on once; when it is begun again and again, it is what ends the program."""
    _may(versions, "begin")
    if versions.trial is None:
        return versions
    if versions.trial.starts >= MOST_STARTS:
        return give_up(versions, "restarts")
    return replace(versions, trial=replace(versions.trial, starts=versions.trial.starts + 1))


def revert(versions: Versions, reason: str) -> Versions:
    """Goes back from what is good to what was good before it, because somebody says so."""
    _may(versions, "revert")
    if versions.former is None:
        raise OrderError("there is no former configuration to go back to")
    return replace(versions, good=versions.former, former=None, given_up=GivenUp(versions.good, reason))


def running(versions: Versions, file_hash: str) -> RunningConfiguration:
    """What birth and health say."""
    label, given_up = versions.runs, versions.given_up
    state: Standing = "trial" if versions.trial else "rolled_back" if given_up else "active"
    return RunningConfiguration(
        version=label.version,
        hash=label.hash or file_hash,
        source=label.source,
        state=state,
        tried=given_up.label.version if given_up and state == "rolled_back" else 0,
        reason=given_up.reason if given_up and state == "rolled_back" else "",
    )


def _good(versions: Versions, label: Label) -> Versions:
    former = versions.good if label.hash != versions.good.hash else versions.former
    return replace(versions, good=label, former=former, trial=None, given_up=None)


def _tried(versions: Versions, trigger: Trigger) -> Trial:
    _may(versions, trigger)
    if versions.trial is None:
        raise OrderError("nothing is being tried")
    return versions.trial


def _may(versions: Versions, trigger: Trigger) -> None:
    if (versions.state, trigger) not in TABLE:
        raise OrderError(f"{trigger} makes no sense while the configurations are {versions.state}")
