"""What lines add up to: sliding windows, silence that is no zero, floods, and events within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connector import Happening, Observation, Sample
from edge_agent.connectors.syslog.config import SyslogConnection
from edge_agent.connectors.syslog.tally import Tally
from tests.edge_agent.connectors.syslog.hearing import CATALOGUE
from tests.fakes import YAGI_MS

FAILED = b"<38>2024-09-08T10:15:00+07:00 web-02 sshd[9]: Failed password for root from 203.0.113.9 port 22 ssh2"
ADDED = b"<86>1 %s web-02 usermod 22 - - add 'hoa' to group 'sudo'"
FLOW = b"<189>type=traffic action=accept srcip=10.20.3.14 dstip=203.0.113.80"


def tally(profile: str = "debian_host", **connection: object) -> Tally:
    made = SyslogConnection.model_validate({"senders": ("127.0.0.1",), **connection})
    return Tally("d", made, CATALOGUE[profile])


def values(observations: object) -> dict[str, object]:
    assert isinstance(observations, list)
    return {each.point: each.value if each.fault == "" else each.fault for each in observations if _sample(each)}


def _sample(each: Observation) -> bool:
    return isinstance(each, Sample)


def test_a_window_slides_and_a_count_begins_again_with_each_report() -> None:
    counts = tally()
    for second in range(0, 600, 60):
        counts.take(FAILED, now_s=float(second), now_ms=YAGI_MS)
    assert values(counts.report(now_s=600.0, now_ms=YAGI_MS)) == {"login_failures_5min": 5, "admins_added": 0}
    assert values(counts.report(now_s=899.0, now_ms=YAGI_MS))["login_failures_5min"] == 0
    since = tally("fortinet_fortigate", networks={"iot": ("10.20.0.0/16",)})
    since.take(FLOW, now_s=0.0, now_ms=YAGI_MS)
    assert values(since.report(now_s=1.0, now_ms=YAGI_MS))["iot_to_internet"] == 1
    assert values(since.report(now_s=2.0, now_ms=YAGI_MS))["iot_to_internet"] == 0


def test_silence_is_unknown_and_not_zero() -> None:
    counts = tally(silent_s=900)
    assert set(values(counts.report(now_s=0.0, now_ms=YAGI_MS)).values()) == {"silent"}
    counts.take(b"<30>cron[1]: nothing of interest", now_s=10.0, now_ms=YAGI_MS)
    assert set(values(counts.report(now_s=900.0, now_ms=YAGI_MS)).values()) == {0}
    assert set(values(counts.report(now_s=911.0, now_ms=YAGI_MS)).values()) == {"silent"}


def test_what_goes_by_a_network_that_nobody_named_is_unknown_too() -> None:
    counts = tally("fortinet_fortigate")
    counts.take(FLOW, now_s=0.0, now_ms=YAGI_MS)
    told = values(counts.report(now_s=1.0, now_ms=YAGI_MS))
    assert told["iot_to_internet"] == "network_unnamed"
    assert told["ids_high"] == 0


@pytest.mark.parametrize(
    ("line", "counted"),
    [
        (b"<189>type=traffic action=accept srcip=10.20.3.14 dstip=203.0.113.80", 1),
        (b"<189>type=traffic action=accept srcip=10.20.3.14 dstip=192.168.1.1", 0),
        (b"<189>type=traffic action=accept srcip=10.30.3.14 dstip=203.0.113.80", 0),
        (b"<189>type=traffic action=deny srcip=10.20.3.14 dstip=203.0.113.80", 0),
        (b"<189>type=traffic action=accept srcip=10.20.3.14", 0),
        (b"<189>type=traffic action=accept srcip=10.20.3.14 dstip=nonsense", 0),
        (b"<189>type=traffic action=accept srcip=10.20.3.14 dstip=2001:db8::1", 1),
    ],
    ids=["out", "inside", "elsewhere", "denied", "no target", "odd target", "ipv6"],
)
def test_flows_to_the_internet(line: bytes, counted: int) -> None:
    counts = tally("fortinet_fortigate", networks={"iot": ("10.20.0.0/16",)})
    counts.take(line, now_s=0.0, now_ms=YAGI_MS)
    assert values(counts.report(now_s=1.0, now_ms=YAGI_MS))["iot_to_internet"] == counted


def test_a_line_is_told_as_an_event_once_by_its_own_believable_time() -> None:
    counts = tally(line_chars=20)
    line = ADDED % b"2024-09-10T07:00:10+07:00"
    for data in (line, line, ADDED % b"1970-01-01T00:00:00+00:00"):
        counts.take(data, now_s=0.0, now_ms=YAGI_MS)
    first, again, wrong = counts.news(now_ms=YAGI_MS)
    assert (first.kind, first.id, first.observed_at) == ("admin_added", again.id, YAGI_MS + 10_000)
    assert (wrong.observed_at, wrong.id != first.id) == (None, True)
    assert first.facts == {"host": "web-02", "app": "usermod", "line": "add 'hoa' to group '", "severity": 6}


def test_a_line_that_a_relay_repeats_counts_once() -> None:
    counts = tally()
    exact = FAILED.replace(b"10:15:00", b"10:15:00.123456")
    for data in (exact, exact, exact.replace(b"123456", b"123457"), FAILED, FAILED):
        counts.take(data, now_s=0.0, now_ms=YAGI_MS)
    assert values(counts.report(now_s=1.0, now_ms=YAGI_MS))["login_failures_5min"] == 4


def test_a_storm_of_events_is_counted_and_told_within_bounds() -> None:
    counts = tally(events_per_min=3)
    for number in range(50):
        counts.take(ADDED % b"-" + b" %d" % number, now_s=0.0, now_ms=YAGI_MS)
    assert len(counts.news(now_ms=YAGI_MS)) == 3
    counts.take(ADDED % b"-", now_s=60.0, now_ms=YAGI_MS)
    assert [each.facts["untold"] for each in counts.news(now_ms=YAGI_MS)] == [47]
    assert values(counts.report(now_s=60.0, now_ms=YAGI_MS))["admins_added"] == 51


def test_a_flood_of_lines_is_looked_at_within_bounds_and_said() -> None:
    counts = tally(max_lines_per_s=10)
    for _ in range(1000):
        counts.take(FAILED, now_s=0.0, now_ms=YAGI_MS)
    report = counts.report(now_s=0.5, now_ms=YAGI_MS)
    assert values(report)["login_failures_5min"] == 100, "a lower bound still raises its alarm"
    assert [(each.kind, each.facts) for each in report if isinstance(each, Happening)] == [
        ("log_overrun", {"lines": 900})
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=120), st.floats(0, 1e6)), max_size=20))
def test_whatever_arrives_a_report_is_possible(lines: list[tuple[bytes, float]]) -> None:
    counts = tally("cef_sensor", networks={"iot": ("10.20.0.0/16",)})
    for data, now_s in lines:
        counts.take(data, now_s=now_s, now_ms=YAGI_MS)
    assert len(values(counts.report(now_s=1e6, now_ms=YAGI_MS))) == 3
