"""The folder of index files."""

from __future__ import annotations

from pathlib import Path

from cloud.errors import ConfigurationError
from cloud.indices.spec import Indices, indices_of
from device_profiles.load import Catalogue, read_text


def load_indices(folder: Path | None, catalogue: Catalogue) -> Indices:
    """Every index of a folder, none without one; IndicesError with the faults of all files."""
    if folder is None:
        return Indices()
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: is not a folder")
    return indices_of({path.as_posix(): read_text(path) for path in folder.glob("*.toml")}, catalogue)
