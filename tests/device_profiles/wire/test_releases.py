"""Releases: signed as a whole, compared as people expect, and only the wheels that fit a machine."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import (
    Release,
    ReleaseFile,
    SignedRelease,
    Version,
    files_for,
    may_follow,
    parse_release,
    read_release,
    release_key,
    sign_release,
    wheel_fits,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
DIGEST = "0" * 64
OURS = ReleaseFile("thacba-0.2.0-py3-none-any.whl", 10, DIGEST)


def release(*files: ReleaseFile, version: str = "0.2.0", minimum: str = "0.1", outbox: int = 3) -> Release:
    return Release(v=1, version=version, minimum=minimum, outbox=outbox, made_at=1, files=[OURS, *files])


def wheel(name: str) -> ReleaseFile:
    return ReleaseFile(name, 5, DIGEST)


def test_what_was_signed_is_read_back() -> None:
    made = release(wheel("numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"))
    assert read_release(sign_release(made, KEY), KEY.public_key()) == made


@given(st.data())
def test_one_other_character_anywhere_is_refused(data: st.DataObject) -> None:
    signed = sign_release(release(), KEY)
    place = data.draw(st.integers(0, len(signed.body) - 1))
    other = data.draw(
        st.characters(min_codepoint=32, max_codepoint=126).filter(lambda each: each != signed.body[place])
    )
    forged = SignedRelease(signed.body[:place] + other + signed.body[place + 1 :], signed.signature)
    with pytest.raises(WireError, match="signature"):
        read_release(forged, KEY.public_key())


def test_another_key_is_refused() -> None:
    with pytest.raises(WireError, match="signature"):
        read_release(sign_release(release(), KEY), Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (release(OURS), "twice"),
        (release(version="0.3"), "lacks thacba 0.3"),
        (release(ReleaseFile("huge-1-py3-none-any.whl", 1 << 30, DIGEST)), "more than"),
    ],
)
def test_a_manifest_without_sense_is_refused(made: Release, word: str) -> None:
    with pytest.raises(WireError, match=word):
        parse_release(sign_release(made, KEY).body)


@pytest.mark.parametrize(
    "name", ["../thacba-0.2.0-py3-none-any.whl", "thacba.zip", ".whl", "a/b-1-py3-none-any.whl", ""]
)
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    body = sign_release(release(), KEY).body.replace(OURS.name, name)
    with pytest.raises(WireError, match="malformed"):
        parse_release(body)


@pytest.mark.parametrize("version", ["..", "1", "0.2/..", "0.2.0 ", "v0.2", "0.2.0-1"])
def test_a_version_is_safe_as_the_name_of_a_folder(version: str) -> None:
    with pytest.raises(WireError):
        Version.of(version)
    with pytest.raises(WireError):
        parse_release(sign_release(release(), KEY).body.replace('"version":"0.2.0"', f'"version":"{version}"'))


def test_versions_in_the_order_that_people_expect() -> None:
    ordered = ["0.1", "0.1.1", "0.2a1", "0.2b1", "0.2rc1", "0.2rc2", "0.2", "0.9", "0.10", "1.0"]
    assert sorted({*ordered}, key=Version.of) == ordered != sorted(ordered)
    assert Version.of("0.10") == Version.of("0.10.0")


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("rich-14.0-py3-none-any.whl", True),
        ("msgspec-0.19.0-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl", True),
        ("msgspec-0.19.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", False),
        ("msgspec-0.19.0-cp312-cp312-manylinux_2_17_aarch64.whl", False),
        ("msgspec-0.19.0-cp311-cp311-musllinux_1_2_aarch64.whl", False),
        ("cryptography-45.0-cp37-abi3-manylinux_2_34_aarch64.whl", True),
        ("cryptography-45.0-cp313-abi3-manylinux_2_34_aarch64.whl", False),
        ("old-1.0-py2.py3-none-any.whl", True),
        ("thing-1.0-py2-none-any.whl", False),
        ("thing-1.0-cp311-cp311-macosx_11_0_arm64.whl", False),
        ("built-1.0-1-py3-none-linux_aarch64.whl", True),
    ],
)
def test_wheels_for_this_machine(name: str, fits: bool) -> None:
    assert wheel_fits(name, python=(3, 11), machine="aarch64") is fits
    assert (wheel(name) in files_for(release(wheel(name)), python=(3, 11), machine="aarch64")) is fits


def test_who_may_take_a_release() -> None:
    assert may_follow(release(minimum="0.1"), "0.1.0", outbox=3) == ""
    assert "0.2 or newer" in may_follow(release(minimum="0.2"), "0.2rc1", outbox=3)
    assert "could not read it after a return" in may_follow(release(outbox=4), "0.1", outbox=3)


@pytest.mark.parametrize("text", ["", "not base64!", "AAAA"])
def test_a_key_that_is_none(text: str) -> None:
    with pytest.raises(WireError, match="key"):
        release_key(text)
