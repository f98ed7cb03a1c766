"""The inventory as it stands now: the files, and the gateways that the registry has added, moved or barred since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    """Answers as an Inventory does, and changes when the registry says so. Hold this, not what it answers.

    The file wins where both name a gateway; a barred gateway is nobody's, whoever names it.
    """

    def __init__(self, filed: Inventory) -> None:
        self.filed = filed
        self._now = filed
        self._more: dict[str, dict[str, GatewayEntry]] = {}  # site -> what the registry adds to it
        self._home: dict[str, str] = {}  # gateway -> the site that it was added to
        self._barred: set[str] = set()

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
        self._barred = set(barred)
        self._more = {}
        self._home = {}
        for each in added:
            self._settle(each)
        self._renew(self.filed.sites)

    def put(self, added: Added) -> None:
        """One more gateway, or one with another site or name; it is barred no longer."""
        self._barred.discard(added.gateway)
        former = self._leave(added.gateway)
        self._settle(added)
        self._renew({former, added.site, self._filed_site(added.gateway)})

    def bar(self, gateway: str) -> None:
        """One gateway is nobody's from now on."""
        self._barred.add(gateway)
        self._renew({self._leave(gateway), self._filed_site(gateway)})

    def _settle(self, added: Added) -> None:
        if added.gateway in self.filed.gateways or added.gateway in self._barred:
            return
        entry = GatewayEntry(id=added.gateway, name=added.name)
        self._more.setdefault(added.site, {})[added.gateway] = entry
        self._home[added.gateway] = added.site

    def _leave(self, gateway: str) -> str:
        site = self._home.pop(gateway, "")
        self._more.get(site, {}).pop(gateway, None)
        return site

    def _filed_site(self, gateway: str) -> str:
        site = self.filed.site_of(gateway)
        return site.id if site is not None else ""

    def _renew(self, touched: Iterable[str]) -> None:
        """Makes these sites anew; whoever holds the former inventory holds it whole."""
        sites, gateways = dict(self._now.sites), dict(self._now.gateways)
        for name in touched:
            filed = self.filed.sites.get(name)
            if filed is None:
                continue
            for entry in sites[name].gateways:
                if gateways[entry.id].id == name:  # it may have moved on already
                    del gateways[entry.id]
            sites[name] = _with(filed, self._more.get(name, {}).values(), self._barred)
            gateways |= {entry.id: sites[name] for entry in sites[name].gateways}
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


def _with(site: Site, more: Iterable[GatewayEntry], barred: Collection[str]) -> Site:
    entries = (*(each for each in site.gateways if each.id not in barred), *more)
    return site if entries == site.gateways else site.model_copy(update={"gateways": entries})
