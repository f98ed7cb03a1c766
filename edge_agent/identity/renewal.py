"""Renews the certificate: when, how, and what of the answer is believed before it replaces the one in force."""

from __future__ import annotations

import hashlib
import logging
from base64 import b64encode

from cryptography.hazmat.primitives.serialization import Encoding

from edge_agent.clockwatch import ClockWatch
from edge_agent.identity.centre import Answer, Question, certificates_in, trouble_of
from edge_agent.identity.errors import AwayError, PapersError, RefusedError
from edge_agent.identity.member import MemberDoor
from edge_agent.identity.papers import Identity, prove, signing_request, successor_in
from edge_agent.identity.store import IdentityStore

log = logging.getLogger(__name__)

REENROL_PATH = "/.well-known/est/simplereenroll"
HALF, JITTER = 0.5, 0.1
REVOKED = frozenset({"certificate_revoked", "gateway_retired"})
UNKNOWN = frozenset({"certificate_unknown", "forged"})  # no certificate that it has given fits our key


def renews_at(identity: Identity) -> int:
    """When the certificate had best be renewed: at half of its life, a tenth sooner or later.

    The place within that tenth follows from the certificate's number: a fleet that joined on one day is spread, and a
    gateway that starts again and again does not draw again and again.
    """
    number = identity.certificate.serial_number
    digest = hashlib.sha256(number.to_bytes(32, "big")).digest()
    share = HALF + JITTER * (int.from_bytes(digest[:4], "big") / 0xFFFFFFFF * 2 - 1)
    return round(identity.begins_at + share * (identity.ends_at - identity.begins_at))


class Renewer:
    """Asks the centre for a new certificate for the same key, and puts it in force once it is proved."""

    def __init__(self, store: IdentityStore, *, clock: ClockWatch) -> None:
        self._store = store
        self._clock = clock

    def is_due(self, identity: Identity) -> bool:
        """Whether the time has come; never while nobody knows the time."""
        return self._clock.state() == "good" and self._clock.now_ms() >= renews_at(identity)

    async def renew(self, identity: Identity) -> Identity:
        """The identity with its new certificate, which is on disk and in force.

        AwayError: later again. PapersError: what came is not believed, the old one stays. RefusedError: the centre says
        no, `revoked` when it will never say anything else.
        """
        request = signing_request(identity.key, name=identity.gateway).public_bytes(Encoding.DER)
        question = Question(
            "POST",
            REENROL_PATH,
            b64encode(request),
            kind="application/pkcs10",
            headers={"Content-Transfer-Encoding": "base64"},
        )
        answer = await MemberDoor(identity, self._clock).ask(question)
        if not answer.good:
            raise _refusal(answer)
        renewed = self._proved(identity, answer)
        self._store.renew(renewed.certificate, renewed.chain)
        log.info("certificate renewed", extra={"days": round(renewed.days_left(self._clock.now_ms()))})
        return renewed

    def _proved(self, identity: Identity, answer: Answer) -> Identity:
        renewed = successor_in(certificates_in(answer.body), identity)
        now = self._clock.now_ms() if self._clock.state() == "good" else answer.date_ms
        prove(renewed, now=now)
        if renewed.certificate == identity.certificate:
            raise PapersError("same", "it is the one that is in force already")
        return renewed


def _refusal(answer: Answer) -> AwayError | RefusedError:
    trouble = trouble_of(answer)
    if trouble.code in REVOKED:
        return RefusedError("revoked", trouble.detail)
    if trouble.code in UNKNOWN:
        return RefusedError("certificate_unknown", trouble.detail)
    return trouble
