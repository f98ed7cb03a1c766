"""What is said to ffmpeg and what it says back; pure text.

The address with user and password goes to ffmpeg's standard input as a script of its concat demuxer, so that neither
the argument list nor the environment of the child, which others on the machine can read, ever holds it:

    ffconcat version 1.0
    file 'rtsp://user:password@host/path'
    option rtsp_transport tcp
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from edge_agent.camera_login import Login
from edge_agent.connectors.camera.config import CameraConnection

PROTOCOLS = "pipe,tcp,rtp,rtsp,rtsps,tls"  # nothing else may be opened, whatever the camera redirects to
SOCKET_TIMEOUT_US = 9_000_000  # second rope: the child ends by itself when nobody is left to kill it
ANALYSE_US = 500_000  # of stream before the first picture; ffmpeg's own 5 s would eat half of the 10 s we have
MAX_PIXELS = 7680 * 4320  # 8K; a larger picture is an attack on the gateway's memory
THINNING_SLACK = 0.9  # pictures come jittered; without slack every second one of a slow camera would be skipped

_LOGIN = re.compile(r"(?<=://)[^/\s'\"]*@")
_PROGRESS = re.compile(r"^([a-z0-9_]+)=\s*(.*)$")
_FAULTS = (
    (re.compile(r"\b(401|403)\b|[Uu]nauthori[sz]ed|Forbidden"), "refused"),
    (re.compile(r"\b404\b|Not Found"), "missing"),
    (re.compile(r"timed out"), "timeout"),
)


def script(url: str, login: Login) -> bytes:
    """The concat script that opens the camera."""
    parts = urlsplit(url)
    user = f"{quote(login.username, safe='')}:{quote(login.password, safe='')}@" if login.username else ""
    address = urlunsplit(parts._replace(netloc=user + parts.netloc))
    options = {
        "rtsp_transport": "tcp",
        "timeout": SOCKET_TIMEOUT_US,
        "analyzeduration": ANALYSE_US,
        "fpsprobesize": 0,
    }
    lines = [
        "ffconcat version 1.0",
        f"file '{address}'",
        *(f"option {name} {value}" for name, value in options.items()),
    ]
    return ("\n".join(lines) + "\n").encode()


def arguments(connection: CameraConnection) -> list[str]:
    """The argument list: every packet is counted, some pictures come out small and grey on standard output."""
    gap_s = THINNING_SLACK / connection.frames_per_s
    # abs: a camera that sets its clock back must not silence the filter until time has caught up.
    thin = rf"select=isnan(prev_selected_t)+gte(abs(t-prev_selected_t)\,{gap_s:.3f})"
    size = f"scale={connection.width}:{connection.height}"
    return [
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:2", "-stats_period", "1"),
        *("-filter_threads", "1", "-threads", "1", "-max_pixels", str(MAX_PIXELS)),
        *("-analyzeduration", str(ANALYSE_US), "-fpsprobesize", "0", "-protocol_whitelist", PROTOCOLS),
        *("-f", "concat", "-safe", "0", "-i", "pipe:0"),
        *("-map", "0:v:0", "-c", "copy", "-f", "null", "-"),
        *("-map", "0:v:0", "-vf", f"{thin},{size}", "-fps_mode", "passthrough", "-pix_fmt", "gray"),
        *("-f", "rawvideo", "-flush_packets", "1", "pipe:1"),
    ]  # fmt: skip


def redacted(text: str, login: Login) -> str:
    """The text without user and password, however they are written."""
    text = _LOGIN.sub("***@", text)
    for secret in (login.password, quote(login.password, safe=""), login.username, quote(login.username, safe="")):
        text = text.replace(secret, "***") if secret else text
    return text


def packets_in(line: str) -> int | None:
    """How many packets have come, if the line is the progress report that says so."""
    found = _PROGRESS.match(line)
    return int(found[2]) if found and found[1] == "frame" and found[2].isdigit() else None


def is_progress(line: str) -> bool:
    """True for lines of the progress report, which are no complaint."""
    return _PROGRESS.match(line) is not None


def fault_of(complaints: str) -> str:
    """The short code for what went wrong; an end without complaint is a camera that gives no answer."""
    return next((fault for pattern, fault in _FAULTS if pattern.search(complaints)), "no_answer")
