"""What is known about the update of this gateway: one small file, whole on disk before anybody acts on it.

The standard library alone: the launcher, which no update replaces, reads and writes this file too. A later version
may add keys, which an older one lets go, and must understand these.

```
<data_dir>/updates/state.json      this record
<root>/versions/<version>/         a version, whole from the moment it has this name
<root>/current, <root>/good        links: what runs, and what ran well last
```
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edge_agent.connector import EdgeError

FOLDER: Final = "updates"  # in the data folder
NAME: Final = "state.json"
BY_HAND: Final = "given up by hand"
MOST_STARTS: Final = 3  # of a version on trial; power cuts count too: in doubt, the old one
KEPT_FAILURES: Final = 10
_NUMBER: Final = re.compile(r"\d+")
_FOLDER_NAME: Final = re.compile(r"[0-9][A-Za-z0-9.]{0,39}")


class Phase(StrEnum):
    """Where an update stands; the value is written BEFORE what it names is begun."""

    IDLE = "idle"
    INIT = "init"  # read the manifest, check the signature, the way back and the room on the disk
    DOWNLOAD = "download"
    VERIFY = "verify"  # size and digest of every file, read back from the disk
    INSTALL = "install"  # beside the old one
    SWITCH = "switch"  # the link `current`
    RESTART = "restart"
    GATE = "gate"  # the new one runs and has to prove itself
    COMMIT = "commit"
    ROLL_BACK = "roll_back"


class Trigger(StrEnum):
    """What moves an update on."""

    ASK = "ask"
    ACCEPT = "accept"
    REFUSE = "refuse"
    FETCHED = "fetched"
    PROVEN = "proven"
    DAMAGED = "damaged"
    INSTALLED = "installed"
    SWITCHED = "switched"
    START = "start"
    HEALTHY = "healthy"
    FAIL = "fail"
    CLEANED = "cleaned"
    RETURN = "return"
    RETURNED = "returned"


BEFORE_SWITCH: Final = (Phase.INIT, Phase.DOWNLOAD, Phase.VERIFY, Phase.INSTALL)
TABLE: Final[Mapping[tuple[Phase, Trigger], Phase]] = MappingProxyType(
    {
        (Phase.IDLE, Trigger.ASK): Phase.INIT,
        (Phase.INIT, Trigger.ACCEPT): Phase.DOWNLOAD,
        (Phase.DOWNLOAD, Trigger.FETCHED): Phase.VERIFY,
        (Phase.VERIFY, Trigger.DAMAGED): Phase.DOWNLOAD,
        (Phase.VERIFY, Trigger.PROVEN): Phase.INSTALL,
        (Phase.INSTALL, Trigger.INSTALLED): Phase.SWITCH,
        (Phase.SWITCH, Trigger.SWITCHED): Phase.RESTART,
        (Phase.SWITCH, Trigger.START): Phase.GATE,  # the power went before the agent could restart by itself
        (Phase.RESTART, Trigger.START): Phase.GATE,
        (Phase.GATE, Trigger.START): Phase.GATE,
        (Phase.GATE, Trigger.HEALTHY): Phase.COMMIT,
        (Phase.COMMIT, Trigger.CLEANED): Phase.IDLE,
        (Phase.ROLL_BACK, Trigger.RETURNED): Phase.IDLE,
        (Phase.IDLE, Trigger.RETURN): Phase.ROLL_BACK,
        **{(phase, Trigger.REFUSE): Phase.IDLE for phase in BEFORE_SWITCH},
        **{(phase, Trigger.FAIL): Phase.ROLL_BACK for phase in (Phase.SWITCH, Phase.RESTART, Phase.GATE)},
    }
)


class RecordError(EdgeError):
    """The record cannot be read, or a step was asked for that its phase does not know; nothing changed."""


@dataclass(frozen=True, slots=True)
class Update:
    """The record. `good`: what ran well last, and runs unless `version` is on trial; "" = nobody has said yet."""

    phase: Phase = Phase.IDLE
    good: str = ""
    previous: str = ""  # what was good before
    version: str = ""  # the one that is wanted; after the end, the one that was
    origin: str = ""  # folder that it comes from; "" = the centre
    starts: int = 0  # of the version on trial
    damaged: int = 0  # times that a download was not what the manifest says
    reason: str = ""  # why the last update ended as it did; "" = it was taken
    baseline_link: bool = False  # whether the centre was there before the switch
    baseline_devices: tuple[str, ...] = ()  # which devices answered before it
    failed: Mapping[str, str] = field(default_factory=dict)  # versions that were tried and given up, with the reason

    @property
    def runs(self) -> str:
        """The version that has to run in this phase."""
        return self.version if self.phase in (Phase.GATE, Phase.COMMIT) else self.good


def stepped(update: Update, trigger: Trigger, *, reason: str = "") -> Update:
    """The record after a trigger; RecordError when its phase does not know it."""
    phase = TABLE.get((update.phase, trigger))
    if phase is None:
        raise RecordError(f"an update in {update.phase.value} knows no {trigger.value}")
    moved = replace(update, phase=phase)
    match trigger:
        case Trigger.DAMAGED:
            return replace(moved, damaged=update.damaged + 1)
        case Trigger.START:
            return replace(moved, starts=update.starts + 1)
        case Trigger.REFUSE | Trigger.FAIL:
            return replace(moved, reason=reason)
        case Trigger.RETURN:  # by hand: what was good is given up for what was good before
            return replace(moved, version=update.good, good=update.previous, previous="", reason=reason)
        case Trigger.CLEANED:
            return replace(moved, good=update.version, previous=update.good, starts=0, failed=_without(update))
        case Trigger.RETURNED:
            return replace(moved, starts=0, failed=_with_failure(update))
        case _:
            return moved


def asked(update: Update, version: str, *, origin: str = "") -> Update:
    """The record when this version is wanted from now on; RecordError while another update is under way."""
    begun = stepped(update, Trigger.ASK)
    return Update(
        begun.phase, good=update.good, previous=update.previous, version=version, origin=origin, failed=update.failed
    )


def adopted(update: Update, version: str) -> Update:
    """The record when a person installed this version with the package: it is good, whatever was under way."""
    before = update.good if update.good != version else update.previous
    failed = {each: reason for each, reason in update.failed.items() if each != version}
    return Update(good=version, previous=before, failed=failed)


def at_start(update: Update) -> Update:
    """What the launcher makes of the record each time that the program is started."""
    if update.phase in (Phase.SWITCH, Phase.RESTART, Phase.GATE):
        if update.starts >= MOST_STARTS:
            return stepped(update, Trigger.FAIL, reason=f"was started {update.starts} times and never proved itself")
        return stepped(update, Trigger.START)
    return update


def read_update(folder: Path) -> Update:
    """The record in the folder `updates`; an empty one when there is none, RecordError when it is no record."""
    try:
        table = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Update()
    except (OSError, ValueError) as error:
        raise RecordError(f"{folder / NAME}: {error}") from error
    return _update_of(table)


def write_update(folder: Path, update: Update) -> None:
    """Returns when the record is on disk, whole; whoever reads meanwhile sees the former one."""
    text = json.dumps({"v": 1, **asdict(update), "failed": dict(update.failed)}, ensure_ascii=False, indent=1)
    fresh = folder / f".{NAME}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(folder / NAME)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Returns when the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def point(link: Path, version: str) -> None:
    """Makes a link beside `versions` name this version, in one step, on disk when it returns."""
    target = Path("versions") / version
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.rename(link)
    sync_folder(link.parent)


def installed(root: Path) -> list[str]:
    """The versions that are there, whole, newest last; what is being installed has a name with a dot in front."""
    try:
        names = [path.name for path in (root / "versions").iterdir() if path.is_dir()]
    except OSError:
        return []
    return sorted(filter(_FOLDER_NAME.fullmatch, names), key=lambda name: [int(each) for each in _NUMBER.findall(name)])


def _update_of(table: object) -> Update:
    if not isinstance(table, dict) or table.get("v") != 1:
        raise RecordError("the record is of another kind")
    known = {each.name: table[each.name] for each in fields(Update) if each.name in table}
    try:
        known["phase"] = Phase(known["phase"])
        known["baseline_devices"] = tuple(known.get("baseline_devices", ()))
        made = Update(**known)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"the record makes no sense: {error}") from error
    for version in (made.good, made.previous, made.version):
        if version and not _FOLDER_NAME.fullmatch(version):
            raise RecordError(f"{version[:40]!r} is not a version")
    return made


def _with_failure(update: Update) -> dict[str, str]:
    kept = [pair for pair in update.failed.items() if pair[0] != update.version][-(KEPT_FAILURES - 1) :]
    return dict([*kept, (update.version, update.reason)])


def _without(update: Update) -> dict[str, str]:
    return {version: reason for version, reason in update.failed.items() if version != update.version}
