"""A model of the user's own on the pictures of a camera: ONNX weights, read when the first picture comes.

The model gets one picture, [1, 1 or 3, height, width] float32 from 0 to 1, and gives either one score per label,
[1, labels], or boxes, [1, n, 6] or [n, 6]: left, top, right, bottom, score, number of the label. Only numbers leave it.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_agent.connector import EdgeError
from edge_agent.connectors.camera.config import ModelConfig
from edge_agent.vision.picture import Frame
from edge_agent.vision.sight import Findings

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]
NO_MODEL, MODEL_FAILED = "no_model", "model_failed"
BOX_FIELDS = 6
ERRORS = (
    "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoModel", "NoSuchFile", "NotImplemented",
    "RuntimeException",
)  # fmt: skip
OURS = (RuntimeError, ValueError, TypeError, OSError)
EXTRA = "onnxruntime is missing: install the extra `onnx`"


class ModelError(EdgeError, ValueError):
    """The weights cannot be used; the text says why."""


class OnnxModel:
    """Owns the session; a model that fails is tried again when it is due."""

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        self._session: Any = None
        self._errors: tuple[type[Exception], ...] = OURS
        self._looked_at: float | None = None

    def look(self, frame: Frame, at: float, *, doubt: str) -> Findings:
        """A number per label every `every_s`, or why there is none; nothing in between."""
        if self._looked_at is not None and at - self._looked_at < self._config.every_s:
            return Findings()
        self._looked_at = at
        if doubt:
            return self._unknown(doubt)
        try:
            return self._measured(frame)
        except ModelError as error:
            log.warning("model not used", extra={"file": str(self._config.file), "error": str(error)})
            return self._unknown(NO_MODEL if self._session is None else MODEL_FAILED)

    def _measured(self, frame: Frame) -> Findings:
        if self._session is None:
            self._session, self._errors = _opened(self._config)
        given = self._session.get_inputs()[0]
        picture = _fitting(frame, given.shape)
        try:
            out = np.asarray(self._session.run(None, {given.name: picture})[0], dtype=np.float32)
        except self._errors as error:
            raise ModelError(f"it does not take a picture: {str(error)[:300]}") from error
        read = _scores if self._config.output == "scores" else _boxes
        return Findings({f"model.{label}": value for label, value in read(self._config, out).items()})

    def _unknown(self, why: str) -> Findings:
        return Findings(unknown={f"model.{label}": why for label in self._config.labels})


def _opened(config: ModelConfig) -> tuple[Any, tuple[type[Exception], ...]]:
    """A session on one thread, because cameras share two cores; and what it may raise."""
    try:
        import onnxruntime  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 -- an extra, and heavy
    except ImportError as error:
        raise ModelError(EXTRA) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong comes as an exception
    state = onnxruntime.capi.onnxruntime_pybind11_state
    errors: tuple[type[Exception], ...] = (*OURS, *(getattr(state, name) for name in ERRORS))  # they share no base
    try:
        return onnxruntime.InferenceSession(str(config.file), options, providers=["CPUExecutionProvider"]), errors
    except errors as error:
        raise ModelError(f"the weights cannot be read: {str(error)[:300]}") from error


def _fitting(frame: Frame, shape: list[int | str | None]) -> Floats:
    """The picture in the size and number of colours that the model wants."""
    if len(shape) != 4:
        raise ModelError(f"it wants {shape}, not one picture [1, colours, height, width]")
    colours, height, width = (side if isinstance(side, int) and side > 0 else 0 for side in shape[1:])
    rows = np.linspace(0, frame.shape[0] - 1, height or frame.shape[0]).round().astype(np.intp)
    columns = np.linspace(0, frame.shape[1] - 1, width or frame.shape[1]).round().astype(np.intp)
    picture = frame[np.ix_(rows, columns)].astype(np.float32) / 255
    return np.ascontiguousarray(np.broadcast_to(picture, (1, colours or 3, *picture.shape)))


def _scores(config: ModelConfig, out: Floats) -> dict[str, float]:
    flat = out.reshape(-1)
    if flat.size != len(config.labels):
        raise ModelError(f"it gives {flat.size} scores for {len(config.labels)} labels")
    if not np.isfinite(flat).all():
        raise ModelError("a score is no number")
    return {label: round(float(score), 4) for label, score in zip(config.labels, flat, strict=True)}


def _boxes(config: ModelConfig, out: Floats) -> dict[str, float]:
    """How many of each label were found."""
    if out.size % BOX_FIELDS or out.shape[-1] != BOX_FIELDS:
        raise ModelError(f"it gives {list(out.shape)}, not boxes of {BOX_FIELDS} numbers")
    rows = out.reshape(-1, BOX_FIELDS)
    sure = rows[rows[:, 4] >= config.least_score]
    return {label: float(np.count_nonzero(sure[:, 5].round() == place)) for place, label in enumerate(config.labels)}
