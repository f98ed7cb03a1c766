"""What may be asked of the configurations over the control socket."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from device_profiles.load import FileFaultsError
from device_profiles.wire import WireError
from device_profiles.wire.configuration import CONFIRM_WITHIN_S
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.keeper import Configurations
from edge_agent.configuring.receiving import Arrived, Reception
from edge_agent.configuring.subject import Subject
from edge_agent.configuring.versions import OrderError
from edge_agent.control.protocol import ControlError, Verb

SETTINGS = ("devices", "broker", "outbox", "listen")
SHORTEST_S, LONGEST_S = 5.0, 86_400.0


class ConfigurationVerbs:
    """`configuration`, `plan`, `apply`, `confirm`, `rollback`."""

    def __init__(self, configurations: Configurations, *, reception: Reception, subject: Subject) -> None:
        self._configurations = configurations
        self._reception = reception
        self._subject = subject

    def verbs(self) -> Mapping[str, Verb]:
        """For the control socket."""
        return {
            "configuration": self.configuration,
            "plan": _refusing("plan", self.plan),
            "apply": _refusing("apply", self.apply),
            "confirm": _refusing("confirm", self.confirm),
            "rollback": _refusing("rollback", self.go_back),
        }

    def standing(self) -> dict[str, object]:
        """Which configuration runs, what a trial waits for, and what is wrong."""
        said = self._configurations.running()
        missing, seconds_left = self._configurations.missing
        faults = [asdict(fault) for fault in self._configurations.faults]
        kept = self._configurations.kept
        return {
            "version": said.version,
            "hash": said.hash,
            "source": said.source,
            "state": said.state,
            "tried": said.tried,
            "reason": said.reason,
            "missing": missing,
            "seconds_left": seconds_left,
            "fault": str(self._configurations.faults[0]) if self._configurations.faults else "",
            "faults": faults,
            "release": kept.configuration.settings.release if kept else "",
        }

    async def configuration(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """The same, with the `settings` that count now, as `apply` takes them; names of secrets, never secrets."""
        settings = {name: each for name, each in self._configurations.tables().items() if name in SETTINGS}
        return {**self.standing(), "gateway": self._subject.plan.config.gateway.id, "settings": settings}

    async def plan(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """What {configuration} would change."""
        return (await self._configurations.changes_of(self._arrived(arguments))).document()

    async def apply(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Tries {configuration, confirm_within_s?}; it is confirmed or given up by itself."""
        arrived = self._arrived(arguments)
        within_s = arguments.get("confirm_within_s", CONFIRM_WITHIN_S)
        if not isinstance(within_s, int | float) or not SHORTEST_S <= within_s <= LONGEST_S:
            raise ConfigurationError("wrong", f"confirm_within_s is {SHORTEST_S:g} to {LONGEST_S:g}")
        changes = await self._configurations.apply(arrived, within_s=float(within_s))
        return {**self.standing(), "changes": changes.document()}

    async def confirm(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """What is tried is good."""
        await self._configurations.confirm()
        return self.standing()

    async def go_back(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """Leaves what is tried, or what was confirmed last."""
        await self._configurations.go_back()
        return self.standing()

    def _arrived(self, arguments: Mapping[str, object]) -> Arrived:
        document = arguments.get("configuration", arguments)
        if not isinstance(document, Mapping) or not ("settings" in document or "signature" in document):
            raise ConfigurationError("wrong", "give a configuration: {settings: {devices: [...]}}")
        before, gateway = self._configurations.kept, self._subject.plan.config.gateway.id
        if "signature" in document:  # carried by hand from the centre
            configuration = self._reception.verified(json.dumps(dict(document)).encode(), gateway=gateway)
            return self._reception.from_centre(configuration, before)
        number = self._configurations.versions.runs.version
        return self._reception.from_site(document, before, gateway=gateway, number=number)


def _refusing(verb: str, work: Verb) -> Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]:
    """The verb with its errors as refusals that say what and why."""

    async def asked(arguments: Mapping[str, object]) -> Mapping[str, object]:
        try:
            return await work(arguments)
        except FileFaultsError as error:
            hint = next((fault.hint for fault in error.faults if fault.hint), "")
            raise ControlError(verb, "; ".join(str(fault) for fault in error.faults), hint) from error
        except (ConfigurationError, WireError) as error:
            raise ControlError(verb, str(error), "nothing was changed") from error
        except OrderError as error:
            raise ControlError(verb, str(error)) from error

    return asked
