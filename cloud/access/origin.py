"""Refuses requests that another site makes a browser send with our cookie (cross-site request forgery)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_cross_site(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a changing request comes from another site.

    The method of Go's net/http.CrossOriginProtection (2025): every browser since 2023 sends Sec-Fetch-Site; older ones
    send Origin with every POST; who sends neither is no browser and carries no cookie that somebody else gave it.
    """
    if method in SAFE:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")
