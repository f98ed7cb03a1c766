"""Log lines in the dialects that devices really speak."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connectors.syslog.line import hostname, parse

TEN_FIFTEEN = 1_725_765_300_000  # 2024-09-08T10:15:00+07:00
# Lines as RFC 5424 (6.5), RFC 3164 (5.4), OpenSSH, FortiOS, PAN-OS, MikroTik and Cisco write them.
LINES = {
    "rfc5424": (
        '<165>1 2024-09-08T03:15:00.000Z fw-01 sshd 212 ID47 [ex@32473 iut="3" user="a\\"b"][origin ip="10.0.0.1"] '
        "\ufeffAccepted password",
        (5, "fw-01", "sshd", TEN_FIFTEEN, "Accepted password"),
        {"iut": "3", "user": 'a"b', "ip": "10.0.0.1"},
    ),
    "rfc5424 nil": ("<34>1 - - - - - -", (2, "", "", None, ""), {}),
    "rfc3164": (
        "<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed for lonvick on /dev/pts/8",
        (2, "mymachine", "su", None, "'su root' failed for lonvick on /dev/pts/8"),
        {},
    ),
    "rfc3164 without host": (
        "<13>Sep  8 10:15:00 sshd: Failed password",
        (5, "", "sshd", None, "Failed password"),
        {},
    ),
    "rsyslog": (
        "<38>2024-09-08T10:15:00+07:00 web-02 sshd[99]: Failed password for root from 10.1.2.3 port 22 ssh2",
        (6, "web-02", "sshd", TEN_FIFTEEN, "Failed password for root from 10.1.2.3 port 22 ssh2"),
        {},
    ),
    "key=value": (
        '<185>date=2024-09-08 time=10:15:00 devname="FG100F" type="event" logdesc="Admin login failed" srcip=10.1.2.3',
        (1, "", "", None, None),
        {"devname": "FG100F", "type": "event", "logdesc": "Admin login failed", "srcip": "10.1.2.3"},
    ),
    "cef": (
        r"<13>Sep  8 10:15:00 pa-220 CEF:0|Palo Alto|PAN-OS|10.2|a\|b|THREAT|High|src=10.20.1.9 dst=8.8.8.8 "
        r"msg=one two \= three act=alert",
        (5, "pa-220", "", None, None),
        {
            "cef.vendor": "Palo Alto", "cef.signature": "a|b", "cef.name": "THREAT", "cef.severity": "8",
            "src": "10.20.1.9", "msg": "one two = three", "act": "alert",
        },
    ),
    "header only": (
        "<30>system,error,critical login failure for user admin from 10.0.0.9 via ssh",
        (6, "", "", None, "system,error,critical login failure for user admin from 10.0.0.9 via ssh"),
        {},
    ),
    "priority too high": ("<999>x", (None, "", "", None, "<999>x"), {}),
    "nothing": ("", (None, "", "", None, ""), {}),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "head", "fields"), LINES.values(), ids=LINES.keys())
def test_a_line_says(raw: str, head: tuple[object, ...], fields: dict[str, str]) -> None:
    line = parse(raw.encode())
    severity, host, app, said_at, text = head
    assert (line.severity, line.host, line.app, line.said_at) == (severity, host, app, said_at)
    assert text is None or line.text == text
    assert fields.items() <= dict(line.fields).items()
    assert hostname(raw.encode()) == host


@settings(deadline=None)
@given(st.binary(max_size=600) | st.text("<>0123456789[]= \"\\|:CEFa-z'", max_size=600).map(str.encode))
def test_no_bytes_are_too_odd(data: bytes) -> None:
    line = parse(data)
    assert len(line.fields) <= 140
    hostname(data)


@pytest.mark.parametrize(
    "piece", ["a" * 60 + '="\\', '[x y="', "CEF:0|" + "\\|", "k= ", '<34>1 - - - - - [a b="\\]', "x: ["]
)
def test_a_line_made_to_be_slow_is_not(piece: str) -> None:
    began = time.process_time()
    parse((piece * 9000)[:65_000].encode())
    assert time.process_time() - began < 1.0
