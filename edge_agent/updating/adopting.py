"""Makes a version that the package installed the one that runs; the one before it stays. Standard library alone.

python3 -m edge_agent.updating.adopting --root /opt/thacba --data /var/lib/thacba --version 0.2.0
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_agent.updating.record import (
    FOLDER,
    RecordError,
    Update,
    adopted,
    installed,
    point,
    read_update,
    sync_folder,
    write_update,
)


def adopt(root: Path, data: Path, version: str) -> None:
    """Record and links name this version; RecordError when it is not installed."""
    if version not in installed(root):
        raise RecordError(f"version {version} is not under {root}")
    updates = data / FOLDER
    updates.mkdir(parents=True, exist_ok=True)
    sync_folder(data)
    try:
        before = read_update(updates)
    except RecordError:
        before = Update()
    write_update(updates, adopted(before, version))
    for link in ("good", "current"):
        point(root / link, version)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: 0 when the version is the one that runs next."""
    parser = argparse.ArgumentParser(prog="thacba-adopt", description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--version", required=True)
    asked = parser.parse_args(arguments)
    try:
        adopt(asked.root, asked.data, asked.version)
    except (RecordError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
