"""No secret leaves the gateway in its log, whatever form it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from edge_agent.helping.redact import HIDDEN, redacted


@pytest.mark.parametrize(
    "line",
    [
        "link down password=hunter2hunter",
        'said {"password": "hunter2hunter"}',
        "rtsp://xem:hunter2hunter@10.0.0.8/1 lost",
        "Authorization: Bearer hunter2hunter",
        "sent Basic hunter2hunter",
        "snmp community='hunter2hunter' refused",
        "api_key = hunter2hunter, next",
        "-----BEGIN EC PRIVATE KEY-----\nhunter2hunter\n-----END EC PRIVATE KEY-----",
        "the word hunter2hunter itself",
    ],
)
def test_every_form_is_hidden(line: str) -> None:
    found = redacted(line, known=["hunter2hunter"] if "itself" in line else [])
    assert "hunter2" not in found
    assert HIDDEN in found


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T10:00:00.000Z WARNING  device lost device=gauge fault=timeout",
        "link up after_s=3.2 backlog=120",
        "mqtts://broker.laocai.gov.vn:8883 refused",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert redacted(line) == line


@given(secret=some.text(alphabet="abcdefgh0123456789!?", min_size=4, max_size=30), around=some.text(max_size=30))
def test_a_known_secret_never_survives(secret: str, around: str) -> None:
    assert secret not in redacted(f"{around} {secret} {around}".replace(HIDDEN, ""), [secret])
