"""A signed release on a stick, made with the real commands."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.releases.making import OUTBOX_IN_WHEEL
from tests.edge_agent.updating.wheels import make_wheel

PROGRAM = {OUTBOX_IN_WHEEL: "SCHEMA_VERSION = 7\n", "edge_agent/__init__.py": ""}


def told(*arguments: object, code: int = 0) -> str:
    """What the centre's command line says, when it ends with this code."""
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == code, done.output
    return done.output


def wheels(folder: Path, version: str = "0.2.0") -> Path:
    """Our own wheel, and one that takes several parts to fetch."""
    make_wheel(folder, "thacba", version, PROGRAM)
    make_wheel(folder, "rich", "14.0", {"rich/__init__.py": "# " + "x" * 100_000})
    return folder


def signed_stick(folder: Path) -> tuple[Path, str]:
    """A signed release, and the public half of its key."""
    stick, key = wheels(folder / "stick"), folder / "release.key"
    public = told("release", "key", "--key", key).strip()
    told("release", "make", stick, "--minimum", "0.1", "--note-vi", "Bản mới")
    told("release", "sign", stick, "--key", key)
    return stick, public
