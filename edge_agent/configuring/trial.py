"""Whether a configuration that is tried has proved itself: what answered before has to answer again; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edge_agent.configuring.versions import Trial

Verdict = Literal["good", "wait", "bad"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen since the trial began. `devices`: whether each configured device answers now, and has answered."""

    link_up: bool = False
    centre_heard: bool = False  # a receipt, or a configuration that the centre signed, came over the link
    devices: Mapping[str, bool] = field(default_factory=dict)


def judge(trial: Trial, evidence: Evidence, *, elapsed_s: float) -> tuple[Verdict, str]:
    """The verdict, and what is still missing: `link`, `centre`, `devices: a, b`; a removed device is not missed."""
    missing = _missing(trial, evidence)
    if not missing:
        return "good", ""
    return ("bad" if elapsed_s >= trial.within_s else "wait"), missing


def _missing(trial: Trial, evidence: Evidence) -> str:
    if trial.needs_link and not evidence.link_up:
        return "link"
    if trial.needs_link and not evidence.centre_heard:
        return "centre"
    silent = [name for name in trial.answered if not evidence.devices.get(name, True)]
    return f"devices: {', '.join(silent)}" if silent else ""
