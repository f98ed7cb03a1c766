"""`thacba-launch`: what systemd starts; it decides which version runs, and takes back one that does not prove itself.

The standard library alone, and no update replaces it: whatever a new version does, the old launcher judges it.

    python3 -I -S thacba-launch.pyz --root /opt/thacba --data /var/lib/thacba -- run --config /etc/thacba/gateway.toml
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge_agent.updating.record import (
    Phase,
    RecordError,
    Trigger,
    Update,
    at_start,
    installed,
    point,
    read_update,
    stepped,
    write_update,
)

PROGRAM: Final = Path("bin") / "thacba-edge"
ROOT_VARIABLE: Final = "THACBA_ROOT"  # tells the program that a launcher stands behind it, and where
TRIAL_S: Final = 1800.0  # the program itself gives up long before; this is for one that forgot how
END_WITHIN_S: Final = 20.0
NOTHING: Final = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Where the versions are, and the folder of the record."""

    root: Path
    updates: Path

    @property
    def current(self) -> Path:
        """The link to what runs."""
        return self.root / "current"

    @property
    def good(self) -> Path:
        """The link to what ran well last; the technician's page is started from here."""
        return self.root / "good"

    def program(self, version: str) -> Path:
        """What is started of a version."""
        return self.root / "versions" / version / PROGRAM

    def is_there(self, version: str) -> bool:
        """Whether a version can be started at all."""
        return bool(version) and os.access(self.program(version), os.X_OK)


def settle(places: Places) -> Update:
    """Brings record and links into order before a start, and says what was decided; every step is on disk first.

    Where the disk takes nothing any more (full, read-only) no trial begins: what ran well last runs all the same.
    """
    stored = _stored(places)
    update = _with_good(places, stored)
    try:
        return _settled(places, stored, update)
    except OSError as error:
        _say(f"the record cannot be kept ({error}): starting with what ran well last")
        return replace(update, phase=Phase.IDLE)


def _settled(places: Places, stored: Update, update: Update) -> Update:
    decided = at_start(update)
    if decided.phase is Phase.GATE and not places.is_there(decided.version):
        decided = stepped(decided, Trigger.FAIL, reason="is not there any more")
    _keep(places, stored, decided)
    if decided.phase is Phase.ROLL_BACK:
        for link in (places.current, places.good):
            _link(places, link, decided.good)
        update, decided = decided, stepped(decided, Trigger.RETURNED)
        _keep(places, update, decided)
    _link(places, places.current, decided.runs)
    return decided


def candidates(places: Places, update: Update) -> list[str]:
    """Every version that could run, the one that has to first; those that were given up come last."""
    there = installed(places.root)
    given_up = [version for version in there if version in update.failed]
    wanted = [update.runs, update.good, _target(places.good), _target(places.current), update.previous]
    ordered = [*wanted, *[version for version in reversed(there) if version not in given_up], *given_up]
    return [version for version in dict.fromkeys(ordered) if places.is_there(version)]


def launch(places: Places, arguments: Sequence[str], *, trial_s: float) -> int:
    """Runs the program; returns only when a trial has ended, or when nothing can be started."""
    update = settle(places)
    if update.phase is Phase.GATE:
        code = _tried(places, update, arguments, within_s=trial_s)
        if code is not None:
            return code
        update = settle(places)
    for version in candidates(places, update):
        _link(places, places.current, version)
        try:
            os.execve(places.program(version), _command(places, version, arguments), _environment(places))  # noqa: S606 -- ours
        except OSError as error:
            _say(f"version {version} cannot be started: {error}")
    _say(f"there is no version under {places.root / 'versions'}: install the package again")
    return NOTHING


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the launcher; the exit code is that of the program."""
    parser = argparse.ArgumentParser(prog="thacba-launch", description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path("/opt/thacba"), help="Where versions and links are.")
    parser.add_argument("--data", type=Path, default=Path("/var/lib/thacba"), help="Data folder of the gateway.")
    parser.add_argument("--trial-s", type=float, default=TRIAL_S, help="Longest trial of a version.")
    parser.add_argument("arguments", nargs="*", help="Arguments of thacba-edge, after --.")
    asked = parser.parse_args(arguments)
    places = Places(asked.root, asked.data / "updates")
    with suppress(OSError):
        places.updates.mkdir(parents=True, exist_ok=True)
    try:
        return launch(places, asked.arguments, trial_s=asked.trial_s)
    except (OSError, RecordError) as error:
        _say(f"the record cannot be kept during a trial: {error}")
        return NOTHING


def _stored(places: Places) -> Update:
    try:
        return read_update(places.updates)
    except RecordError as error:
        _say(f"{error}; starting with what ran well last")
        return Update()


def _with_good(places: Places, update: Update) -> Update:
    """The record of a new gateway names nothing good yet, and a damaged one is as good as none."""
    if update.good and (update.phase is not Phase.IDLE or places.is_there(update.good)):
        return update
    there = [_target(places.good), _target(places.current), *reversed(installed(places.root))]
    return replace(update, good=next((version for version in there if places.is_there(version)), update.good))


def _keep(places: Places, before: Update, after: Update) -> None:
    if after != before:
        write_update(places.updates, after)


def _link(places: Places, link: Path, version: str) -> None:
    """A link is for people; what runs is decided by the record, so a link that cannot be set stops nothing."""
    try:
        if places.is_there(version):
            point(link, version)
    except OSError as error:
        _say(f"{link} cannot be set: {error}")


def _target(link: Path) -> str:
    try:
        return link.readlink().name
    except OSError:
        return ""


def _tried(places: Places, update: Update, arguments: Sequence[str], *, within_s: float) -> int | None:
    """Runs the version on trial as a child; its exit code, or None when it was ended because it proved nothing."""
    command = _command(places, update.version, arguments)
    try:
        child = subprocess.Popen(command, env=_environment(places))  # noqa: S603 -- ours
    except OSError as error:
        _fail(places, f"cannot be started: {error}")
        return None
    with _signals_passed_to(child):
        try:
            return _code(child.wait(within_s))
        except subprocess.TimeoutExpired:
            if read_update(places.updates).phase is not Phase.GATE:
                return _code(child.wait())  # it proved itself, and goes on
            child.terminate()
            try:
                child.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    _fail(places, f"did not prove itself within {within_s:.0f} s")
    return None


def _fail(places: Places, reason: str) -> None:
    """Unless the program itself said meanwhile how it went."""
    update = read_update(places.updates)
    if update.phase is Phase.GATE:
        write_update(places.updates, stepped(update, Trigger.FAIL, reason=reason))


@contextmanager
def _signals_passed_to(child: subprocess.Popen[bytes]) -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda got, _frame: child.send_signal(got)) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _command(places: Places, version: str, arguments: Sequence[str]) -> list[str]:
    return [str(places.program(version)), *arguments]


def _environment(places: Places) -> Mapping[str, str]:
    """What an update brought was compiled when it was installed: nothing is written into a version afterwards."""
    return {**os.environ, ROOT_VARIABLE: str(places.root), "PYTHONDONTWRITEBYTECODE": "1"}


def _code(code: int) -> int:
    return 128 - code if code < 0 else code  # as a shell says that a signal ended it


def _say(text: str) -> None:
    sys.stderr.write(f"thacba-launch: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
