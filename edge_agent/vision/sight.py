"""The whole judgement of one camera's pictures: steps every judge and says what is known and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edge_agent.vision import black, drops, exposure, frozen, hold, motion, moved, picture, sharpness
from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import Frame, Grid, View
from edge_agent.vision.sharpness import Sharpness

# Why a measure is unknown; an unknown measure has no value, never zero.
FROZEN, BLACK, DARK, MASKED = "frozen", "black", "dark", "masked"
NO_REFERENCE = "no_reference"  # still learning what the place looks like
UNDECIDED = "undecided"  # the pictures do not say it clearly, or not for long enough yet


UNKNOWN = hold.Held()
MEASURES = (
    "frozen", "black", "over_exposed", "blurred", "moved", "rain_on_lens", "motion", "brightness", "sharpness",
)  # fmt: skip
LEARNT = ("blurred", "moved", "rain_on_lens")  # against the reference


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How the camera sees its place when all is well; no picture, only edge directions and a few figures."""

    directions: moved.Directions
    sharpness: float
    structure: Grid | None = None  # of each tile; None in a reference of an older version, until it is learnt too
    light: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """Sums over good pictures on the way to a reference."""

    since: float
    frames: int
    directions: moved.Directions
    sharpness: float
    structure: Grid
    light: float


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one picture shows of the place."""

    directions: moved.Directions
    sharpness: Sharpness
    structure: Grid
    light: float


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
    over_exposed: hold.Held = UNKNOWN
    blurred: hold.Held = UNKNOWN
    moved: hold.Held = UNKNOWN
    drops: hold.Held = UNKNOWN
    findings: Findings = field(default_factory=Findings)


def resumed(state: Sight) -> Sight:
    """What is still true when a new stream begins: the reference and the findings, but not the last frames."""
    return replace(state, freeze=None, before=None)


def step(config: SightConfig, view: View, state: Sight, frame: Frame, at: float) -> Sight:
    """The state after one more frame; `at` is in monotonic seconds. Masks must be burnt in already."""
    light = picture.brightness(frame, view)
    sharp = sharpness.sharpness(frame, view)
    if light is None or sharp is None:
        return Sight(state.reference, findings=Findings(unknown=dict.fromkeys(MEASURES, MASKED)))
    freeze = frozen.step(config, view, state.freeze, frame, at)
    doubt = _doubt(config, frame, view, light=light, freeze=freeze)
    look = Look(moved.directions(frame, view), sharp, drops.tiles(frame, view), light)
    learning, reference = _learn(config, state, look, doubt, at)
    blurred, turned, wet = _judge(config, state, reference, look, doubt, at)
    now = Sight(
        reference,
        learning,
        freeze,
        frame,
        black=hold.step(state.black, black.is_black(config, frame, view), at, config.hold_s),
        over_exposed=hold.step(state.over_exposed, exposure.is_over_exposed(config, frame, view), at, config.hold_s),
        blurred=blurred,
        moved=turned,
        drops=wet,
    )
    raw: dict[str, float | bool | None] = {
        "black": now.black.value,
        "over_exposed": now.over_exposed.value,
        "frozen": None if doubt == BLACK else freeze.is_frozen(config),
        "blurred": blurred.value,
        "moved": turned.value,
        "rain_on_lens": wet.value,
        "motion": _motion(config, view, state.before, frame, doubt=doubt),
        "brightness": light,
        "sharpness": sharp.absolute,
    }
    values = {name: value for name, value in raw.items() if value is not None}
    return replace(
        now, findings=Findings(values, {name: _why(name, doubt, reference) for name in raw if name not in values})
    )


def _doubt(config: SightConfig, frame: Frame, view: View, *, light: float, freeze: frozen.Freeze) -> str:
    """Why this frame cannot tell about the scene; empty when it can."""
    if black.is_black(config, frame, view):
        return BLACK
    if freeze.is_frozen(config):
        return FROZEN
    return DARK if black.is_dark(config, light) else ""


def _why(name: str, doubt: str, reference: Reference | None) -> str:
    """Why this measure has no value."""
    return doubt or (NO_REFERENCE if reference is None and name in LEARNT else UNDECIDED)


def _motion(config: SightConfig, view: View, before: Frame | None, frame: Frame, *, doubt: str) -> float | None:
    """Nothing moves in a dead picture, but that says nothing about the place."""
    return None if before is None or doubt in (FROZEN, BLACK) else motion.motion(config, view, before, frame)


def _judge(
    config: SightConfig, state: Sight, reference: Reference | None, look: Look, doubt: str, at: float
) -> tuple[hold.Held, hold.Held, hold.Held]:
    """Blur, aim and drops against the reference."""
    if doubt or reference is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    is_blurred = sharpness.is_blurred(config.blurred_below, look.sharpness, reference.sharpness)
    alike = moved.likeness(config, look.directions, reference.directions)
    is_moved = None if alike is None else alike < config.moved_below
    is_wet = None
    if reference.structure is not None and not (is_blurred or is_moved):
        light = look.light / max(reference.light, 1.0)
        is_wet = drops.has_drops(config, look.structure, reference.structure, light=light)
    return (
        hold.step(state.blurred, is_blurred, at, config.hold_s),
        hold.step(state.moved, is_moved, at, config.hold_s),
        hold.step(state.drops, is_wet, at, config.hold_s),
    )


def _learn(
    config: SightConfig, state: Sight, look: Look, doubt: str, at: float
) -> tuple[Learning | None, Reference | None]:
    """The reference, or one good frame more on the way to it."""
    known = state.reference
    if known is not None and known.structure is not None:
        return None, known
    astray = known is not None and state.moved.value is not False  # do not learn drops of another place
    if doubt or astray or look.sharpness.relative is None or not moved.has_structure(look.directions):
        return state.learning, known
    before = state.learning or Learning(at, 0, np.zeros_like(look.directions), 0.0, np.zeros_like(look.structure), 0.0)
    now = Learning(
        before.since,
        before.frames + 1,
        before.directions + look.directions,
        before.sharpness + look.sharpness.relative,
        before.structure + look.structure,
        before.light + look.light,
    )
    if at - now.since < config.learn_s:
        return now, known
    structure, light = (now.structure / now.frames).astype(np.float32), now.light / now.frames
    if known is not None:
        return None, replace(known, structure=structure, light=light)
    directions = (now.directions / now.frames).astype(np.complex64)
    return None, Reference(directions, now.sharpness / now.frames, structure, light)
