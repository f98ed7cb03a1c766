"""One word for why the broker cannot be used, for logs and health; pure."""

from __future__ import annotations

from edge_agent.supervisor import UNAUTHORISED

NOT_MQTT = "not mqtt"  # what client.py says of a port where somebody answers who is no broker
REFUSALS = frozenset({134, 135})  # CONNACK: bad user name or password, not authorised; paho speaks version 5 here
WORDS = {
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
