"""What rules must know of the inventory: where gateways and sites are, and what they are called."""

from __future__ import annotations

from cloud.inventory.live import LiveInventory, SitesOfGateways
from cloud.inventory.sites import Inventory
from cloud.rules.judge import Places
from cloud.rules.scope import AT_AREA


def places_of(inventory: Inventory | LiveInventory) -> Places:
    """The places of an inventory, as the judge wants them; of a live one, which site a gateway is at stays live."""
    return Places(
        areas={site.id: [area.id for area in inventory.path_of(site.area)] for site in inventory.sites.values()},
        sites=SitesOfGateways(inventory),
        names={site.id: site.name for site in inventory.sites.values()}
        | {f"{AT_AREA}/{area.id}": area.name for area in inventory.areas.values()},
    )
