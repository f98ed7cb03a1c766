"""Fails when too few lines are tested: 85 % of the whole, 95 % of the pure rooms together.

Which rooms are pure stands once, in the import rule `pure` of pyproject.toml.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
WHOLE = 85.0
PURE = 95.0


def pure_modules(pyproject: Path = ROOT / "pyproject.toml") -> tuple[str, ...]:
    """The pure rooms, as modules."""
    contracts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (pure,) = [contract for contract in contracts if contract["id"] == "pure"]
    return tuple(pure["source_modules"])


def is_in(path: str, modules: Iterable[str]) -> bool:
    """True when a file belongs to one of the modules."""
    stems = [module.replace(".", "/") for module in modules]
    return any(path == f"{stem}.py" or path.startswith(f"{stem}/") for stem in stems)


def percent(files: Iterable[dict[str, dict[str, int]]]) -> float:
    """Tested lines per hundred."""
    summaries = [file["summary"] for file in files]
    lines = sum(summary["num_statements"] for summary in summaries)
    return 100.0 * sum(summary["covered_lines"] for summary in summaries) / lines if lines else 100.0


def main() -> int:
    """Reads the combined data of the last run; 1 when a gate is missed."""
    report = [sys.executable, "-m", "coverage"]
    subprocess.run([*report, "report"], check=False, cwd=ROOT)
    found = json.loads(
        subprocess.run([*report, "json", "-q", "-o", "-"], check=True, cwd=ROOT, capture_output=True).stdout
    )
    whole = percent(found["files"].values())
    pure = percent(file for path, file in found["files"].items() if is_in(path, pure_modules()))
    print(f"coverage: whole {whole:.1f} % (gate {WHOLE:.0f} %), pure rooms {pure:.1f} % (gate {PURE:.0f} %)")
    return 0 if whole >= WHOLE and pure >= PURE else 1


if __name__ == "__main__":
    sys.exit(main())
