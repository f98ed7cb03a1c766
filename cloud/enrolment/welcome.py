"""What a gateway that has joined must know: made of its row, its site, and what surrounds the centre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloud.enrolment.authority import Authority
from cloud.inventory.sites import Inventory
from cloud.store.enrolment_port import GatewayRow
from device_profiles.wire.claims import Welcome
from device_profiles.wire.configuration import SignedConfiguration


def no_configuration(_gateway: str) -> SignedConfiguration | None:
    """Nobody has written a configuration yet."""
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Addresses and keys. `broker_authorities`: PEM, "" = our own root; `configuration`: what a gateway shall run."""

    centre_url: str
    broker_url: str
    broker_authorities: str = ""
    command_key: str = ""
    configuration: Callable[[str], SignedConfiguration | None] = no_configuration


@dataclass(frozen=True, slots=True)
class Welcomer:
    """Says welcome."""

    surroundings: Surroundings
    inventory: Inventory
    authority: Authority | None

    def welcome(self, row: GatewayRow) -> Welcome:
        """Everything for this gateway."""
        around = self.surroundings
        site = self.inventory.sites[row.site]
        roots = self.authority.roots_pem if self.authority is not None else ""
        return Welcome(
            gateway=row.gateway,
            site=row.site,
            name_vi=row.name_vi,
            name_en=row.name_en,
            site_name_vi=site.name.vi,
            site_name_en=site.name.en,
            lat=site.lat,
            lon=site.lon,
            broker_url=around.broker_url,
            broker_authorities=around.broker_authorities or roots,
            command_key=around.command_key,
            centre_url=around.centre_url,
            configuration=around.configuration(row.gateway),
            profiles=[each for each in row.profiles.split(",") if each],
            expected_serial=row.expected_serial,
        )
