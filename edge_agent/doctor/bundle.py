"""Packs what helps from far away into one archive: findings, status, configuration and log, without secrets."""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

import msgspec

from edge_agent.helping.redact import redacted
from edge_agent.running import Setup

LONGEST_PART = 1024 * 1024
JOURNAL_WITHIN_S = 10.0
JOURNAL = ("journalctl", "-u", "thacba-edge", "-u", "thacba-page", "-n", "2000", "--no-pager", "-o", "short-iso")
FOLDER = "thacba-bundle"


def write_bundle(path: Path, setup: Setup, documents: Mapping[str, object]) -> list[str]:
    """Writes the archive (gzip, 0600) and says what is in it; `documents` are findings and the like, by name."""
    parts = {f"{name}.json": _json(document) for name, document in documents.items()}
    parts |= dict(_files(setup)) | {"system.txt": _system(setup.data_dir), "journal.txt": _journal()}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in parts.items():
            content = redacted(text)[-LONGEST_PART:].encode()
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return sorted(parts)


def _files(setup: Setup) -> Iterator[tuple[str, str]]:
    """The configuration as its files say it; keys, passwords and what was unsealed stay where they are."""
    wanted = {"gateway.toml": setup.file, "configuration-state.json": setup.data_dir / "configuration" / "state.json"}
    for name, path in wanted.items():
        try:
            yield name, path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            yield name, f"cannot be read: {error.strerror}\n"


def _json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _system(data_dir: Path) -> str:
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())
    packages = sorted({f"{each.name} {each.version}" for each in distributions()})
    usage = shutil.disk_usage(data_dir if data_dir.exists() else data_dir.anchor)
    lines = [
        f"system {platform.platform()}",
        f"python {platform.python_version()}",
        f"load {load}",
        f"disk free {usage.free} of {usage.total}",
        *packages,
    ]
    return "\n".join(lines) + "\n"


def _journal() -> str:
    """The newest lines of the system's log, where there is one."""
    program = shutil.which(JOURNAL[0])
    if program is None:
        return "no journal on this machine\n"
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            [program, *JOURNAL[1:]], capture_output=True, text=True, check=False, timeout=JOURNAL_WITHIN_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cannot be read: {error}\n"
    return done.stdout or done.stderr
