"""What a syslog connection may say, and that its README says it too."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edge_agent.connectors.syslog.config import SyslogConnection
from tests.readme_check import assert_documented

GOOD = {"senders": ["10.0.0.1"]}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"senders": []}, "senders"),
        ({"senders": ["10.0.0.1/8"]}, "host bits"),
        ({"senders": ["fw-01"]}, "does not appear"),
        ({"transport": "tls"}, "needs certificate_file"),
        ({"key_file": "k.pem"}, "belong to transport tls"),
        ({"networks": {"private": ["10.0.0.0/8"]}}, "known already"),
        ({"networks": {"iot": ["10.20.0.0/99"]}}, "networks"),
    ],
    ids=["no senders", "host bits", "a name", "no certificate", "key without tls", "private", "no network"],
)
def test_what_is_refused(more: dict[str, object], reason: str) -> None:
    SyslogConnection.model_validate(GOOD)
    with pytest.raises(ValidationError, match=reason):
        SyslogConnection.model_validate(GOOD | more)


def test_each_field_stands_in_the_readme() -> None:
    assert_documented("edge_agent/connectors/syslog", SyslogConnection)
