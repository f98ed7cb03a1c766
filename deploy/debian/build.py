"""Builds the Debian packages of the gateway and of the centre with dpkg-deb alone: `make deb`.

    python deploy/debian/build.py edge|cloud [--to FOLDER] [--wheels FOLDER --architecture arm64] [--release-key FILE]

A package is for one architecture and one Python: it carries that machine's wheels, which postinst unpacks into a
version under /opt, as an update does. So apt and updates share one way of installing, an upgrade by apt never touches
the version that runs, and a gateway without Internet needs nothing but this file and Debian's python3.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import zipapp
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from wheels import make_wheels  # type: ignore[import-not-found]  # noqa: E402 -- beside this file

DEBIAN_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
LAUNCHER = ("__init__", "connector", "updating/__init__", "updating/record", "updating/launch", "updating/installing")
UNITS = {
    "edge": (
        "thacba-edge.service",
        "thacba-edge-restart.path",
        "thacba-edge-restart.service",
        "thacba-page.service",
        "thacba-page.path",
        "thacba-page-refresh.service",
    ),
    "cloud": ("thacba-cloud.service",),
}
SCRIPTS = ("postinst", "prerm", "postrm")
ABOUT = {
    "edge": "Thacba gateway: reads devices, keeps what it read, and carries it to the centre",
    "cloud": "Thacba centre: takes readings in, judges them, and tells people",
}
RECOMMENDS = {"edge": "ffmpeg, network-manager | ifupdown", "cloud": "mosquitto, ffmpeg"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `wheels`: a folder of another machine's, instead of those of this virtual environment."""

    kind: str
    to: Path
    architecture: str
    wheels: Path | None = None
    release_key: Path | None = None
    compression: str = "xz"


def build(order: Order) -> Path:
    """The package's file."""
    root = order.to / f"thacba-{order.kind}.tree"
    shutil.rmtree(root, ignore_errors=True)
    share = root / "usr/share" / f"thacba-{order.kind}"
    if order.wheels is None:
        make_wheels(order.kind, share / "wheels", checkout=CHECKOUT, level=0 if order.compression == "none" else 6)
    else:
        shutil.copytree(order.wheels, share / "wheels")
    (ours,) = (share / "wheels").glob("thacba-*.whl")
    version = ours.name.split("-")[1]
    _launcher(root / "usr/lib" / f"thacba-{order.kind}" / "thacba-launch.pyz")
    _settle(order, root, share)
    _control(order, root, version)
    path = order.to / f"thacba-{order.kind}_{version}_{order.architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", f"-Z{order.compression}", "--build", str(root), str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- ours
    shutil.rmtree(root)
    return path


def _launcher(path: Path) -> None:
    """The few files that decide which version runs, as one that Debian's python3 starts; no update replaces it."""
    path.parent.mkdir(parents=True)
    tree = path.with_suffix(".tree")
    for name in (*LAUNCHER, "updating/adopting"):
        target = tree / "edge_agent" / f"{name}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / "edge_agent" / f"{name}.py", target)
    (tree / "__main__.py").write_text("import sys\nfrom edge_agent.updating.launch import main\nsys.exit(main())\n")
    zipapp.create_archive(tree, path, interpreter="/usr/bin/python3 -IS")
    path.chmod(0o755)
    shutil.rmtree(tree)


def _settle(order: Order, root: Path, share: Path) -> None:
    units = root / "lib/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS[order.kind]:
        shutil.copyfile(HERE.parent / "systemd" / unit, units / unit)
    program = root / "usr/bin" / f"thacba-{order.kind}"
    program.parent.mkdir(parents=True)
    shutil.copyfile(HERE / order.kind / "program", program)
    program.chmod(0o755)
    for template in (HERE / order.kind).glob("*.toml"):
        shutil.copyfile(template, share / template.name)
    if order.release_key is not None:
        shutil.copyfile(order.release_key, share / "release.key")
    if order.kind == "cloud":
        for folder in ("rules", "indices", "sectors", "sites", "people", "incidents"):
            shutil.copytree(HERE.parent / folder, share / "examples" / folder)
    papers = root / "usr/share/doc" / f"thacba-{order.kind}"
    papers.mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "LICENSE", papers / "copyright")


def _control(order: Order, root: Path, version: str) -> None:
    about = root / "DEBIAN"
    about.mkdir()
    major, minor = sys.version_info[:2]
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) // 1024
    (about / "control").write_text(
        f"Package: thacba-{order.kind}\n"
        f"Version: {version}\n"
        f"Architecture: {order.architecture}\n"
        "Maintainer: The Thacba engineers <thacba@example.vn>\n"
        "Section: net\n"
        "Priority: optional\n"
        f"Installed-Size: {size}\n"
        f"Depends: python3 (>= {major}.{minor}), python3 (<< {major}.{minor + 1}), passwd, util-linux\n"
        f"Recommends: {RECOMMENDS[order.kind]}\n"
        f"Description: {ABOUT[order.kind]}\n"
    )
    for name in SCRIPTS:
        script = (HERE / order.kind / name).read_text().replace("@VERSION@", version)
        (about / name).write_text(script)
        (about / name).chmod(0o755)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(UNITS))
    parser.add_argument("--to", type=Path, default=CHECKOUT / "dist")
    parser.add_argument("--wheels", type=Path, help="Wheels of another machine, ours among them.")
    parser.add_argument("--architecture", default=DEBIAN_NAMES.get(platform.machine(), platform.machine()))
    parser.add_argument("--release-key", type=Path, help="Public half of the release key, for the gateways.")
    parser.add_argument("--compression", choices=("xz", "gzip", "none"), default="xz")
    asked = parser.parse_args(arguments)
    asked.to.mkdir(parents=True, exist_ok=True)
    order = Order(asked.kind, asked.to, asked.architecture, asked.wheels, asked.release_key, asked.compression)
    path = build(order)
    sys.stdout.write(f"{path} {path.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
