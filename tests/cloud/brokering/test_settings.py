"""The settings in `deploy/broker` are those that the command writes, and say what they promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloud.brokering.config import DoorConfig
from cloud.brokering.settings import BrokerPlan, files_of
from device_profiles.wire import Channel
from tests.readme_check import ROOT, assert_documented

READY = ROOT / "deploy" / "broker"


@pytest.mark.parametrize("name", sorted(files_of(BrokerPlan())))
def test_what_lies_ready_is_what_the_command_writes(name: str) -> None:
    """After a change: `python -m tests.cloud.brokering.test_settings`."""
    assert (READY / name).read_text() == files_of(BrokerPlan())[name]


def test_nothing_else_lies_there() -> None:
    there = {str(each.relative_to(READY)) for each in READY.rglob("*") if each.is_file()}
    assert there == {"README.md", *files_of(BrokerPlan())}


def test_a_gateway_may_write_what_goes_up_and_read_what_comes_down() -> None:
    rights = set(re.findall(r"^pattern (\w+) thacba/1/\+/%u/(\w+)$", files_of(BrokerPlan())["fleet.acl"], re.M))
    down = {Channel.RECEIPT, Channel.COMMAND, Channel.CONFIGURATION}
    assert rights == {("write", each.value) for each in set(Channel) - down} | {
        ("read", each.value) for each in {*down, Channel.STATE}
    }


def test_a_centre_on_another_machine_shows_a_certificate_and_its_password() -> None:
    text = files_of(BrokerPlan(centre_tls=True, centre_address="", centre_port=8884))["mosquitto.conf"]
    centre = text.split("# The centre.")[1]
    assert "listener 8884\n" in centre
    assert {"require_certificate true", "allow_anonymous false"} <= set(centre.splitlines())
    assert "use_identity_as_username" not in centre  # a gateway's certificate alone is not enough there


def test_limits_follow_the_size_of_the_fleet() -> None:
    small, large = (BrokerPlan(gateways=count) for count in (10, 10_000))
    assert small.connections < 50
    assert large.connections >= 12_000
    files = int(re.findall(r"LimitNOFILE=(\d+)", files_of(large)["systemd/mosquitto.service.d/thacba.conf"])[0])
    assert files > large.connections


def test_the_readme_names_every_setting() -> None:
    assert_documented("cloud/brokering", DoorConfig)


if __name__ == "__main__":
    for name, text in files_of(BrokerPlan()).items():
        path = Path(READY / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
