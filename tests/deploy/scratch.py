"""A Debian that is this machine and leaves no trace: an overlay in memory, where dpkg installs as it does anywhere."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# all mounts live in a namespace of their own: they are gone with the last process in it
OVERLAY = """
set -e
mount -t tmpfs tmpfs "$1" && mkdir "$1/up" "$1/work" "$1/top"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/top"
mount -t proc proc "$1/top/proc"
mount --bind /dev "$1/top/dev"
mkdir -p "$1/top/mnt/debs" && mount --bind "$2" "$1/top/mnt/debs"
echo ready
exec cat
"""


@dataclass(frozen=True, slots=True)
class Scratch:
    """The Debian, seen from outside."""

    keeper: int
    root: Path

    def command(self, *words: str) -> list[str]:
        """How a command is run in it, with Debian's own programs only."""
        inside = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", *words]
        return ["nsenter", "-t", str(self.keeper), "-m", "chroot", str(self.root), *inside]

    def run(self, *words: str, check: bool = True) -> str:
        """What a command says; AssertionError when it fails."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=400, check=False)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@contextmanager
def scratch_debian(folder: Path, *, debs: Path) -> Iterator[Scratch]:
    """One Debian, with a folder of packages at /mnt/debs."""
    place = folder / "scratch"
    place.mkdir()
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", OVERLAY, "sh", str(place), str(debs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdout is not None
        assert keeper.stderr is not None
        assert keeper.stdout.readline() == "ready\n", keeper.stderr.read()
        try:
            yield Scratch(keeper.pid, place / "top")
        finally:
            keeper.communicate()
