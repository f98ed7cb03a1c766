"""Unpacks wheels into a version beside the others: whole, compiled and on disk before it gets its name.

The standard library alone: the package runs it on a bare machine, a gateway as a process of its own with low priority.

    python3 -m edge_agent.updating.installing --root /opt/thacba --version 0.2.0 a.whl b.whl ...

A version is a virtual environment without pip: `pyvenv.cfg`, `bin/python`, and the wheels' files. It may be moved.
"""

from __future__ import annotations

import argparse
import os
import py_compile
import shutil
import sys
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from edge_agent.connector import EdgeError
from edge_agent.updating.record import sync_folder

LIBRARY: Final = Path("lib") / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
LIBRARIES_OF_A_WHEEL: Final = ("purelib", "platlib")
# -P: a file beside the caller must never stand in for one of ours
START: Final = '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -P -m {module} "$@"\n'
PROGRAMS: Final = {"thacba-edge": "edge_agent", "thacba-cloud": "cloud"}
PRIORITY: Final = 15  # reading the devices comes first


class InstallError(EdgeError):
    """The wheels cannot be unpacked: one is damaged, or the disk takes nothing more."""


def install(
    wheels: Sequence[Path], version: str, *, root: Path, interpreter: Path, program: str = "thacba-edge"
) -> Path:
    """The folder of the version, made of these wheels; one that is already there is left as it is. InstallError."""
    versions = root / "versions"
    home = versions / version
    if home.is_dir():
        return home
    partial = versions / f".{version}.part"
    try:
        versions.mkdir(parents=True, exist_ok=True)
        for left in versions.glob(".*.part"):
            shutil.rmtree(left)
        _make_environment(partial, interpreter, program)
        for wheel in wheels:
            _unpack(wheel, partial / LIBRARY)
        _compile(partial / LIBRARY, shown_as=home / LIBRARY)
        _sync(partial)
        partial.rename(home)
        for folder in (versions, root):
            sync_folder(folder)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InstallError(f"version {version} cannot be installed: {error}") from error
    return home


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: 0 when the version is there."""
    parser = argparse.ArgumentParser(prog="thacba-install", description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--program", choices=sorted(PROGRAMS), default="thacba-edge")
    parser.add_argument("wheels", type=Path, nargs="+")
    asked = parser.parse_args(arguments)
    with suppress(OSError):  # forbidden in the sandbox of systemd
        os.nice(PRIORITY)
    interpreter = interpreter_of_the_system()
    try:
        install(asked.wheels, asked.version, root=asked.root, interpreter=interpreter, program=asked.program)
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def interpreter_of_the_system() -> Path:
    """The Python under all virtual environments: an environment must not stand on one that may be removed."""
    return Path(sys.executable).resolve()


def _make_environment(home: Path, interpreter: Path, program: str) -> None:
    library, programs = home / LIBRARY, home / "bin"
    library.mkdir(parents=True)
    programs.mkdir()
    _write(home / "pyvenv.cfg", f"home = {interpreter.parent}\ninclude-system-site-packages = false\n".encode())
    (programs / "python").symlink_to(interpreter)
    _write(programs / program, START.format(module=PROGRAMS[program]).encode(), mode=0o755)


def _unpack(wheel: Path, library: Path) -> None:
    """Only what Python imports: scripts, headers and other files of a wheel are not for a gateway."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            place = _place(entry.filename)
            if entry.is_dir() or place is None:
                continue
            if place.is_absolute() or ".." in place.parts:
                raise zipfile.BadZipFile(f"{wheel.name} wants to write to {entry.filename!r}")
            target = library / place
            target.parent.mkdir(parents=True, exist_ok=True)
            executable = 0o755 if entry.external_attr >> 16 & 0o111 else 0o644
            _write(target, archive.read(entry), mode=executable)  # checks the CRC, too


def _place(name: str) -> PurePosixPath | None:
    """Where a file of a wheel belongs under site-packages; None when it does not."""
    path = PurePosixPath(name)
    if path.parts and path.parts[0].endswith(".data"):
        return PurePosixPath(*path.parts[2:]) if path.parts[1] in LIBRARIES_OF_A_WHEEL else None
    return path


def _compile(library: Path, *, shown_as: Path) -> None:
    """Beforehand, because nobody writes into a version later; unchecked, because nobody changes one."""
    for source in sorted(library.rglob("*.py")):
        try:
            py_compile.compile(
                str(source),
                dfile=str(shown_as / source.relative_to(library)),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:
            continue  # templates and examples of other Pythons, which nobody imports


def _write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _sync(home: Path) -> None:
    """Contents first, then the names, from the leaves up."""
    for folder, _, files in os.walk(home, topdown=False):
        for path in _plain(Path(folder), files):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(folder))


def _plain(folder: Path, files: Iterable[str]) -> Iterable[Path]:
    return (folder / name for name in files if not (folder / name).is_symlink())


if __name__ == "__main__":
    sys.exit(main())
