"""Wheels of what is installed in this virtual environment: a package holds exactly what the tests ran with.

Each file is checked against the digest that was recorded when it was installed, and the locked packages were checked
against requirements.lock then. Nothing is fetched, so a package can be built without the Internet.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

OURS = "thacba"
# Debian's own ffmpeg is recommended instead of a second one in a wheel of 30 MB.
LEFT_OUT = frozenset({"imageio-ffmpeg"})
NOT_RUN = re.compile(r"numpy/(.*/)?tests/")  # a third of its modules, which nobody on a gateway imports
NOT_PACKED = ("direct_url.json", "INSTALLER", "REQUESTED", "RECORD")


def make_wheels(extra: str, target: Path, *, checkout: Path, level: int = 6) -> list[Path]:
    """Our own wheel, built from the checkout, and one for each package that this extra of ours needs."""
    target.mkdir(parents=True, exist_ok=True)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)  # noqa: S603 -- ours
    ours = sorted(target.glob(f"{OURS}-*.whl"))
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"][extra]]
    return [*ours, *(repack(each, target, level=level) for each in needed(wanted))]


def needed(lines: Iterable[str]) -> list[Distribution]:
    """Every package that these requirements need, at any depth, by name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(line) for line in lines]
    while waiting:
        wanted = waiting.pop()
        name = _plain(wanted.name)
        if name in {*found, *LEFT_OUT} and not wanted.extras:
            continue
        found[name] = distribution(name)
        inner = [Requirement(line) for line in found[name].requires or ()]
        waiting += [each for each in inner if _counts(each, wanted.extras)]
    return [found[name] for name in sorted(found)]


def _counts(inner: Requirement, extras: Iterable[str]) -> bool:
    return inner.marker is None or any(inner.marker.evaluate({"extra": each}) for each in (*extras, ""))


def repack(package: Distribution, target: Path, *, level: int = 6) -> Path:
    """The wheel of an installed package; ValueError when a file is not what was installed."""
    path = target / f"{re.sub(r'[-_.]+', '_', package.metadata['Name'])}-{package.version}-{_tag(package)}.whl"
    record: list[str] = []
    with zipfile.ZipFile(
        path, "w", zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED, compresslevel=level
    ) as archive:
        for name, content, mode in _files(package):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = archive.compression
            archive.writestr(entry, content)
            record.append(f"{name},sha256={_digest(content)},{len(content)}")
            if name.endswith("/METADATA") and name.count("/") == 1:
                about = name.split("/")[0]
        archive.writestr(zipfile.ZipInfo(f"{about}/RECORD"), "\n".join([*record, f"{about}/RECORD,,", ""]))
    return path


def _files(package: Distribution) -> Iterator[tuple[str, bytes, int]]:
    for file in sorted(package.files or (), key=str):
        name = file.as_posix()
        if name.startswith("..") or name.endswith(".pyc") or file.name in NOT_PACKED or NOT_RUN.match(name):
            continue
        path = Path(str(file.locate()))
        content = path.read_bytes()
        if file.hash is not None and file.hash.mode == "sha256" and file.hash.value != _digest(content):
            raise ValueError(f"{path} is not what was installed")
        yield name, content, path.stat().st_mode & 0o777


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _tag(package: Distribution) -> str:
    """The tags of the wheel that was installed, as they stand in a name: py2.py3-none-any."""
    lines = (package.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(":")[2].strip().split("-", 2) for line in lines if line.startswith("Tag:")]
    return "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
