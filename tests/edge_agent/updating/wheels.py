"""Small wheels for tests: real zip files with the names and the metadata of real ones."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

HELLO = "import sys\nprint('hello from', {version!r}, *sys.argv[1:])\n"


def make_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str | bytes], *, executable: str = ""
) -> Path:
    """A pure wheel with these files."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for place, content in files.items():
            entry = zipfile.ZipInfo(place)
            entry.external_attr = (0o755 if place == executable else 0o644) << 16
            archive.writestr(entry, content)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return path


def our_wheel(folder: Path, version: str, main: str = "") -> Path:
    """A gateway program that says hello, or does what it is told."""
    files = {"edge_agent/__init__.py": "", "edge_agent/__main__.py": main or HELLO.format(version=version)}
    return make_wheel(folder, "thacba", version, files)
