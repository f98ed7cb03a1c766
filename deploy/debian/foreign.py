"""Fetches the wheels of another architecture for `build.py --wheels`: locked versions, each held against its hash.

    python deploy/debian/foreign.py edge|cloud arm64 FOLDER

Our own wheel and those that know no architecture are the same everywhere; what is left comes from the package index
that pip is set up with. This is the one part of a package that needs the Internet.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from wheels import make_wheels  # type: ignore[import-not-found]  # noqa: E402 -- beside this file

# Debian 12 has glibc 2.36: every manylinux up to it.
MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
GLIBC = ("2014", "_2_17", "_2_26", "_2_27", "_2_28", "_2_31", "_2_34", "_2_35", "_2_36")
EVERYWHERE = "-none-any.whl"


def fetch(kind: str, architecture: str, folder: Path) -> list[Path]:
    """Every wheel of that machine; CalledProcessError or LookupError when one is not to be had."""
    make_wheels(kind, folder, checkout=CHECKOUT)
    bound = [wheel for wheel in folder.glob("*.whl") if not wheel.name.endswith(EVERYWHERE)]
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    wanted = locked(lock, (plain(wheel.name.split("-")[0]) for wheel in bound))
    platforms = [f"--platform=manylinux{glibc}_{MACHINES[architecture]}" for glibc in GLIBC]
    with tempfile.NamedTemporaryFile("w", suffix=".lock") as file:
        file.write(wanted)
        file.flush()
        subprocess.run(  # noqa: S603 -- ours
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:",
             "--python-version=3.11", "--implementation=cp", *platforms, "-d", str(folder), "-r", file.name],
            check=True,
        )  # fmt: skip
    for wheel in bound:
        if MACHINES[architecture] not in wheel.name:
            wheel.unlink()
    there = sorted(folder.glob("*.whl"))
    missing = {plain(wheel.name.split("-")[0]) for wheel in bound} - {plain(each.name.split("-")[0]) for each in there}
    if missing:
        raise LookupError(f"no wheel of {', '.join(sorted(missing))} for {architecture}")
    return there


def locked(lock: str, names: Iterable[str]) -> str:
    """The entries of these packages in a lock file, hashes and all; KeyError for one that is not there.

    A package may stand there once for each version of Python: pip takes the one that fits.
    """
    by_name: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", lock):
        by_name.setdefault(plain(entry.split("==")[0].split("[")[0]), []).append(entry)
    return "\n".join(entry for name in sorted(names) for entry in by_name[name]) + "\n"


def plain(name: str) -> str:
    """A package's name as the lock file writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("edge", "cloud"))
    parser.add_argument("architecture", choices=sorted(MACHINES))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    for wheel in fetch(asked.kind, asked.architecture, asked.folder):
        sys.stdout.write(f"{wheel.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
