"""Envelopes, tokens, and answers that want to harm."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.connector import LinkError
from edge_agent.onvif import asking
from edge_agent.onvif.soap import Call, answer_in, digest_of, envelope, local, parse, token_of

HEAD = '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>'
TAIL = "</e:Body></e:Envelope>"


def test_the_example_of_the_onvif_programmers_guide() -> None:
    """ONVIF Application Programmer's Guide 1.0, section 6.1.1.3."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert digest_of(nonce, "2010-09-16T07:50:45Z", "userpassword") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


def test_a_token_is_of_the_cameras_time_and_holds_no_password() -> None:
    token = token_of("user", "userpassword", nonce=b"n" * 16, at_ms=1_284_623_445_250)
    assert token.created == "2010-09-16T07:50:45.250Z"
    assert "userpassword" not in envelope(asking.SERVICES, token).decode() + repr(token)


@pytest.mark.parametrize(
    "call",
    [
        asking.DATE_AND_TIME,
        asking.SERVICES,
        asking.profiles(new=True),
        asking.stream("a<&>\"'", new=False),
        asking.goto("p", "</x>"),
        asking.pull("http://h/?a=1&b=2", "id", wait_s=2.5, most=9),
    ],
    ids=["time", "services", "profiles", "stream", "preset", "pull"],
)
def test_every_request_is_well_formed_whatever_the_camera_calls_its_things(call: Call) -> None:
    token = token_of("né & <co>", "p", nonce=b"n" * 16, at_ms=0)
    assert local(parse(envelope(call, token))) == "Envelope"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "device"),
        (b"<html><body>It works!</body></html>", "device"),
        (b"<a><b></a>", "device"),
        (f"{HEAD}{TAIL}".encode(), "device"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "device"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a []><a/>'.encode("utf-16"), "device"),
        (b"<a>" * 5000, "device"),
        (b"<a>" + b" " * 600_000 + b"</a>", "device"),
        (f"{HEAD}<e:Fault><e:Reason>Sender not Authorized</e:Reason></e:Fault>{TAIL}".encode(), "refused"),
        (
            f"{HEAD}<e:Fault><e:Code><e:Subcode><e:Value>ter:NotAuthorized</e:Value></e:Subcode></e:Code></e:Fault>{TAIL}".encode(),
            "refused",
        ),
        (f"{HEAD}<e:Fault><e:Reason>ActionNotSupported</e:Reason></e:Fault>{TAIL}".encode(), "device"),
    ],
    ids=["nothing", "web page", "half", "empty", "entities", "hidden", "deep", "long", "locked", "code", "fault"],
)
def test_an_answer_that_is_none_is_a_fault_of_the_link(body: bytes, fault: str) -> None:
    with pytest.raises(LinkError) as caught:
        answer_in(body)
    assert caught.value.fault == fault


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    for content in (body, f"{HEAD}{body.decode('latin-1')}{TAIL}".encode()):
        try:
            answer_in(content)
        except LinkError as error:
            assert error.fault in ("device", "refused")  # noqa: PT017 -- most bytes are refused, a few are XML
