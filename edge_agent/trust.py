"""Whose certificates a connection believes: the one place where contexts of TLS are made towards the centre."""

from __future__ import annotations

import ssl

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h; Python has no name for it


def trusting(authorities: str, *, with_dates: bool) -> ssl.SSLContext:
    """Asks for the other side's name and for its chain, up to these authorities (PEM) or else the system's.

    Without dates a certificate counts that has run out or not begun: OpenSSL goes by the wall clock, and that is wrong.
    """
    context = ssl.create_default_context(cadata=authorities or None)
    if not with_dates:
        context.verify_flags |= NO_CHECK_TIME
    return context


def trusting_nobody() -> ssl.SSLContext:
    """Believes whoever answers: only for what is compared with a fingerprint afterwards."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
