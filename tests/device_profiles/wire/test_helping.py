"""What the centre may ask of any gateway, and which questions need two people."""

from __future__ import annotations

import re

import pytest

from device_profiles.schema import ID_PATTERN
from device_profiles.wire.helping import ITSELF, VERBS, argument_fault, help_verb, is_for_gateway


@pytest.mark.parametrize(
    ("device", "verb", "found"),
    [
        ("cam-1", "read_now", True),
        ("", "read_now", False),
        ("", "log_tail", True),
        (ITSELF, "log_tail", True),
        ("cam-1", "log_tail", False),
        ("cam-1", "reboot", False),
        (ITSELF, "shell", False),
    ],
)
def test_each_verb_is_for_the_gateway_or_for_its_devices(device: str, verb: str, found: bool) -> None:
    assert (help_verb(device, verb) is not None) is found


def test_no_device_can_be_called_like_the_gateway_itself() -> None:
    assert is_for_gateway("")
    assert not re.fullmatch(ID_PATTERN, ITSELF)


def test_only_known_arguments_are_taken() -> None:
    assert argument_fault(VERBS["log_tail"], ["lines"]) == ""
    assert argument_fault(VERBS["log_tail"], []) == ""
    assert "lines, contains" in argument_fault(VERBS["log_tail"], ["command"])
    assert argument_fault(VERBS["plan"], []) == "plan takes: configuration"
    assert argument_fault(VERBS["status"], ["x"]) == "status takes: no arguments"


def test_what_may_lose_a_site_needs_two() -> None:
    assert VERBS["restart_connector"].dangerous
    assert not VERBS["read_now"].dangerous
