"""What the server remembers of one connection, and how it answers the requests of one session."""

from __future__ import annotations

import secrets

from simulators.devices.rtsp.messages import METHODS, Request, answer, description

SESSION_TIMEOUT_S = 60
NEEDS_SET_UP = ("PLAY", "GET_PARAMETER", "TEARDOWN")


class Session:
    """One client: set up, playing, ended."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.source = secrets.randbits(32)
        self.sequence = secrets.randbits(16)
        self.next_look = 0.0
        self.last_sent = 0.0
        self.is_set_up = False
        self.playing = False
        self.ended = False

    def answer(self, request: Request, *, url: str, frames_per_s: float) -> bytes:
        """The answer to a request that is logged in; may change the state."""
        match request.method:
            case "OPTIONS":
                return answer(request, 200, {"Public": ", ".join(METHODS)})
            case "DESCRIBE":
                headers = {"Content-Base": f"{url}/", "Content-Type": "application/sdp"}
                return answer(request, 200, headers, description(url, frames_per_s))
            case "SETUP":
                return self._set_up(request)
            case method if method in NEEDS_SET_UP:
                return self._run(request)
        return answer(request, 501)

    def _set_up(self, request: Request) -> bytes:
        if "RTP/AVP/TCP" not in request.headers.get("transport", ""):
            return answer(request, 461)
        self.is_set_up = True
        known = f"{self.id};timeout={SESSION_TIMEOUT_S}"
        return answer(request, 200, {"Session": known, "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})

    def _run(self, request: Request) -> bytes:
        if not self.is_set_up:
            return answer(request, 455)
        self.playing = self.playing or request.method == "PLAY"
        self.ended = request.method == "TEARDOWN"
        return answer(request, 200, {"Session": self.id})
