"""What the devices of a gateway have to do with one another: who goes by whose readings, who drives whose outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import CommandError, LinkError, Scalar, Writer
from edge_agent.device import Heard, Tell


class Neighbourhood:
    """Implements Neighbours over a running agent, whose devices it knows from `open` on."""

    def __init__(self) -> None:
        self._followers: dict[str, list[Tell]] = {}
        self._writers: Mapping[str, Writer] = {}
        self._profiles: Mapping[str, DeviceProfile] = {}
        self._reaches: Callable[[], bool] = lambda: False

    def open(
        self, writers: Mapping[str, Writer], profiles: Mapping[str, DeviceProfile], reaches: Callable[[], bool]
    ) -> None:
        """From now on orders are carried out; the mappings show the devices of each moment."""
        self._writers, self._profiles, self._reaches = writers, profiles, reaches

    def told(self, device: str, readings: Callable[[], Sequence[Heard]]) -> None:
        """A device was read; `readings` gives its newest, and is only asked when somebody follows it."""
        followers = self._followers.get(device)
        if followers:
            newest = readings()
            for tell in tuple(followers):
                tell(newest)

    def follow(self, device: str, tell: Tell) -> Callable[[], None]:
        """From now on `tell` gets the device's newest readings at each of its readings; the answer ends that."""
        self._followers.setdefault(device, []).append(tell)

        def leave() -> None:
            self._followers[device].remove(tell)

        return leave

    async def order(self, device: str, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """What came of a command; CommandError when it is refused, LinkError when the device does not answer."""
        writer = self._writers.get(device)
        if writer is None:
            raise LinkError("no_answer", f"{device} is not at work here")
        known = {each.verb: set(each.arguments) for each in self._profiles[device].commands}
        if set(arguments) != known.get(verb):
            raise CommandError(f"{device} takes: {', '.join(sorted(known))}")
        return await writer.write(verb, arguments)

    def reaches_centre(self) -> bool:
        """Whether the link to the centre is up."""
        return self._reaches()
