"""What an exercise changes about the centre as it is put together: its time, its channels, and who keeps its pace."""

from __future__ import annotations

from collections.abc import Mapping

from cloud.config import CentreConfig
from cloud.exercise.office import ExerciseOffice
from cloud.exercise.recorder import recorder_for
from cloud.inventory.live import LiveInventory
from cloud.inventory.sites import Inventory
from cloud.notify.lane import Channel
from cloud.notify.registry import ChannelConfig, build_channel
from cloud.rules.silence import IN_SERVICE, Hearing
from cloud.store.base import StateStore
from device_profiles.clock import Clock, PatientClock, ScaledClock, SystemClock
from device_profiles.exercise import ExerciseConfig, PaceFollower

STORY_DEAF_MS = 7_200_000


def clocks_for(exercise: ExerciseConfig | None, given: Clock | None) -> tuple[Clock, Clock]:
    """The centre's time, and that of whoever waits for broker and stores: in service one and the same."""
    if exercise is None:
        clock = given or SystemClock()
        return clock, clock
    story = given or exercise.clock()
    return story, PatientClock(story)


def hearing_for(exercise: ExerciseConfig | None) -> Hearing:
    """How the centre listens: on a fast story a blink of the machine is minutes long, and is nobody's silence."""
    return IN_SERVICE if exercise is None else Hearing(STORY_DEAF_MS, in_step=True)


def channel_for(channel: ChannelConfig, config: CentreConfig, inventory: Inventory, clock: Clock) -> Channel:
    """The way to people; in an exercise a recorder, whatever the file says: no real notice can leave it."""
    if config.exercise is not None:
        return recorder_for(channel, config.exercise.folder, clock)
    return build_channel(channel, places={site.id: (site.lat, site.lon) for site in inventory.sites.values()})


def office_for(
    exercise: ExerciseConfig | None, state: StateStore, clock: Clock, inventory: LiveInventory
) -> ExerciseOffice | None:
    """The trainer's office; nobody's in service."""
    if exercise is None:
        return None

    def areas() -> Mapping[str, frozenset[str]]:
        sites = inventory.sites.values()
        return {site.id: frozenset(area.id for area in inventory.path_of(site.area)) for site in sites}

    return ExerciseOffice(exercise, state, clock=clock, areas=areas)


def followers_of(exercise: ExerciseConfig | None, clock: Clock) -> tuple[PaceFollower, ...]:
    """Whoever keeps the clock of an exercise at its pace; nobody in service."""
    if exercise is None or not isinstance(clock, ScaledClock):
        return ()
    return (PaceFollower(clock, exercise.folder),)
