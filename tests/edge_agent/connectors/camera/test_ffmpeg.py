"""What is said to ffmpeg, and what of its words is passed on."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.camera_login import Login
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.ffmpeg import arguments, fault_of, is_progress, packets_in, redacted, script

URL = "rtsp://10.0.0.9:554/live?channel=1"
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=0x1EF9, exclude_categories=["Cs"]), min_size=4)


@settings(deadline=None)
@given(SECRET, SECRET)
def test_the_script_holds_the_login_on_one_quoted_line(username: str, password: str) -> None:
    lines = script(URL, Login(username, password)).decode("ascii").splitlines()
    assert lines[0] == "ffconcat version 1.0"
    expected = f"file 'rtsp://{quote(username, safe='')}:{quote(password, safe='')}@10.0.0.9:554/live?channel=1'"
    assert lines[1] == expected
    assert all(line.startswith("option ") and "'" not in line for line in lines[2:])


def test_without_login_the_address_stays_as_it_is() -> None:
    assert f"file '{URL}'".encode() in script(URL, Login())


def test_the_arguments_hold_no_address() -> None:
    assert not any("10.0.0.9" in argument or "rtsp:" in argument for argument in arguments(CameraConnection(url=URL)))


@settings(deadline=None)
@given(SECRET, SECRET)
def test_no_text_shows_the_login(username: str, password: str) -> None:
    login = Login(username, password)
    for spelled in (password, quote(password, safe=""), script(URL, login).decode()):
        text = redacted(f"Impossible to open {spelled}: 401", login)
        assert password not in text.replace("***", "") or password in "Impossible to open : 401ffconcat" + URL
        assert f"{quote(username, safe='')}:{quote(password, safe='')}@" not in text
    assert password not in repr(login)[:9]


def test_a_login_that_somebody_else_wrote_into_an_address_is_hidden_too() -> None:
    assert redacted("open rtsp://a:b%20c@host/x failed", Login()) == "open rtsp://***@host/x failed"


@pytest.mark.parametrize(
    ("complaints", "fault"),
    [
        ("method DESCRIBE failed: 401 Unauthorized", "refused"),
        ("Server returned 403 Forbidden (access denied)", "refused"),
        ("method DESCRIBE failed: 404 Not Found", "missing"),
        ("Connection to tcp://10.0.0.9:554?timeout=0 failed: Connection timed out", "timeout"),
        ("Connection to tcp://10.0.0.9:554 failed: Connection refused", "no_answer"),
        ("", "no_answer"),
    ],
)
def test_faults(complaints: str, fault: str) -> None:
    assert fault_of(complaints) == fault


def test_the_progress_report_is_no_complaint() -> None:
    assert packets_in("frame=  42") == 42
    assert packets_in("fps=5.0") is None
    assert packets_in("frame=N/A") is None
    assert is_progress("out_time_us=12")
    assert not is_progress("[rtsp @ 0x1] method DESCRIBE failed: 401")
