"""What the fleet looks like now: the views of devices and gateways, kept as long as they hold.

    Fleet: standings ──▶ changed since ──▶ Display: views ──▶ by model, by gateway, by site ──▶ pages, API, live feed
    clock ───────────▶ no longer fresh ─┘

Whoever asks pays for what has changed since somebody asked last, not for ten thousand devices. There is no second
truth: a view is made of its standing whenever that has turned, or when time makes another word of its freshness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from cloud.api.views import DeviceView, Freshness, GatewayView
from cloud.api.which import EVERY, DeviceCounts, SiteFacts, Which, facts_of
from cloud.ingest.admission import Admission
from cloud.inventory.fleet import DeviceStanding, Fleet, GatewayStanding
from cloud.inventory.sites import Directory, GatewayEntry, Site
from cloud.roll_call import RollCall
from cloud.views import device_view, gateway_view, words_hold_until
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile

Key = tuple[str, str]
Group = dict[str, dict[Key, DeviceView]]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A view that was made already, what it was made of, and until when its words on freshness hold."""

    standing: DeviceStanding
    turn: int
    profile: DeviceProfile | None
    clock_is_good: bool
    begin: int
    end: float
    view: DeviceView


@dataclass(frozen=True, slots=True)
class _ShownGateway:
    """The same of a gateway."""

    standing: GatewayStanding | None
    turn: int
    entry: GatewayEntry | None
    site: Site | None
    view: GatewayView


class Display:
    """What the fleet looks like now, gateway by gateway and device by device."""

    def __init__(
        self,
        fleet: Fleet,
        inventory: Directory,
        profiles: Mapping[str, DeviceProfile],
        *,
        clock: Clock,
        admission: Admission,
    ) -> None:
        self._fleet = fleet
        self._admission = admission
        self._inventory = inventory
        self._clock = clock
        self._views = _Views(self._more_of)
        self._shown: dict[Key, _Shown] = {}
        self._gateways: dict[str, _ShownGateway] = {}
        self._due: dict[Key, float] = {}  # when to look again, though nothing was heard
        self._dues: list[tuple[float, Key]] = []  # a heap of them; one that is not in `_due` any more means nothing
        self._losses = -1
        self._looked_at = 0
        self.profiles = profiles

    def gateway(self, gateway: str) -> GatewayView:
        """One gateway, heard or not."""
        standing = self._fleet.gateway(gateway)
        turn = standing.turn if standing is not None else 0
        entry, site = self._inventory.gateway(gateway), self._inventory.site_of(gateway)
        shown = self._gateways.get(gateway)
        if (
            shown is None
            or shown.standing is not standing
            or shown.turn != turn
            or shown.entry is not entry
            or shown.site is not site
        ):
            view = gateway_view(gateway, standing, self._inventory)
            shown = self._gateways[gateway] = _ShownGateway(standing, turn, entry, site, view)
        withheld = self._admission.withheld(gateway)
        return replace(shown.view, withheld=withheld) if withheld else shown.view

    def known_gateway(self, gateway: str) -> GatewayView | None:
        """One gateway; None when nobody listed it and it was not heard as a stranger."""
        is_known = gateway in self._inventory.gateways or any(
            each.gateway == gateway for each in self._fleet.strangers()
        )
        return self.gateway(gateway) if is_known else None

    def gateways(self) -> list[GatewayView]:
        """Every gateway of the inventory, and every stranger that was heard."""
        known = self._inventory.gateways
        strangers = [each.gateway for each in self._fleet.strangers() if each.gateway not in known]
        if len(self._gateways) > 2 * (len(known) + len(strangers)):  # most of them are gone
            self._gateways.clear()
        return [self.gateway(each) for each in (*known, *strangers)]

    def device(self, gateway: str, device: str) -> DeviceView | None:
        """One device, if it was ever introduced or heard."""
        standing = self._fleet.device(gateway, device)
        return None if standing is None else self._view(standing)

    def devices(self, wanted: Which = EVERY) -> list[DeviceView]:
        """The devices that somebody asks for, with their newest values."""
        self._look()
        return self._views.some(wanted)

    def devices_called(self, words: Sequence[str]) -> list[DeviceView]:
        """The devices of which every word is known, by their names and those of their models and sites."""
        self._look()
        return self._views.called(words)

    def site_facts(self) -> dict[str, SiteFacts]:
        """What stands at every site."""
        self._look()
        return self._views.facts()

    def counts(self) -> DeviceCounts:
        """How many devices there are, and how fresh."""
        self._look()
        return self._views.counts()

    def _look(self) -> None:
        """Makes the views anew that do not hold any more."""
        fleet, now = self._fleet, self._clock.now_ms()
        if self._losses != fleet.losses or now < self._looked_at:  # devices are gone, or the clock was put back
            self._losses = fleet.losses
            self._begin_anew()
        else:
            for gateway, device in fleet.take_changed():
                standing = fleet.device(gateway, device)
                if standing is not None:
                    self._views.put(self._view(standing))
            self._look_again(now)
        self._looked_at = now

    def _begin_anew(self) -> None:
        self._fleet.take_changed()
        before, self._shown = self._shown, {}
        self._views, self._due, self._dues = _Views(self._more_of), {}, []
        for standing in self._fleet.devices():
            key = (standing.gateway, standing.device)
            if key in before:
                self._shown[key] = before[key]
                self._look_again_at(key, before[key].end)
            self._views.put(self._view(standing))

    def _look_again(self, now: int) -> None:
        """Values that nobody has renewed are stale by and by."""
        while self._dues and self._dues[0][0] < now:
            end, key = heappop(self._dues)
            if self._due.get(key) != end:
                continue
            del self._due[key]
            standing = self._fleet.device(*key)
            if standing is not None:
                self._views.put(self._view(standing))
                self._look_again_at(key, self._shown[key].end)

    def _look_again_at(self, key: Key, end: float) -> None:
        if end < self._due.get(key, float("inf")):
            self._due[key] = end
            heappush(self._dues, (end, key))

    def _view(self, device: DeviceStanding) -> DeviceView:
        key, now = (device.gateway, device.device), self._clock.now_ms()
        profile = self.profiles.get(device.profile)
        gateway = self._fleet.gateway(device.gateway)
        clock_is_good = gateway is None or gateway.clock_is_good
        shown = self._shown.get(key)
        if (
            shown is None
            or shown.standing is not device
            or shown.turn != device.turn
            or shown.profile is not profile
            or shown.clock_is_good is not clock_is_good
            or not shown.begin <= now <= shown.end
        ):
            view = device_view(device, profile, now=now, clock_is_good=clock_is_good)
            end = words_hold_until(view, now=now)
            shown = self._shown[key] = _Shown(device, device.turn, profile, clock_is_good, now, end, view)
            self._look_again_at(key, end)
        return shown.view

    def _more_of(self, view: DeviceView) -> str:
        """What else somebody may look for it by: the names of its model and of its site."""
        profile, site = self.profiles.get(view.profile), self._inventory.sites.get(view.site)
        names = [each.name for each in (profile, site) if each is not None]
        return " ".join([f"{name.vi} {name.en}" for name in names] + ([] if site else [view.site]))


class _Views:
    """The views by what pages ask for."""

    def __init__(self, more: Callable[[DeviceView], str]) -> None:
        self._roll_call = RollCall(more)
        self._facts: dict[str, SiteFacts] = {}
        self._devices = 0
        self._fresh: Counter[Freshness] = Counter()
        self._all: dict[Key, DeviceView] = {}
        self._of: Group = {}
        self._with: Group = {}
        self._at: Group = {}

    def put(self, view: DeviceView) -> None:
        """Takes the newest view of a device in the place of the one before."""
        key = (view.gateway, view.id)
        before = self._all.get(key)
        if before is view:
            return
        if before is not None:
            self._count(before, -1)
            if (before.profile, before.site) != (view.profile, view.site):
                del self._of[before.profile][key], self._at[before.site][key]
                self._facts.pop(before.site, None)
        self._count(view, 1)
        self._all[key] = view
        self._of.setdefault(view.profile, {})[key] = view
        self._with.setdefault(view.gateway, {})[key] = view
        self._at.setdefault(view.site, {})[key] = view
        self._facts.pop(view.site, None)
        self._roll_call.put(view)

    def some(self, wanted: Which) -> list[DeviceView]:
        """Those that are asked for."""
        if wanted.gateway is not None:
            return [each for each in self._with.get(wanted.gateway, {}).values() if wanted.takes(each)]
        if wanted.site is not None:
            return [each for each in self._at.get(wanted.site, {}).values() if wanted.takes(each)]
        if wanted.profiles is not None:
            return [each for name in dict.fromkeys(wanted.profiles) for each in self._of.get(name, {}).values()]
        return list(self._all.values())

    def called(self, words: Sequence[str]) -> list[DeviceView]:
        """Those of which every word is known."""
        return [self._all[key] for key in self._roll_call.holding(words)]

    def facts(self) -> dict[str, SiteFacts]:
        """What stands at every site."""
        for site, views in self._at.items():
            if site not in self._facts:
                self._facts[site] = facts_of(views.values())
        return dict(self._facts)

    def counts(self) -> DeviceCounts:
        """What is known without looking through all of them."""
        of_profile = {name: len(views) for name, views in self._of.items() if views}
        return DeviceCounts(self._devices, dict(self._fresh), of_profile)

    def _count(self, view: DeviceView, sign: int) -> None:
        if view.source:
            return
        self._devices += sign
        for word, points in view.glance.freshness.items():
            self._fresh[word] += sign * points
