"""Installing: a version is whole, compiled and movable, or it is not there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edge_agent.updating.installing import InstallError, install, interpreter_of_the_system
from edge_agent.updating.record import installed
from tests.edge_agent.updating.wheels import make_wheel, our_wheel

BARE = "import sys; sys.path[:0] = [sys.argv.pop(1)]; from edge_agent.updating.installing import main; sys.exit(main())"


def installed_from(tmp_path: Path, *wheels: Path) -> Path:
    return install(wheels, "0.2.0", root=tmp_path / "opt", interpreter=interpreter_of_the_system())


def said_by(home: Path, *arguments: str) -> str:
    done = subprocess.run([home / "bin" / "thacba-edge", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_version_runs_also_when_it_was_moved_and_from_any_folder(tmp_path: Path) -> None:
    home = installed_from(tmp_path, our_wheel(tmp_path, "0.2.0"))
    assert said_by(home, "run", "a b") == "hello from 0.2.0 run a b"
    link = tmp_path / "current"
    link.symlink_to(home.rename(tmp_path / "elsewhere"))
    assert said_by(link, "run") == "hello from 0.2.0 run"


def test_it_sees_its_own_packages_and_metadata_and_nobody_elses(tmp_path: Path) -> None:
    main = "import importlib.metadata as m, inner\nprint(m.version('thacba'), inner.WHERE)\nimport pytest\n"
    parts = {"inner-1.0.data/purelib/inner.py": "WHERE = 'purelib'", "inner-1.0.data/scripts/x": ""}
    inner = make_wheel(tmp_path, "inner", "1.0", parts)
    home = installed_from(tmp_path, our_wheel(tmp_path, "0.2.0", main), inner)
    done = subprocess.run([home / "bin" / "thacba-edge"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "0.2.0 purelib"
    assert "No module named 'pytest'" in done.stderr
    assert not list(home.rglob("x"))


def test_programs_inside_a_wheel_stay_programs_and_everything_is_compiled(tmp_path: Path) -> None:
    parts = {"tool/run": "#!/bin/sh\n", "tool/old.py": "print 'two'"}
    tool = make_wheel(tmp_path, "tool", "1", parts, executable="tool/run")
    home = installed_from(tmp_path, our_wheel(tmp_path, "0.2.0"), tool)
    (run,) = home.rglob("tool/run")
    assert os.access(run, os.X_OK)
    assert {path.name.split(".")[0] for path in home.rglob("*.pyc")} == {"__init__", "__main__"}


@pytest.mark.parametrize("name", ["../../../escaped", "/escaped", "a/../../../../../escaped"])
def test_a_wheel_that_wants_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="escaped"):
        installed_from(tmp_path, make_wheel(tmp_path, "evil", "1", {name: "x"}))
    assert not list(tmp_path.rglob("escaped"))
    assert installed(tmp_path / "opt") == []


def test_a_damaged_wheel_leaves_nothing_that_looks_like_a_version(tmp_path: Path) -> None:
    wheel = our_wheel(tmp_path, "0.2.0")
    wheel.write_bytes(wheel.read_bytes().replace(b"hello", b"jello"))
    with pytest.raises(InstallError, match="CRC"):
        installed_from(tmp_path, wheel)
    assert installed(tmp_path / "opt") == []
    home = installed_from(tmp_path, our_wheel(tmp_path / "again", "0.2.0"))
    assert [path.name for path in home.parent.iterdir()] == ["0.2.0"]


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    home = installed_from(tmp_path, our_wheel(tmp_path, "0.2.0"))
    with zipfile.ZipFile(tmp_path / "other.whl", "w"):
        assert installed_from(tmp_path, tmp_path / "other.whl") == home
    assert said_by(home) == "hello from 0.2.0"


def test_the_command_of_the_package_needs_nothing_but_python_and_the_wheel(tmp_path: Path) -> None:
    """As the Debian package does it: our own wheel is on the path as it is, zipped."""
    ours = Path(__file__).parents[3]
    carrier = tmp_path / "carrier.whl"
    with zipfile.ZipFile(carrier, "w") as archive:
        for path in ("__init__", "connector", "updating/__init__", "updating/record", "updating/installing"):
            archive.write(ours / "edge_agent" / f"{path}.py", f"edge_agent/{path}.py")
    command = [sys.executable, "-I", "-S", "-c", BARE, str(carrier)]
    asked = [*command, "--root", str(tmp_path / "opt"), "--version", "0.2.0"]
    for wheels, code in ((tmp_path / "no.whl", 1), (our_wheel(tmp_path, "0.2.0"), 0)):
        done = subprocess.run([*asked, str(wheels)], capture_output=True, check=False)
        assert done.returncode == code, done.stderr
    assert said_by(tmp_path / "opt" / "versions" / "0.2.0") == "hello from 0.2.0"
