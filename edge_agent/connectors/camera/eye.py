"""Looks at the pictures of one camera: burns in the masks before anything else sees them, judges, and measures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.onnx_model import OnnxModel
from edge_agent.connectors.camera.reference import ReferenceFile
from edge_agent.vision import analysis, sight
from edge_agent.vision.analysis import Analysis, doubt_of, plan_of
from edge_agent.vision.picture import CELL_PX, Frame, burn, view_of
from edge_agent.vision.sight import Findings, Reference, Sight

NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one picture says: about itself, about the place, and which reference it completed, if any."""

    health: Findings
    measured: Findings
    learnt: Reference | None = None


class Eye:
    """Owns what is remembered from picture to picture."""

    def __init__(self, connection: CameraConnection, reference: ReferenceFile) -> None:
        self.picture: Frame | None = None  # the last one, masks burnt in
        self.judged = 0  # pictures, since the beginning
        self._connection = connection
        self._reference = reference
        self._view = view_of(connection.masks, width=connection.width, height=connection.height)
        self._plan = plan_of(
            connection.sight,
            self._view,
            zones=connection.zones,
            lines=connection.lines,
            count=connection.count,
            boards=connection.gauges,
        )
        self._model = OnnxModel(connection.model) if connection.model else None
        self._sight: Sight | None = None
        self._analysis = Analysis()

    def resume(self) -> None:
        """Begins a new stream with what is still true; reads the reference from disk the first time."""
        self._analysis = analysis.resumed(self._analysis)
        if self._sight is not None:
            self._sight = sight.resumed(self._sight)
            return
        shape = (self._connection.height // CELL_PX, self._connection.width // CELL_PX)
        self._sight = Sight(reference=self._reference.load(shape))

    async def look(self, raw: bytes, at: float) -> Seen:
        """Judges and measures one picture."""
        frame = np.frombuffer(raw, dtype=np.uint8).reshape(self._connection.height, self._connection.width)
        self.picture = burn(frame, self._view)
        return await asyncio.to_thread(self._judge, self.picture, at)

    @property
    def masks_misfit(self) -> bool:
        """True when the camera may look elsewhere: then the masks no longer hide what they are there to hide."""
        aim = self._sight.moved if self._sight else sight.UNKNOWN
        return bool(self._connection.masks) and (aim.value is True or aim.other is True)

    def _judge(self, frame: Frame, at: float) -> Seen:
        self.judged += 1
        before = self._sight or Sight()
        now = sight.step(self._connection.sight, self._view, before, frame, at)
        self._sight = now
        measured = Findings()
        if not self._plan.is_empty:
            self._analysis = analysis.step(self._plan, self._analysis, frame, at, now.findings)
            measured = self._analysis.findings
        if self._model is not None:
            seen = self._model.look(frame, at, doubt=doubt_of(now.findings))
            measured = Findings({**measured.values, **seen.values}, {**measured.unknown, **seen.unknown})
        return Seen(now.findings, measured, now.reference if now.reference is not before.reference else None)
