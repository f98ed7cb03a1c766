"""What Mosquitto 2.0.11 of Debian 12 really writes, and what we read in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.brokering.log_lines import Came, Finding, LogReader, Refused, Reloaded, TakenOver

GOLDEN = Path(__file__).parents[2] / "golden" / "brokering" / "mosquitto_2.0.11.log"
HERE = "127.0.0.1"


def findings(lines: list[str]) -> list[Finding]:
    reader = LogReader(fleet_port=8883, own_ids=frozenset({"@centre"}))
    return [each for line in lines for each in reader.take(line)]


def test_a_recorded_log_is_read_as_what_happened() -> None:
    came = Came("gw-1", HERE)

    def foreign(detail: str) -> Refused:
        return Refused("topic_foreign", "gw-1", detail=detail)

    assert findings(GOLDEN.read_text().split("\n")) == [
        came,  # a decent gateway with a will, subscriptions and a birth
        came,
        foreign("publish thacba/1/1c/gw-2/state"),
        came,
        Refused("channel_unknown", "gw-1", detail="publish thacba/1/a6/gw-1/diary"),
        came,
        foreign("publish it's, ... (2 bytes)"),
        came,  # and a topic that would forge a line: Mosquitto ended the connection
        came,
        Refused("wildcard_subscribe", "gw-1", detail="subscribe #"),
        Refused("wildcard_subscribe", "gw-1", detail="subscribe $share/x/thacba/1/+/+/receipt"),
        foreign("subscribe thacba/1/1c/gw-2/command"),
        came,
        foreign("will thacba/1/1c/gw-2/state"),
        Refused("identity_wrong", "+", HERE, "the certificate names no gateway"),
        Refused("certificate_missing", source=HERE, detail="peer did not return a certificate"),
        Refused("certificate_refused", source=HERE, detail="certificate verify failed"),  # expired
        Refused("certificate_refused", source=HERE, detail="certificate verify failed"),  # another authority's
        Refused("plain_refused", source=HERE, detail="wrong version number"),
        Reloaded(),
        Refused("certificate_refused", source=HERE, detail="certificate verify failed"),  # revoked
        Refused("login_refused", source=HERE, detail="not authorised"),
        came,
        TakenOver("gw-1"),
        came,
        Refused("plain_refused", source=HERE, detail="http request"),
    ]


def test_of_several_who_have_not_said_who_they_are_none_is_accused_alone() -> None:
    lines = [
        "100: New connection from 10.0.0.1:1000 on port 8883.",
        "100: New connection from 10.0.0.2:1000 on port 8883.",
        "101: OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed",
        "101: Client <unknown> disconnected: Protocol error.",
    ]
    (refused,) = findings(lines)
    assert refused == Refused(
        "certificate_refused", detail="certificate verify failed; from one of 2 addresses: 10.0.0.1, 10.0.0.2"
    )
    later = "250: New connection from 10.0.0.3:1000 on port 8883."  # the broker has given the others up by then
    (refused,) = findings([*lines[:2], later, *lines[2:]])
    assert isinstance(refused, Refused)
    assert refused.source == "10.0.0.3"


def test_who_is_in_is_not_suspected_of_what_another_did() -> None:
    lines = [
        "100: New connection from 10.0.0.1:1000 on port 8883.",
        "100: New connection from 10.0.0.2:1000 on port 8883.",
        "100: New client connected from 10.0.0.1:1000 as gw-1 (p2, c1, k20, u'gw-1').",
        "101: OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate",
        "101: Client <unknown> disconnected: Protocol error.",
    ]
    assert findings(lines)[-1] == Refused(
        "certificate_missing", source="10.0.0.2", detail="peer did not return a certificate"
    )


def test_a_health_check_that_hangs_up_and_the_centre_itself_are_nobodys_news() -> None:
    lines = [
        "100: Client connection from 10.0.0.9 failed: error:0A000126:SSL routines::unexpected eof while reading.",
        "100: New connection from 10.0.0.9:999 on port 8883.",
        "100: OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading",
        "100: Client <unknown> closed its connection.",
        "100: New connection from 127.0.0.1:50125 on port 1883.",
        "100: New client connected from 127.0.0.1:50125 as @centre (p2, c1, k60, u'@centre').",
        "100: @centre 0 thacba/1/+/+/readings",
    ]
    assert findings(lines) == []


@given(st.lists(st.one_of(st.text(max_size=80), st.sampled_from(GOLDEN.read_text().split("\n"))), max_size=30))
def test_nothing_that_stands_in_a_log_ends_the_reader(lines: list[str]) -> None:
    findings(lines)


@pytest.mark.parametrize("port", ["8883", "1883"])
def test_those_who_never_say_who_they_are_take_bounded_memory(port: str) -> None:
    reader = LogReader(fleet_port=8883)
    for number in range(10_000):
        reader.take(f"100: New connection from 10.0.{number >> 8}.{number & 255}:1000 on port {port}.")
    assert len(reader._strangers) <= 4096
