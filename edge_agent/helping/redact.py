"""Takes secrets out of lines that leave the gateway: by name, by form, and those that are known. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

HIDDEN = "***"
SHORTEST_KNOWN = 4  # a shorter one would take half of the words with it
# Nothing here begins with an open repetition: a log line may be one word of thousands of letters.
_NAMED = re.compile(
    r"(?P<name>(?:password|passwd|secret|token|authorization|cookie|api[_-]?key|community|passphrase)[\w.-]*)"
    r"(?P<between>[\"']?\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|(?:Bearer|Basic)\s+\S+|[^\s,;}\"']+)",
    re.IGNORECASE,
)
_LOG_IN = re.compile(r"(?P<scheme>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://)[^/@\s\"']*:[^/@\s\"']*@", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|\Z)", re.DOTALL)
_LONG = re.compile(r"\b(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{40,}={0,2}")


def redacted(text: str, known: Collection[str] = ()) -> str:
    """The text without secrets; `known` are secrets whatever form they have."""
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST_KNOWN:
            text = text.replace(secret, HIDDEN)
    text = _PEM.sub(HIDDEN, text)
    text = _LOG_IN.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _NAMED.sub(rf"\g<name>\g<between>{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _LONG.sub(HIDDEN, text)
