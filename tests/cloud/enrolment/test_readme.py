"""The README names every field of the configuration."""

from __future__ import annotations

from cloud.enrolment.config import EnrolmentConfig
from tests.readme_check import assert_documented


def test_every_field_has_its_row() -> None:
    assert_documented("cloud/enrolment", EnrolmentConfig)
