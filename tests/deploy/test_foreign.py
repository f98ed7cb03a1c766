"""The wheels of another architecture are those of the lock, with their hashes, for every version of Python in it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "deploy" / "debian" / "foreign.py"
LOCK = """\
aiomqtt==2.5.1 \\
    --hash=sha256:aa
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:bb
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
ruamel-yaml==1.0 \\
    --hash=sha256:dd
"""


@pytest.fixture(scope="module")
def foreign() -> ModuleType:
    spec = importlib.util.spec_from_file_location("foreign", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_entry_of_a_package_is_kept_with_its_hashes(foreign: ModuleType) -> None:
    wanted = foreign.locked(LOCK, ["numpy", foreign.plain("ruamel.yaml")])
    assert [line for line in wanted.splitlines() if "hash" in line] == [
        f"    --hash=sha256:{each}" for each in ("bb", "cc", "dd")
    ]
    assert "aiomqtt" not in wanted


def test_a_package_that_is_not_locked_is_refused(foreign: ModuleType) -> None:
    with pytest.raises(KeyError, match="unheard-of"):
        foreign.locked(LOCK, ["unheard-of"])
