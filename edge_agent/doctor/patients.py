"""Finds out what is known of a gateway before it is examined; reads its files, changes none, and asks the agent."""

from __future__ import annotations

from device_profiles.clock import SystemClock
from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.planner import Planner, bases_for
from edge_agent.configuring.store import ConfigurationStore
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.doctor.centre import Centre
from edge_agent.doctor.checks import Patient
from edge_agent.doctor.running import Said
from edge_agent.identity.papers import certificates_pem
from edge_agent.identity.store import IdentityStore
from edge_agent.planning import Plan
from edge_agent.running import Joined, Setup

ASK_WITHIN_S = 10.0


async def patient_of(setup: Setup) -> Patient:
    """The gateway whose files these are."""
    store, joined = ConfigurationStore(setup.data_dir), Joined(IdentityStore(setup.data_dir))
    bases = bases_for(setup.file, store, setup.data_dir)
    planner = Planner(bases, catalogue=setup.catalogue, store=store, membership=joined.membership)
    faults = [*setup.faults, *bases.faults]
    plan: Plan | None = None
    try:
        plan = planner.plan(store.kept(store.versions().runs))
    except FileFaultsError as error:
        faults += error.faults
    except ConfigurationError as error:
        faults.append(Fault("configuration", "", error.detail))
    return Patient(
        setup.data_dir,
        SystemClock(),
        plan,
        faults,
        said=await status_of(setup),
        centre=_centre_of(joined),
    )


async def status_of(setup: Setup) -> Said | None:
    """What the running agent says of itself; None when none runs."""
    try:
        return await ControlClient(setup.data_dir / SOCKET, answer_within_s=ASK_WITHIN_S).ask("status")
    except (AgentAwayError, ControlError):
        return None


def _centre_of(joined: Joined) -> Centre | None:
    identity = joined.identity
    if identity is None or not identity.welcome.centre_url:
        return None
    return Centre(identity.welcome.centre_url, certificates_pem(identity.authorities).decode())
