"""The inventory as it stands now: the files, and the gateways that the registry has added, moved or barred since."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cloud.inventory.sites import Area, GatewayEntry, Inventory, Site
from device_profiles.schema import Text


@dataclass(frozen=True, slots=True)
class Added:
    """A gateway that no file lists."""

    gateway: str
    site: str
    name: Text


class LiveInventory:
    """Answers as an Inventory does, and changes as a whole when the registry says so. Hold this, not what it answers.

    The file wins where both name a gateway; a barred gateway is nobody's, whoever names it.
    """

    def __init__(self, filed: Inventory) -> None:
        self.filed = filed
        self._now = filed

    def __contains__(self, gateway: object) -> bool:
        return gateway in self._now.gateways

    @property
    def sites(self) -> Mapping[str, Site]:
        """Every site with its gateways."""
        return self._now.sites

    @property
    def areas(self) -> Mapping[str, Area]:
        """Every area."""
        return self._now.areas

    @property
    def gateways(self) -> Mapping[str, Site]:
        """The site of every gateway."""
        return self._now.gateways

    def site_of(self, gateway: str) -> Site | None:
        """The site of a gateway; None for a gateway that nobody has listed."""
        return self._now.gateways.get(gateway)

    def gateway(self, identifier: str) -> GatewayEntry | None:
        """The entry of a gateway."""
        return self._now.gateway(identifier)

    def path_of(self, area: str) -> Iterator[Area]:
        """The area, the one that it lies in, and so on to the top."""
        return self.filed.path_of(area)

    def install(self, added: Sequence[Added], barred: Collection[str] = ()) -> None:
        """Goes on with these gateways beside those of the files; at a site that no file names, one has no place."""
        more: dict[str, list[GatewayEntry]] = {}
        for each in added:
            if each.gateway not in self.filed.gateways and each.gateway not in barred:
                more.setdefault(each.site, []).append(GatewayEntry(id=each.gateway, name=each.name))
        sites = {
            site.id: _with(site, more.get(site.id, ()), barred) for site in self.filed.sites.values()
        }  # the same object where nothing differs
        gateways = {entry.id: site for site in sites.values() for entry in site.gateways}
        self._now = Inventory(sites, self.filed.areas, gateways)


class SitesOfGateways(Mapping[str, str]):
    """The id of every gateway's site, as it stands when it is asked for."""

    def __init__(self, inventory: LiveInventory | Inventory) -> None:
        self._inventory = inventory

    def __getitem__(self, gateway: str) -> str:
        return self._inventory.gateways[gateway].id

    def __iter__(self) -> Iterator[str]:
        return iter(self._inventory.gateways)

    def __len__(self) -> int:
        return len(self._inventory.gateways)


def _with(site: Site, more: Sequence[GatewayEntry], barred: Collection[str]) -> Site:
    entries = (*(each for each in site.gateways if each.id not in barred), *more)
    return site if entries == site.gateways else site.model_copy(update={"gateways": entries})
