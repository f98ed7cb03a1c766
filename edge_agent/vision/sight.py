"""The whole judgement of one camera's pictures: steps every judge and says what is known and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edge_agent.vision import black, frozen, hold, motion, moved, picture, sharpness
from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import Frame, View
from edge_agent.vision.sharpness import Sharpness

# Why a measure is unknown; an unknown measure has no value, never zero.
FROZEN, BLACK, DARK, MASKED = "frozen", "black", "dark", "masked"
NO_REFERENCE = "no_reference"  # still learning what the place looks like
UNDECIDED = "undecided"  # the pictures do not say it clearly, or not for long enough yet


UNKNOWN = hold.Held()


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How the camera sees its place when all is well; no picture, only edge directions and one figure."""

    directions: moved.Directions
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """Sums over good pictures on the way to a reference."""

    since: float
    frames: int
    directions: moved.Directions
    sharpness: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What one frame says: a value per measure, or why there is none."""

    values: Mapping[str, float | bool] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """Everything remembered from frame to frame."""

    reference: Reference | None = None
    learning: Learning | None = None
    freeze: frozen.Freeze | None = None
    before: Frame | None = None
    black: hold.Held = UNKNOWN
    blurred: hold.Held = UNKNOWN
    moved: hold.Held = UNKNOWN
    findings: Findings = field(default_factory=Findings)


def resumed(state: Sight) -> Sight:
    """What is still true when a new stream begins: the reference and the findings, but not the last frames."""
    return replace(state, freeze=None, before=None)


def step(config: SightConfig, view: View, state: Sight, frame: Frame, at: float) -> Sight:
    """The state after one more frame; `at` is in monotonic seconds. Masks must be burnt in already."""
    light = picture.brightness(frame, view)
    sharp = sharpness.sharpness(frame, view)
    if light is None or sharp is None:
        names = ("frozen", "black", "blurred", "moved", "motion", "brightness", "sharpness")
        return Sight(state.reference, findings=Findings(unknown=dict.fromkeys(names, MASKED)))
    freeze = frozen.step(config, view, state.freeze, frame, at)
    is_black = hold.step(state.black, black.is_black(config, frame, view), at, config.hold_s)
    doubt = _doubt(config, frame, view, light=light, freeze=freeze)
    found = moved.directions(frame, view)
    learning, reference = _learn(config, state, (found, sharp), doubt, at)
    blurred, turned = _judge(config, state, reference, (found, sharp), doubt, at)
    raw: dict[str, float | bool | None] = {
        "black": is_black.value,
        "frozen": None if doubt == BLACK else freeze.is_frozen(config),
        "blurred": blurred.value,
        "moved": turned.value,
        "motion": _motion(config, view, state.before, frame, doubt=doubt),
        "brightness": light,
        "sharpness": sharp.absolute,
    }
    values = {name: value for name, value in raw.items() if value is not None}
    findings = Findings(values, {name: _why(name, doubt, reference) for name in raw if name not in values})
    return Sight(reference, learning, freeze, frame, is_black, blurred, turned, findings)


def _doubt(config: SightConfig, frame: Frame, view: View, *, light: float, freeze: frozen.Freeze) -> str:
    """Why this frame cannot tell about the scene; empty when it can."""
    if black.is_black(config, frame, view):
        return BLACK
    if freeze.is_frozen(config):
        return FROZEN
    return DARK if black.is_dark(config, light) else ""


def _why(name: str, doubt: str, reference: Reference | None) -> str:
    """Why this measure has no value."""
    return doubt or (NO_REFERENCE if reference is None and name in ("blurred", "moved") else UNDECIDED)


def _motion(config: SightConfig, view: View, before: Frame | None, frame: Frame, *, doubt: str) -> float | None:
    """Nothing moves in a dead picture, but that says nothing about the place."""
    return None if before is None or doubt in (FROZEN, BLACK) else motion.motion(config, view, before, frame)


def _judge(
    config: SightConfig,
    state: Sight,
    reference: Reference | None,
    seen: tuple[moved.Directions, Sharpness],
    doubt: str,
    at: float,
) -> tuple[hold.Held, hold.Held]:
    """Blur and aim against the reference."""
    if doubt or reference is None:
        return hold.Held(), hold.Held()
    found, sharp = seen
    is_blurred = sharpness.is_blurred(config.blurred_below, sharp, reference.sharpness)
    alike = moved.likeness(config, found, reference.directions)
    is_moved = None if alike is None else alike < config.moved_below
    return hold.step(state.blurred, is_blurred, at, config.hold_s), hold.step(state.moved, is_moved, at, config.hold_s)


def _learn(
    config: SightConfig, state: Sight, seen: tuple[moved.Directions, Sharpness], doubt: str, at: float
) -> tuple[Learning | None, Reference | None]:
    """The reference, or one good frame more on the way to it."""
    found, sharp = seen
    if state.reference is not None:
        return None, state.reference
    if doubt or sharp.relative is None or not moved.has_structure(found):
        return state.learning, None
    before = state.learning or Learning(at, 0, np.zeros_like(found), 0.0)
    now = Learning(before.since, before.frames + 1, before.directions + found, before.sharpness + sharp.relative)
    if at - now.since < config.learn_s:
        return now, None
    return None, Reference((now.directions / now.frames).astype(np.complex64), now.sharpness / now.frames)
