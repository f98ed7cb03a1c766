"""The pure parts of the SNMP room: configuration, growth of counters, columns, and the meaning of traps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from device_profiles.load import load_catalogue
from device_profiles.sources.snmp import SnmpSource
from edge_agent.connector import Happening
from edge_agent.connectors.snmp.answers import Answer, recorded
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.growth import DAY_TICKS, TICKS, WRAPS_AT, Count, per_s
from edge_agent.connectors.snmp.recorded import observe
from edge_agent.connectors.snmp.traps import TRAP_OID, Trap, observations
from tests.readme_check import assert_documented

CATALOGUE = load_catalogue()
SWITCH = CATALOGUE["generic_if_mib_switch"]
FILE = Path("secret")
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_every_field_of_the_configuration_is_described() -> None:
    assert_documented("edge_agent/connectors/snmp", SnmpConnection)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "needs username"),
        ({"version": "2c"}, "needs community_env or community_file"),
        ({"version": "2c", "community_env": "C", "community_file": FILE}, "not both"),
        ({"username": "u"}, "auth = sha256 needs"),
        ({"username": "u", "auth_password_file": FILE}, "privacy = aes128 needs"),
        ({"username": "u", "auth": "none"}, "privacy needs auth"),
        ({"version": "2c", "community_env": "C", "engine_id": "xyz"}, "engine_id"),
    ],
    ids=lambda value: value.replace(" ", "-")[:24] if isinstance(value, str) else None,
)
def test_a_connection_that_is_not_whole_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        SnmpConnection(host="10.0.0.2", **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"oid": "1.3.6.1.{Bad}"},
        {"oid": "1.3.6.1", "reads": "mean", "equals": 1},
        {"oid": "1.3.6.1", "reads": "sum", "over": "1.3.6.2"},
        {"oid": "1.3.6.1", "codes": {"1": 1}, "equals": 2},
    ],
    ids=["row", "equals", "over", "codes"],
)
def test_a_source_that_contradicts_itself_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SnmpSource(**fields)


@CALM
@given(
    begin=st.integers(0, WRAPS_AT - 1),
    grown=st.integers(0, WRAPS_AT // 2),
    ticks=st.integers(0, TICKS - 1),
    elapsed=st.integers(1, DAY_TICKS - 1),
)
def test_a_32_bit_counter_grows_the_same_over_its_wrap_and_over_that_of_the_clock(
    begin: int, grown: int, ticks: int, elapsed: int
) -> None:
    before = Count(Answer("counter32", begin), ticks)
    now = Count(Answer("counter32", (begin + grown) % WRAPS_AT), (ticks + elapsed) % TICKS)
    rate, fault = per_s(before, now)
    assert not fault
    assert rate == pytest.approx(grown * 100 / elapsed)


def test_a_restart_gives_no_rate_and_a_64_bit_counter_never_wraps() -> None:
    old, new = Count(Answer("counter64", 500), 9_000_000), Count(Answer("counter64", 3), 100)
    assert per_s(old, new) == (None, "restarted")
    assert per_s(old, Count(Answer("counter64", 499), 9_000_100)) == (None, "restarted")
    assert per_s(old, Count(Answer("counter64", 600), 9_000_000)) == (None, "")


@CALM
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_whatever_was_recorded_becomes_an_answer(raw: object) -> None:
    assert recorded(raw).kind in ("missing", "integer", "float", "text")
    for profile in (SWITCH, CATALOGUE["apc_smart_ups"]):
        told = {point.source.oid: raw for point in profile.points if isinstance(point.source, SnmpSource)}
        assert all(sample for sample in observe("d", profile, told))


def test_a_trap_that_nobody_named_is_left_out_or_kept_as_it_is() -> None:
    trap = Trap("10.0.0.2", "c", [(TRAP_OID, Answer("address", "1.3.6.1.4.1.9999.0.7"))])
    assert observations("d", SWITCH, {}, trap) == []
    every = SWITCH.model_copy(update={"events": ("trap",)})
    (event,) = observations("d", every, {}, trap)
    assert isinstance(event, Happening)
    assert (event.kind, event.facts) == ("trap", {"oid": "1.3.6.1.4.1.9999.0.7"})


@CALM
@given(
    st.lists(
        st.tuples(
            st.sampled_from([TRAP_OID, "1.3.6.1.2.1.2.2.1.8.2", "1.3.6.1.2.1.2.2.1.2.2", "1.3.6", ""]),
            st.builds(Answer, st.sampled_from(["integer", "text", "missing"]), st.integers() | st.text()),
        ),
        max_size=20,
    )
)
def test_no_trap_can_break_what_reads_it(pairs: list[tuple[str, Answer]]) -> None:
    for each in observations("d", SWITCH, {"uplink": 2}, Trap("10.0.0.2", "c", pairs)):
        assert each.device == "d"
