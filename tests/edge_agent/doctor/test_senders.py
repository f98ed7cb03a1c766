"""What the doctor says of devices that send by themselves, and of sensors that are others than configured."""

from __future__ import annotations

import pytest

from edge_agent.doctor.devices import STEPS, Standing, judge_devices


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("silent", "device_sends_nothing"), ("busy", "door_closed"), ("own_certificate", "door_closed"),
        ("folder", "door_closed"), ("wrong_device", "wrong_profile"), ("checksum", "address_conflict"),
    ],
)  # fmt: skip
def test_each_fault_has_a_step_that_mends_it(fault: str, code: str) -> None:
    finding = judge_devices([Standing("log-01", fault)])
    assert (finding.cause, finding.step) == (code, STEPS[code])
    assert f"log-01 ({fault})" in finding.said.vi
