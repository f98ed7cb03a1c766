"""The reference on disk, so that a restart does not take a turned camera for a new place; delete it to learn anew."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_agent.vision.sight import Reference

log = logging.getLogger(__name__)


class ReferenceFile:
    """`<device>@reference.npz`: edge directions of cells of 4 x 4 pixels and structure of tiles, no picture."""

    def __init__(self, folder: Path, device: str) -> None:
        self._path = folder / f"{device}@reference.npz"

    def load(self, shape: tuple[int, int]) -> Reference | None:
        """The stored reference if it fits the present picture size; None when there is none yet."""
        if not self._path.is_file():
            return None
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                reference = _from(stored)
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            log.warning("camera reference unreadable, learning anew", extra={"error": str(error)})
            return None
        return reference if reference.directions.shape == shape else None

    def save(self, reference: Reference) -> None:
        """Keeps the reference; whole or not at all."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._path.with_name(self._path.name + ".part")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **_into(reference))
        partial.replace(self._path)


def _into(reference: Reference) -> dict[str, npt.NDArray[np.generic]]:
    figures = {"sharpness": np.array(reference.sharpness), "light": np.array(reference.light)}
    structure = {} if reference.structure is None else {"structure": reference.structure}
    return {"directions": reference.directions, **figures, **structure}


def _from(stored: Mapping[str, npt.NDArray[np.generic]]) -> Reference:
    """A file of an older version has no structure; it is learnt then, and the aim is kept."""
    return Reference(
        stored["directions"].astype(np.complex64),
        float(stored["sharpness"]),
        stored["structure"].astype(np.float32) if "structure" in stored else None,
        float(stored["light"]) if "light" in stored else 0.0,
    )
