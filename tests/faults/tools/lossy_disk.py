"""A disk that forgets what was not fsynced: a FUSE file system in memory, with a switch that cuts the power.

with lossy_disk(folder) as disk:
    ...  disk.cut("forget")      everything not fsynced is gone, and every call fails with EIO until
    ...  disk.power_on()
    disk.cut_at(12, "forget")    the same by itself, instead of the 12th step from now that matters (fsync, name)

A name (create, rename, unlink) is safe after an fsync of its folder, bytes and length after an fsync of the file, as
POSIX says and no more. "tear" is meaner: of what was not fsynced any part may survive, in any order, in halves. "keep"
loses nothing: the programs alone are stopped at that very step, as by kill -9.
"""

from __future__ import annotations

import errno
import logging
import os
import random
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.servers import ServerError
from tests.waiting import until

Cut = Literal["forget", "tear", "keep"]
SWITCH = "user.power"
MISSING = "FUSE is missing: run `make test` as root or `apt-get install fuse3 libfuse2`, and check /dev/fuse"
CAPACITY_BLOCKS = 1 << 20  # of 4 KiB
SECTOR = 512


@dataclass(frozen=True, slots=True)
class Change:
    """One write (or, without bytes, a new length) that no fsync has covered yet."""

    offset: int
    piece: bytes | None


@dataclass
class Node:
    """A file or folder: as the programs see it, and as it lies on the platter."""

    mode: int
    seen: bytearray = field(default_factory=bytearray)
    safe: bytearray = field(default_factory=bytearray)
    changes: list[Change] = field(default_factory=list)
    names: dict[str, Node] = field(default_factory=dict)
    safe_names: dict[str, Node] = field(default_factory=dict)

    def change(self, change: Change) -> None:
        """Shows the change to everybody, and keeps it in mind."""
        apply(self.seen, change)
        self.changes.append(change)

    def sync(self) -> None:
        """What is seen is safe."""
        for change in self.changes:
            apply(self.safe, change)
        self.changes.clear()
        self.safe_names = dict(self.names)

    def keep(self) -> None:
        """Everything that is seen reached the platter."""
        self.sync()
        for child in self.names.values():
            child.keep()

    def lose(self, chance: random.Random | None) -> None:
        """Goes back to what is safe; with a chance some of the rest reached the platter all the same."""
        for change in self.changes:
            if chance and chance.random() < 0.5:
                apply(self.safe, torn(change, chance))
        self.changes.clear()
        self.seen = bytearray(self.safe)
        self.names = dict(self.safe_names)
        for child in self.names.values():
            child.lose(chance)


def apply(content: bytearray, change: Change) -> None:
    """Makes one change to a file's bytes."""
    if change.piece is None:
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.piece)] = change.piece


def torn(change: Change, chance: random.Random) -> Change:
    """The change whole, or only its first sectors."""
    if change.piece is None or chance.random() < 0.5:
        return change
    return Change(change.offset, change.piece[: chance.randrange(0, len(change.piece) + 1, SECTOR)])


class LossyDisk:
    """The operations that mfusepy calls, one at a time; paths are absolute inside the disk."""

    use_ns = True

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._root = Node(stat.S_IFDIR | 0o755)
        self._open: dict[int, Node] = {}
        self._handles = iter(range(1, 1 << 62))
        self._is_on = True
        self._steps = 0
        self._cut_at: tuple[int, str] | None = None  # the step that is not done any more, and how the power goes

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """Kind and size."""
        node = self._node(path, fh)
        links = 2 if stat.S_ISDIR(node.mode) else 1
        return {"st_mode": node.mode, "st_size": len(node.seen), "st_nlink": links, "st_blocks": len(node.seen) // 512}

    def readdir(self, path: str, _fh: int) -> list[str]:
        """The names in a folder."""
        return [".", "..", *self._node(path).names]

    def mkdir(self, path: str, mode: int) -> None:
        """A new folder."""
        self._add(path, Node(stat.S_IFDIR | mode))

    def create(self, path: str, mode: int, _flags: int = 0) -> int:
        """A new file, open."""
        return self._opened(self._add(path, Node(stat.S_IFREG | mode)))

    def open(self, path: str, flags: int) -> int:
        """A file that is there; libfuse 3 leaves it to us to empty it when that is asked for."""
        node = self._node(path)
        if flags & os.O_TRUNC:
            node.change(Change(0, None))
        return self._opened(node)

    def opendir(self, path: str) -> int:
        """A folder, to list or to fsync."""
        return self._opened(self._node(path))

    def release(self, _path: str, fh: int) -> None:
        """The last close; it promises nothing."""
        self._open.pop(fh, None)

    releasedir = release

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """What the programs see."""
        return bytes(self._node(path, fh).seen[offset : offset + size])

    def write(self, path: str, piece: bytes, offset: int, fh: int) -> int:
        """Seen at once, safe after an fsync."""
        self._node(path, fh).change(Change(offset, piece))
        return len(piece)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        """A new length, safe after an fsync."""
        self._node(path, fh).change(Change(length, None))

    def fsync(self, path: str, _datasync: int, fh: int) -> None:
        """Makes it safe."""
        self._step()
        self._node(path, fh).sync()

    fsyncdir = fsync

    def unlink(self, path: str) -> None:
        """Takes a name away."""
        self._step()
        folder, name = self._place(path)
        if folder.names.pop(name, None) is None:
            raise OSError(errno.ENOENT, path)

    rmdir = unlink

    def rename(self, old: str, new: str) -> None:
        """Moves a name."""
        self._step()
        node = self._node(old)
        folder, name = self._place(old)
        del folder.names[name]
        folder, name = self._place(new)
        folder.names[name] = node

    def symlink(self, path: str, target: str) -> None:
        """A new name that leads elsewhere; where to is as safe as the name."""
        self._step()
        self._add(path, Node(stat.S_IFLNK | 0o777, bytearray(target.encode()), bytearray(target.encode())))

    def readlink(self, path: str) -> str:
        """Where to."""
        return self._node(path).seen.decode()

    def chmod(self, path: str, mode: int) -> None:
        """Permission bits."""
        self._node(path).mode = mode

    def chown(self, path: str, uid: int, gid: int) -> None:
        """Everything belongs to everybody here."""

    def utimens(self, path: str, times: object = None) -> None:
        """Nobody asks for times."""

    def statfs(self, _path: str) -> dict[str, int]:
        """Plenty of room."""
        size = {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": CAPACITY_BLOCKS, "f_namemax": 255}
        return {**size, "f_bfree": CAPACITY_BLOCKS // 2, "f_bavail": CAPACITY_BLOCKS // 2}

    def getxattr(self, _path: str, _name: str, _position: int = 0) -> bytes:
        """Whether the power is on, and how many steps there were."""
        return b"%s %d" % (b"on" if self._is_on else b"off", self._steps)

    def setxattr(self, _path: str, _name: str, value: bytes, _options: int, _position: int = 0) -> None:
        """The power switch: forget, tear, on; forget@12 and tear@12 wait for that step."""
        how, _, at = value.decode().partition("@")
        self._cut_at = (self._steps + int(at), how) if at else None
        if how == "on":
            self._is_on = True
        elif not at:
            self._lose(how)

    def _lose(self, how: str) -> None:
        self._is_on = False
        if how == "keep":
            self._root.keep()
        else:
            self._root.lose(self._chance if how == "tear" else None)
        self._open.clear()

    def _step(self) -> None:
        """Counts what makes something safe or moves a name; the one that the cut waits for is not done any more."""
        self._steps += 1
        if self._is_on and self._cut_at and self._steps >= self._cut_at[0]:
            self._lose(self._cut_at[1])
            raise OSError(errno.EIO, "power cut")

    def _node(self, path: str, fh: int | None = None) -> Node:
        if not self._is_on and path != "/":
            raise OSError(errno.EIO, path)
        if fh:
            if fh not in self._open:
                raise OSError(errno.EIO, path)
            return self._open[fh]
        node = self._root
        for name in filter(None, path.split("/")):
            if name not in node.names:
                raise OSError(errno.ENOENT, path)
            node = node.names[name]
        return node

    def _place(self, path: str) -> tuple[Node, str]:
        folder, _, name = path.rpartition("/")
        return self._node(folder), name

    def _add(self, path: str, node: Node) -> Node:
        folder, name = self._place(path)
        folder.names[name] = node
        return node

    def _opened(self, node: Node) -> int:
        handle = next(self._handles)
        self._open[handle] = node
        return handle


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted lossy disk, from outside."""

    folder: Path

    def cut(self, how: Cut) -> None:
        """The power goes; whoever still works on the disk hears EIO."""
        os.setxattr(self.folder, SWITCH, how.encode())

    def cut_at(self, step: int, how: Cut) -> None:
        """The power goes by itself, right before this step from now (1 = the next one)."""
        os.setxattr(self.folder, SWITCH, f"{how}@{step}".encode())

    @property
    def is_on(self) -> bool:
        """Whether a cut that was waited for has not come yet."""
        return os.getxattr(self.folder, SWITCH).startswith(b"on")

    @property
    def steps(self) -> int:
        """How many steps there were that matter: fsyncs, names moved, names taken away."""
        return int(os.getxattr(self.folder, SWITCH).split()[1])

    def power_on(self) -> None:
        """The power is back; files open from before stay dead."""
        os.setxattr(self.folder, SWITCH, b"on")


@contextmanager
def lossy_disk(folder: Path, *, seed: int = 1, direct_io: bool = True) -> Iterator[Disk]:
    """A lossy disk in a process of its own, mounted on a new folder; ServerError when FUSE does not work here."""
    folder.mkdir()
    command = [sys.executable, "-m", __name__, str(folder), str(seed), "direct" if direct_io else "cached"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until(lambda: os.path.ismount(folder) or process.poll() is not None, 20)
        if process.poll() is not None:
            assert process.stderr is not None
            raise ServerError(f"{MISSING}: {process.stderr.read().decode()[-500:]}")
        yield Disk(folder)
    finally:
        subprocess.run(["fusermount", "-u", "-z", str(folder)], check=False, capture_output=True)
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the disk's process; one that waits for somebody who is gone does not hear SIGTERM."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stderr is not None:
        process.stderr.close()


def main(folder: str, seed: str, caching: str) -> None:
    """Serves the disk until it is unmounted."""
    import mfusepy  # type: ignore[import-untyped]

    logging.getLogger("fuse").setLevel(logging.CRITICAL)  # EIO is what we are for
    options: dict[str, Any] = {"attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0}
    if caching == "direct":
        options["direct_io"] = True
    mfusepy.FUSE(LossyDisk(int(seed)), folder, foreground=True, nothreads=True, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
