"""The README of notices names every setting."""

from __future__ import annotations

from cloud.config import NotifyConfig
from tests.readme_check import assert_documented


def test_every_setting_stands_in_the_readme() -> None:
    assert_documented("cloud/notify", NotifyConfig)
