"""Puts the office together: the state database, the data folder, and the keys of enrolled gateways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cloud.commissioning.config import CommissioningConfig
from cloud.commissioning.contents import Contents
from cloud.commissioning.office import CommissioningOffice, Desk
from cloud.enrolment.certificates import public_key_of
from cloud.enrolment.security import SecurityEvents
from cloud.store.commissioning_port import CommissioningStore
from cloud.store.enrolment_port import EnrolmentStore
from device_profiles.clock import Clock


class EnrolledKeys:
    """The keys of a gateway's certificates; those of revoked ones count no more."""

    def __init__(self, store: EnrolmentStore) -> None:
        self._store = store

    def __call__(self, gateway: str) -> Sequence[EllipticCurvePublicKey]:
        """Each key once, the newest certificate's first."""
        rows = [row for row in self._store.certificates(gateway) if not row.revoked_at]
        return [public_key_of(row.pem) for row in {row.public_key: row for row in reversed(rows)}.values()][::-1]


def commissioning_office(
    data_dir: Path,
    config: CommissioningConfig,
    *,
    stores: tuple[CommissioningStore, EnrolmentStore],
    events: SecurityEvents,
    clock: Clock,
) -> CommissioningOffice:
    """The office of a centre."""
    records, enrolment = stores
    return CommissioningOffice(Desk(records, Contents(data_dir), EnrolledKeys(enrolment), events, config), clock)
