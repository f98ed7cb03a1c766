"""Passkeys: where they can be had, which answers count, and that no bytes of a stranger break the door."""

from __future__ import annotations

import base64
import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.access.authenticators import UnprovenError, challenge_in, counter_after, made, question, registration
from cloud.access.passkeys import (
    LASTS_MS,
    MOST_OPEN,
    Challenges,
    Party,
    PasskeyRow,
    handle_of,
    may_enrol_codes,
    party_of,
    used,
)
from cloud.access.second_factor import FactorRow
from tests.cloud.access.software_key import PRESENT, VERIFIED, Json, SoftwareKey, text_of

ROW = PasskeyRow("Y3JlZA", "lan", "a2V5", counter=7, name="Điện thoại", created_at=1, used_at=0)
HERE = Party("centre.test", "https://centre.test")
CHALLENGE = bytes(range(32))


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://ioc.laocai.example", Party("ioc.laocai.example", "https://ioc.laocai.example")),
        ("https://IOC.laocai.example:443/", Party("ioc.laocai.example", "https://ioc.laocai.example")),
        ("https://ioc.laocai.example:8443/", Party("ioc.laocai.example", "https://ioc.laocai.example:8443")),
        ("http://localhost:8080", Party("localhost", "http://localhost:8080")),
        ("http://ioc.laocai.example", None),
        ("http://127.0.0.1:8080", None),
        ("https://10.0.0.7", None),
        ("https://[2001:db8::7]", None),
        ("https://ioc.example:port", None),
        ("https://", None),
        ("", None),
    ],
)
def test_passkeys_are_had_at_a_name_over_https_and_on_this_machine(address: str, party: Party | None) -> None:
    assert party_of(address) == party


@pytest.mark.parametrize(("kept", "said", "counts"), [(7, 8, True), (7, 7, False), (7, 6, False), (7, 0, False),
                                                      (0, 0, True), (0, 5, True)])  # fmt: skip
def test_a_counter_only_grows_or_stays_nothing(kept: int, said: int, counts: bool) -> None:
    row = PasskeyRow("Y3JlZA", "lan", "a2V5", counter=kept, name="Điện thoại", created_at=1, used_at=0)
    after = used(row, said, now=99)
    assert (after is not None) is counts
    assert after is None or (after.counter, after.used_at) == (said, 99)


def test_codes_are_never_begun_past_a_passkey() -> None:
    codes = FactorRow("lan", "SECRET", confirmed=False, step=0, paper="", at=0)
    assert may_enrol_codes(None, [])
    assert may_enrol_codes(codes, [])
    assert not may_enrol_codes(codes, [ROW])
    assert not may_enrol_codes(None, [ROW])


def test_a_question_counts_once_for_a_while_for_its_purpose_and_its_holder() -> None:
    for purpose, holder, at, counts in (
        ("log_in", "lan", LASTS_MS, True),
        ("log_in", "lan", LASTS_MS + 1, False),
        ("log_in", "lan", -1, False),
        ("log_in", "minh", 0, False),
        ("register", "lan", 0, False),
    ):
        challenges = Challenges()
        asked = challenges.ask("log_in", "lan", now=0)
        assert challenges.take(asked, purpose, holder, now=at) is counts  # type: ignore[arg-type]
        assert not challenges.take(asked, "log_in", "lan", now=0), "it is gone, whatever it was worth"
    assert not Challenges().take(bytes(32), "log_in", "lan", now=0)


def test_questions_take_a_bounded_room_and_no_two_are_the_same() -> None:
    challenges = Challenges()
    first, *more = [challenges.ask("log_in", "lan", now=0) for _ in range(MOST_OPEN + 1)]
    assert len({first, *more}) == MOST_OPEN + 1
    assert not challenges.take(first, "log_in", "lan", now=0)
    assert challenges.take(more[0], "log_in", "lan", now=0)


def test_a_person_has_one_handle_that_says_nothing() -> None:
    assert handle_of("lan") == handle_of("lan") != handle_of("minh")
    assert b"lan" not in handle_of("lan")
    assert len(handle_of("lan")) == 32


def test_the_browser_is_asked_for_a_device_that_verifies_its_person() -> None:
    options = registration(HERE, "lan", [ROW], CHALLENGE)
    assert options["rp"] == {"id": "centre.test", "name": "Thacba"}
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert [each["id"] for each in options["excludeCredentials"]] == ["Y3JlZA"]
    options = question(HERE, [ROW], CHALLENGE)
    assert (options["rpId"], options["userVerification"]) == ("centre.test", "required")
    assert [each["id"] for each in options["allowCredentials"]] == ["Y3JlZA"]
    assert options["challenge"] == text_of(CHALLENGE)


LIES: list[Json] = [
    {"origin": "https://centre.test.evil.example"},
    {"origin": "http://centre.test"},
    {"rp": "evil.example"},
    {"flags": PRESENT},
    {"flags": VERIFIED},
]


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_proves_nothing_neither_at_registration_nor_later(lie: Json) -> None:
    key = SoftwareKey()
    with pytest.raises(UnprovenError):
        made(HERE, key.lying(**lie).register({"challenge": text_of(CHALLENGE)}), CHALLENGE)
    row = registered(key)
    with pytest.raises(UnprovenError):
        counter_after(HERE, key.lying(**lie).sign({"challenge": text_of(CHALLENGE)}), CHALLENGE, row)
    assert counter_after(HERE, key.sign({"challenge": text_of(CHALLENGE)}), CHALLENGE, row) == key.counter


def test_only_the_key_that_was_registered_signs_for_it() -> None:
    key, other = SoftwareKey(), SoftwareKey()
    row = registered(key)
    stolen = {**other.sign({"challenge": text_of(CHALLENGE)}), "id": text_of(key.id), "rawId": text_of(key.id)}
    for answer in (stolen, other.sign({"challenge": text_of(CHALLENGE)})):
        with pytest.raises(UnprovenError):
            counter_after(HERE, answer, CHALLENGE, row)
    with pytest.raises(UnprovenError):
        counter_after(HERE, key.sign({"challenge": text_of(bytes(32))}), CHALLENGE, row)


def test_an_answer_from_a_frame_of_another_site_is_not_read() -> None:
    framed = SoftwareKey().lying(cross_origin=True).sign({"challenge": text_of(CHALLENGE)})
    with pytest.raises(UnprovenError, match="frame"):
        challenge_in(framed)
    assert challenge_in(SoftwareKey().sign({"challenge": text_of(CHALLENGE)})) == CHALLENGE


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = [("id",), ("rawId",), ("type",), ("authenticatorAttachment",), ("response",),
          *(("response", each) for each in ("clientDataJSON", "attestationObject", "authenticatorData", "signature",
                                             "userHandle", "transports"))]  # fmt: skip
KEY = SoftwareKey()


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), value=ANYTHING | st.binary(max_size=200).map(text_of))
def test_whatever_a_stranger_sends_is_refused_and_breaks_nothing(place: tuple[str, ...], value: object) -> None:
    row = registered(KEY)
    for answer in (KEY.sign({"challenge": text_of(CHALLENGE)}), KEY.register({"challenge": text_of(CHALLENGE)})):
        broken = copy.deepcopy(answer)
        inner = broken["response"] if len(place) > 1 else broken
        inner[place[-1]] = value
        for check in (
            lambda: challenge_in(broken),  # noqa: B023
            lambda: made(HERE, broken, CHALLENGE),  # noqa: B023
            lambda: counter_after(HERE, broken, CHALLENGE, row),  # noqa: B023
        ):
            try:
                check()
            except UnprovenError:
                continue


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 400), flip=st.integers(1, 255))
def test_one_changed_byte_of_a_new_passkey_breaks_nothing(at: int, flip: int) -> None:
    answer = KEY.register({"challenge": text_of(CHALLENGE)})
    raw = bytearray(raw_of(answer["response"]["attestationObject"]))
    raw[at % len(raw)] ^= flip
    answer["response"]["attestationObject"] = text_of(bytes(raw))
    try:
        made(HERE, answer, CHALLENGE)
    except UnprovenError:
        return


def raw_of(text: str) -> bytes:
    """The bytes behind base64url."""
    return base64.urlsafe_b64decode(text + "==")


def registered(key: SoftwareKey) -> PasskeyRow:
    """The row of a key that has told the truth once."""
    found = made(HERE, key.register({"challenge": text_of(CHALLENGE)}), CHALLENGE)
    return PasskeyRow(found.credential, "lan", found.public_key, found.counter, "Khóa", created_at=1, used_at=0)
