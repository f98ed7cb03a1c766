"""RTSP as text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.rtsp.messages import (
    MAX_REQUEST_BYTES,
    Request,
    RequestError,
    answer,
    challenge,
    is_logged_in,
    take,
)

FIRST = b"DESCRIBE rtsp://h/live RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Basic b3A6cHc=\r\n\r\n"
WITH_BODY = b"GET_PARAMETER rtsp://h/live RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nbody"
STREAM = FIRST + b"$\x01\x00\x02ab" + WITH_BODY


@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=6))
def test_requests_are_found_however_the_bytes_arrive(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    found, buffer = [], b""
    for begin, end in itertools.pairwise(edges):
        buffer += STREAM[begin:end]
        request, buffer = take(buffer)
        while request:
            found.append(request.method)
            request, buffer = take(buffer)
    assert found == ["DESCRIBE", "GET_PARAMETER"]
    assert buffer == b""


@pytest.mark.parametrize(
    "wrong",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"hello\r\n\r\n",
        b"x" * (MAX_REQUEST_BYTES + 1),
        b"PLAY rtsp://h RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"PLAY rtsp://h RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(wrong: bytes) -> None:
    with pytest.raises(RequestError):
        take(wrong)


def test_an_answer_repeats_the_number_and_counts_its_body() -> None:
    request, _ = take(FIRST)
    assert request is not None
    assert (
        answer(request, 200, {"X": "1"}, "ä")
        == b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nX: 1\r\nContent-Length: 2\r\n\r\n\xc3\xa4"
    )


def test_basic_log_in() -> None:
    request, _ = take(FIRST)
    assert request is not None
    assert is_logged_in(request, scheme="basic", nonce="", username="op", password="pw")
    assert not is_logged_in(request, scheme="basic", nonce="", username="op", password="other")
    assert not is_logged_in(request, scheme="digest", nonce="n", username="op", password="pw")
    assert challenge("basic", "n").startswith("Basic realm=")


def test_digest_log_in_by_the_book() -> None:
    # MD5(MD5("op:thacba:pw"):"n1":MD5("DESCRIBE:rtsp://h/live")), worked out with md5sum
    proof = 'Digest username="op", realm="thacba", nonce="n1", uri="rtsp://h/live", response="%s"'
    good = Request("DESCRIBE", "rtsp://h/live", {"authorization": proof % "ff44ba1ba1e50e53f364d6d527a065c9"})
    assert is_logged_in(good, scheme="digest", nonce="n1", username="op", password="pw")
    assert not is_logged_in(good, scheme="digest", nonce="n2", username="op", password="pw")
    wrong = Request("DESCRIBE", "rtsp://h/live", {"authorization": proof % ("0" * 32)})
    assert not is_logged_in(wrong, scheme="digest", nonce="n1", username="op", password="pw")
    assert not is_logged_in(Request("PLAY", ""), scheme="digest", nonce="n1", username="op", password="pw")
