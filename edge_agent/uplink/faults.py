"""One word for why the broker cannot be used, for logs and health; pure."""

from __future__ import annotations

from edge_agent.supervisor import UNAUTHORISED

EXPIRED, REVOKED = "own_certificate_expired", "own_certificate_revoked"
UNWANTED, WANTED, DAMAGED = "own_certificate_refused", "own_certificate_wanted", "own_certificate_damaged"
OWN_CERTIFICATE = frozenset({EXPIRED, REVOKED, UNWANTED, DAMAGED, UNAUTHORISED})  # what a new certificate may mend

NOT_MQTT = "not mqtt"  # what mqtt_client.py says of a port where somebody answers who is no broker
REFUSALS = frozenset({134, 135})  # CONNACK: bad user name or password, not authorised; paho speaks version 5 here
WORDS = {
    "alert certificate expired": EXPIRED,
    "alert certificate revoked": REVOKED,
    "alert certificate required": WANTED,
    "alert handshake failure": WANTED,  # what TLS 1.2 says of it
    "alert unknown ca": UNWANTED,
    "alert bad certificate": UNWANTED,
    "alert certificate unknown": UNWANTED,
    "alert unsupported certificate": UNWANTED,
    "alert access denied": UNWANTED,
    "name or service": "dns",
    "name resolution": "dns",
    "no address": "dns",
    "mismatch, certificate": "tls_name",
    "certificate": "certificate",
    "wrong version number": "not_tls",
    "record layer": "not_tls",
    NOT_MQTT: "not_mqtt",
    "refused": "unreachable",
    "unreachable": "unreachable",
    "no route": "unreachable",
    "timed out": "timeout",
}  # what the system's own messages say, the telling ones first


def fault_of(text: str, *, answer: int | None = None) -> str:
    """A short code for an error's message; `answer` is the broker's refusal of the CONNECT, when it was one."""
    if answer is not None:
        return UNAUTHORISED if answer in REFUSALS else "refused"
    return next((fault for words, fault in WORDS.items() if words in text.lower()), "lost")
