"""The units: hardened, without root, and none of them ever gives up."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.servers import program

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
PROGRAMS = ("thacba-edge.service", "thacba-page.service", "thacba-cloud.service")
MOST_EXPOSED = 3.0


def lines_of(unit: str) -> list[str]:
    return (UNITS / unit).read_text().splitlines()


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.service")))
def test_how_exposed_a_service_is(unit: str) -> None:
    command = [program("systemd-analyze"), "security", "--offline=true", str(UNITS / unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert found is not None, said.stderr
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", PROGRAMS)
def test_a_program_never_gives_up_is_bounded_and_is_nobody_special(unit: str) -> None:
    lines = lines_of(unit)
    assert {"StartLimitIntervalSec=0", "Restart=always", "NoNewPrivileges=yes", "CapabilityBoundingSet="} <= set(lines)
    settings = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert settings["User"] in ("thacba", "thacba-cloud")
    assert settings["MemoryMax"]
    assert settings["StateDirectory"] == settings["User"]


def test_the_agent_speaks_to_systemd_and_its_page_stands_alone() -> None:
    assert {"Type=notify", "NotifyAccess=all", "KillMode=mixed"} <= set(lines_of("thacba-edge.service"))
    tied = re.compile(r"^(Requires|BindsTo|PartOf|Requisite|Upholds)=")
    assert not [line for line in lines_of("thacba-page.service") if tied.match(line)]
    assert any("/opt/thacba/good/" in line for line in lines_of("thacba-page.service"))
