"""The Debian packages: built, looked into, installed with dpkg, started from there, upgraded and taken away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.releases.sticks import told
from tests.deploy.scratch import Scratch, scratch_debian
from tests.servers import ServerError
from tests.waiting import until

BUILD = Path(__file__).parents[2] / "deploy" / "debian" / "build.py"
TOOLS = ("dpkg-deb", "dpkg", "nsenter", "unshare")
pytestmark = [
    pytest.mark.scenario,
    pytest.mark.timeout(600),  # 50 s together on two idle cores
]
AS_SYSTEMD = ("runuser", "-u", "thacba", "--")


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise ServerError(f"{', '.join(missing)} missing: the packages are tried on a Debian with dpkg and util-linux")
    folder = tmp_path_factory.mktemp("debs")
    folder.chmod(0o755)  # a gateway reads its stick as nobody special
    for kind in ("edge", "cloud"):
        command = [sys.executable, str(BUILD), kind, "--to", str(folder), "--compression", "none"]
        subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def debian(tmp_path: Path, debs: Path) -> Iterator[Scratch]:
    if os.geteuid() != 0 or not Path("/usr/bin/python3").exists():
        raise ServerError("an overlay cannot be mounted: run `make test` as root, on a Debian with its python3")
    with scratch_debian(tmp_path, debs=debs) as made:
        yield made


def said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_what_is_in_the_packages(debs: Path) -> None:
    edge, cloud = next(debs.glob("thacba-edge_*.deb")), next(debs.glob("thacba-cloud_*.deb"))
    about = said("dpkg-deb", "-I", str(edge))
    assert "Depends: python3 (>= 3.11), python3 (<< 3.12)" in about
    assert re.search(r"Architecture: (amd64|arm64)", about)
    held = said("dpkg-deb", "-c", str(edge))
    for path in (
        "./lib/systemd/system/thacba-edge.service",
        "./lib/systemd/system/thacba-page.service",
        "./usr/lib/thacba-edge/thacba-launch.pyz",
        "./usr/bin/thacba-edge",
        "/wheels/thacba-",
        "/wheels/jinja2-3",
    ):
        assert path in held.lower()
    assert not re.search(r"wheels/(pytest|ruff|sqlalchemy|imageio)", held, re.IGNORECASE)
    assert "root/root" in held
    assert "/wheels/SQLAlchemy-".lower() in said("dpkg-deb", "-c", str(cloud)).lower()


def install(debian: Scratch, kind: str) -> str:
    """Without this machine's opinion on dependencies: it may have its Python from elsewhere."""
    return debian.run("sh", "-c", f"dpkg --force-depends -i /mnt/debs/thacba-{kind}_*.deb")


def test_a_gateway_from_the_package(debian: Scratch) -> None:
    first = install(debian, "edge")
    assert re.search(r"\n\d{4} \d{4}\n", first)  # the code of the label, told once
    assert "drwxr-x--- " in debian.run("ls", "-ld", "/var/lib/thacba")
    assert "thacba-edge.service" in debian.run("ls", "/etc/systemd/system/multi-user.target.wants")
    command = re.search(r"^ExecStart=(.*)$", debian.run("cat", "/lib/systemd/system/thacba-edge.service"), re.MULTILINE)
    assert command is not None
    with subprocess.Popen(
        debian.command(*AS_SYSTEMD, *command[1].split()), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as agent:
        try:
            until(lambda: '"phase": "idle"' in debian.run("thacba-edge", "update", "status", "--json", check=False), 60)
            until(lambda: "srw-rw----" in debian.run("ls", "-l", "/var/lib/thacba/control.sock", check=False), 60)
            assert "running   0." in debian.run("thacba-edge", "update", "status")
            assert "drwx------ " in debian.run("ls", "-ld", "/var/lib/thacba/identity")
        finally:
            debian.run("pkill", "-TERM", "-u", "thacba")
            assert agent.stdout is not None
            log = agent.stdout.read().decode()
    assert "agent ends" in log
    assert "Permission" not in log
    again = install(debian, "edge")  # an upgrade keeps data, settings and code
    assert not re.search(r"\n\d{4} \d{4}\n", again)
    debian.run("dpkg", "--purge", "thacba-edge")
    assert "No such file" in debian.run("ls", "/opt/thacba", "/var/lib/thacba", "/etc/thacba", check=False)


def test_a_centre_from_the_package(debian: Scratch) -> None:
    install(debian, "cloud")
    assert " 0 gateways" in debian.run(
        "runuser", "-u", "thacba-cloud", "--", "thacba-cloud", "check", "--config", "/etc/thacba-cloud/centre.toml"
    )


def release_for(debs: Path, folder: Path, version: str) -> str:
    """The next version of the very same program, signed, on a stick at /mnt/debs/stick; the key that vouches for it."""
    tree, stick = folder / "tree", debs / "stick"
    said("dpkg-deb", "-x", str(next(debs.glob("thacba-edge_*.deb"))), str(tree))
    shutil.copytree(tree / "usr/share/thacba-edge/wheels", stick)
    (ours,) = stick.glob("thacba-*.whl")
    before = ours.name.split("-")[1]
    with zipfile.ZipFile(ours) as old, zipfile.ZipFile(stick / ours.name.replace(before, version), "w") as new:
        for entry in old.infolist():
            content = old.read(entry).replace(f"\nVersion: {before}\n".encode(), f"\nVersion: {version}\n".encode())
            new.writestr(entry.filename.replace(f"thacba-{before}.", f"thacba-{version}."), content)
    ours.unlink()
    key = told("release", "key", "--key", folder / "release.key").strip()
    told("release", "make", stick, "--minimum", before)
    told("release", "sign", stick, "--key", folder / "release.key")
    return key


def test_the_real_program_updates_itself(debian: Scratch, debs: Path, tmp_path: Path) -> None:
    """Fetched from a stick, installed beside the old one, restarted, tried and kept, as a cabinet would do it."""
    key = release_for(debs, tmp_path, "9.9")
    install(debian, "edge")
    settings = f'[gateway]\ndata_dir = "/var/lib/thacba"\n[updates]\nrelease_key = "{key}"\nsteady_s = 1\n'
    debian.run("sh", "-c", f"cat > /etc/thacba/gateway.toml <<'END'\n{settings}END")
    command = re.search(r"^ExecStart=(.*)$", debian.run("cat", "/lib/systemd/system/thacba-edge.service"), re.MULTILINE)
    assert command is not None
    again = f"while :; do {command[1]}; done"  # what Restart=always does

    def update(*words: str) -> str:
        return debian.run("thacba-edge", "update", *words, check=False)

    with subprocess.Popen(
        debian.command(*AS_SYSTEMD, "sh", "-c", again), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as agent:
        try:
            until(lambda: "running   0." in update("status"), 120)
            assert "begun" in update("apply", "--from", "/mnt/debs/stick")
            until(lambda: re.search(r"running   9.9\ngood      9.9   before it: 0\.", update("status")), 400)
        finally:
            debian.run("pkill", "-KILL", "-u", "thacba")
            agent.communicate()
    assert "versions/9.9" in debian.run("readlink", "/opt/thacba/good")
