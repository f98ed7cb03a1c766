"""The regulation of incidents in the centre's configuration: read with it, and refused with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cloud.errors import ConfigurationError
from cloud.incidents.proposal import PROPOSAL
from cloud.settings import read_settings
from tests.cloud.stage import write_config

SHIPPED = Path(__file__).parents[2] / "deploy" / "incidents" / "regulation.toml"
MAIL = """
[[notify.channels]]
kind = "webhook"
name = "ops"
url = "https://ops.example/hook"
"""


def configured(folder: Path, tell: str) -> Path:
    """A centre whose regulation is the shipped one, and this."""
    path = write_config(folder, "mqtt://127.0.0.1:1", more=MAIL)
    path.write_text('regulation = "regulation.toml"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    shutil.copy(SHIPPED, folder / "regulation.toml")
    with (folder / "regulation.toml").open("a", encoding="utf-8") as file:
        file.write(tell)
    return path


def test_without_a_file_the_proposal_holds(tmp_path: Path) -> None:
    assert read_settings(write_config(tmp_path, "mqtt://127.0.0.1:1")).regulation is PROPOSAL


def test_a_file_says_who_is_told(tmp_path: Path) -> None:
    path = configured(tmp_path, '[[tell]]\ntier = "province"\nchannels = ["ops"]\n')
    assert read_settings(path).regulation.told("province", sector="", area="") == ("ops",)


@pytest.mark.parametrize(
    ("tell", "says"),
    [
        ('[[tell]]\ntier = "province"\nchannels = ["pager"]\n', "there is no pager"),
        ('[[tell]]\ntier = "province"\nchannels = ["team:nobody"]\n', "there is no team:nobody"),
        ('[[tell]]\ntier = "villlage"\nchannels = ["ops"]\n', "tier"),
        ("[[severities]]\nseverity = 5\n", "severities"),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_key(tmp_path: Path, tell: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        read_settings(configured(tmp_path, tell))
    assert "regulation.toml" in str(refused.value)
