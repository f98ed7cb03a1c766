"""How the gateway introduces itself to the centre."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from device_profiles.wire import BirthDevice, RunningConfiguration, State
from edge_agent.planning import Plan


def birth_of(plan: Plan, *, epoch: str, running: RunningConfiguration | None = None) -> State:
    """The birth; the session adds the time."""
    return State(
        v=1,
        state="online",
        since=0,
        epoch=epoch,
        agent=f"thacba-edge {agent_version()}",
        configuration=running.hash if running else plan.version,
        devices=[
            BirthDevice(
                device=device.id,
                profile=device.profile.profile,
                hash=device.hash,
                name_vi=device.name.vi,
                name_en=device.name.en,
            )
            for device in plan.devices
        ],
        running=running,
    )


def agent_version() -> str:
    """The version of the distribution; `0` when it runs from a bare folder."""
    try:
        return version("thacba")
    except PackageNotFoundError:
        return "0"
