"""Claim codes survive gloves and bad keyboards, and links carry what the label says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.wire.claims import (
    ALPHABET,
    Claim,
    JoinAnswer,
    JoinRequest,
    Welcome,
    centre_address,
    code_of,
    join_answer_of,
    join_request_of,
    link_of,
    parse_claim,
    read_code,
)
from device_profiles.wire.codec import encode
from device_profiles.wire.errors import WireError

SECRETS = st.integers(0, 2**45 - 1)
CENTRE = "https://centre.yenbai.example"
PIN = "0f" * 32


@given(SECRETS)
def test_a_code_is_read_however_it_is_typed(secret: int) -> None:
    code = code_of(secret)
    assert len(code) == 11
    assert code[5] == "-"
    for typed in (code.lower(), code.replace("-", " "), code.replace("-", ""), f"  {code.replace('-', '–')} "):
        assert read_code(typed) == code
    assert read_code(code.replace("0", "o").replace("1", "l")) == code


@given(SECRETS, st.integers(0, 9), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(secret: int, place: int, wrong: str) -> None:
    plain = code_of(secret).replace("-", "")
    changed = plain[:place] + wrong + plain[place + 1 :]
    if changed == plain:
        assert read_code(changed)
        return
    with pytest.raises(WireError, match="wrong"):
        read_code(changed)


@given(SECRETS, st.integers(0, 9), st.integers(0, 9))
def test_two_exchanged_characters_are_noticed(secret: int, one: int, other: int) -> None:
    characters = list(code_of(secret).replace("-", ""))
    if characters[one] == characters[other]:
        return
    characters[one], characters[other] = characters[other], characters[one]
    with pytest.raises(WireError, match="exchanged"):
        read_code("".join(characters))


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        code = read_code(text)
    except WireError:
        return
    assert read_code(code) == code


@given(SECRETS, st.sampled_from(["", PIN]), st.sampled_from([CENTRE, "https://[2001:db8::7]:8443", f"{CENTRE}/thacba"]))
def test_what_the_label_says_is_what_the_page_reads(secret: int, pin: str, centre: str) -> None:
    claim = Claim(centre, code_of(secret), pin)
    assert parse_claim(link_of(claim)) == claim


def test_a_code_alone_belongs_to_the_centre_that_is_named() -> None:
    code = code_of(7)
    assert parse_claim(code, centre=f"{CENTRE}/") == Claim(CENTRE, code)
    assert parse_claim(f"{CENTRE}/somewhere#claim={code}") == Claim(CENTRE, code)
    with pytest.raises(WireError, match="https://"):
        parse_claim(code)


@pytest.mark.parametrize(
    "address",
    ["http://centre.example", "https://user:word@centre.example", "ftp://x", "https://", "https://[", "https://a:b"],
)
def test_a_centre_is_asked_over_tls_only(address: str) -> None:
    with pytest.raises(WireError):
        centre_address(address)
    assert centre_address("http://127.0.0.1:8080/") == "http://127.0.0.1:8080"


def test_a_short_pin_is_refused() -> None:
    with pytest.raises(WireError, match="64"):
        parse_claim(f"http://thacba.local:8090/#centre={CENTRE}&claim={code_of(1)}&pin=0f0f")


def test_a_newer_centre_may_say_more_than_a_boxed_gateway_knows() -> None:
    request = join_request_of({"code": "x", "csr": "y", "colour": "grey"})
    assert request == JoinRequest(code="x", csr="y")
    welcome = Welcome(
        "gw-1", "site-1", "Cổng", "Gateway", "Cầu", "Bridge", 21.7, 104.9, "mqtts://b:8883", "", "", CENTRE
    )
    answer = JoinAnswer("gw-1", "c", "i", "r", welcome)
    assert join_answer_of(encode(answer).replace(b"{", b'{"later":1,')) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b'{"gateway":7}'])
def test_an_answer_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        join_answer_of(body)
    with pytest.raises(WireError):
        join_request_of({"code": 5})
