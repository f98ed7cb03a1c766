"""Who may use the page: the code of the box label, how often it may be guessed, and who has shown it."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device_profiles.clock import Clock
from edge_agent.connector import EdgeError
from edge_agent.lasting import write_lasting

DIGITS: Final = 8
FILE: Final = "page/access.json"
LABEL: Final = "page/label.txt"
FREE_TRIES: Final = 5  # per phone, until it has to wait
FIRST_WAIT_S: Final = 60.0
LONGEST_WAIT_S: Final = 900.0
ALL_TRIES: Final = 60  # of everybody together in ALL_WITHIN_S: 10^8 codes take longer than a gateway lives
ALL_WITHIN_S: Final = 600.0
SESSION_S: Final = 12 * 3600.0  # a working day; counted by the time that runs, for the clock may be set meanwhile
MOST_SESSIONS: Final = 16
MOST_PHONES: Final = 256
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


class CodeRefusedError(EdgeError):
    """The code is not the label's; `wait_s` says how long no other will be looked at."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wrong code, wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(slots=True)
class _Tries:
    """What one phone tried."""

    wrong: int = 0
    again_at: float = 0.0


class AccessBook:
    """Owns the digest of the code and the sessions. Sessions and tries live in memory: a restart asks for the code."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._file = data_dir / FILE
        self._label = data_dir / LABEL
        self._clock = clock
        self._sessions: OrderedDict[bytes, float] = OrderedDict()
        self._phones: OrderedDict[str, _Tries] = OrderedDict()
        self._wrong: deque[float] = deque()

    @property
    def has_code(self) -> bool:
        """Whether a code was made for this box."""
        return self._file.exists()

    @property
    def label(self) -> Path:
        """Where the text of the label waits to be printed."""
        return self._label

    def new_code(self, text: str = "{code}\n") -> str:
        """Makes a code, keeps its digest, and writes the label (`text` with the code in it); everybody must show it."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        salt = secrets.token_bytes(16)
        document = {"v": 1, "salt": salt.hex(), "digest": _digest(code, salt).hex()}
        shown = f"{code[:4]} {code[4:]}"
        write_lasting(self._label, text.format(code=shown).encode())
        write_lasting(self._file, json.dumps(document).encode())
        self._sessions.clear()
        return code

    def enter(self, code: str, *, phone: str) -> str:
        """A session's token for the right code; CodeRefusedError for a wrong one and while the phone must wait."""
        now = self._clock.monotonic()
        tries = self._tries_of(phone)
        wait_s = max(tries.again_at - now, self._wait_of_all(now))
        if wait_s > 0:
            raise CodeRefusedError(math.ceil(wait_s))
        plain = "".join(each for each in code if each.isdecimal())
        if not self._is_right(plain):
            self._wrong.append(now)
            tries.wrong += 1
            over = tries.wrong - FREE_TRIES
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(over, 10)) if over >= 0 else 0.0
            tries.again_at = now + wait_s
            raise CodeRefusedError(wait_s)
        del self._phones[phone]
        return self._begin(now)

    def knows(self, token: str) -> bool:
        """Whether somebody who showed the code holds this token; using it keeps it alive."""
        key = _key_of(token)
        ends_at = self._sessions.get(key)
        now = self._clock.monotonic()
        if ends_at is None or ends_at <= now:
            self._sessions.pop(key, None)
            return False
        self._sessions[key] = now + SESSION_S
        return True

    def leave(self, token: str) -> None:
        """Ends a session."""
        self._sessions.pop(_key_of(token), None)

    def _begin(self, now: float) -> str:
        token = secrets.token_urlsafe(32)
        self._sessions[_key_of(token)] = now + SESSION_S
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return token

    def _tries_of(self, phone: str) -> _Tries:
        tries = self._phones.setdefault(phone, _Tries())
        self._phones.move_to_end(phone)
        while len(self._phones) > MOST_PHONES:
            self._phones.popitem(last=False)
        return tries

    def _wait_of_all(self, now: float) -> float:
        while self._wrong and self._wrong[0] <= now - ALL_WITHIN_S:
            self._wrong.popleft()
        return self._wrong[0] + ALL_WITHIN_S - now if len(self._wrong) >= ALL_TRIES else 0.0

    def _is_right(self, code: str) -> bool:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            salt, digest = bytes.fromhex(kept["salt"]), bytes.fromhex(kept["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return False  # no code was made, or its file is damaged: nobody comes in until a new one is made
        return hmac.compare_digest(_digest(code, salt), digest)


def _digest(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, **_SCRYPT)


def _key_of(token: str) -> bytes:
    """Sessions are looked up by digest, so that the time of looking says nothing of the token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
