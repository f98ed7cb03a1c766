"""The shape of the house: what no linter checks but every newcomer relies on."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAMS = ("device_profiles", "edge_agent", "cloud", "simulators")
SOURCES = sorted(path for program in PROGRAMS for path in (ROOT / program).rglob("*.py"))
BASES = {"edge_agent": "edge_agent.connector:EdgeError", "cloud": "cloud.errors:CloudError"}
SHARED_ERRORS = {
    "WireError",
    "ProfileError",
    "FileFaultsError",
}  # the shared language has its own, both programs see them
UNUSED_WORDS = re.compile(r"(?:^|_)(manager|handler|helper|util|utils|misc|slave)(?:$|_)")
SPAWNERS = {"create_task", "gather", "ensure_future"}
CATCH_ALL_DOORS = 3  # the edge supervisor, the cloud flow (one rule), the notify pipeline: guide, section 6


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_module_says_what_it_is_responsible_for() -> None:
    first = {_name(path): (ast.get_docstring(_tree(path)) or "").strip().split("\n")[0] for path in SOURCES}
    assert not [name for name, sentence in first.items() if not sentence.endswith((".", ":"))]


def test_nothing_happens_when_a_package_is_imported() -> None:
    def allowed(path: Path) -> tuple[type[ast.stmt], ...]:
        return (ast.Expr, ast.ImportFrom, ast.Assign) if path.parent.name == "wire" else (ast.Expr,)

    packages = [path for path in SOURCES if path.name == "__init__.py"]
    busy = [_name(path) for path in packages if not all(isinstance(node, allowed(path)) for node in _tree(path).body)]
    assert not busy, f"these hold more than a docstring: {busy}"


def test_names_are_words_of_the_trade() -> None:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = [(path, path.stem) for path in SOURCES] + [
        (path, node.name) for path in SOURCES for node in ast.walk(_tree(path)) if isinstance(node, defined)
    ]
    assert not [(_name(path), name) for path, name in named if UNUSED_WORDS.search(_snake(name))]


def test_tasks_are_started_by_task_groups_only() -> None:
    calls = [(path, node.func) for path in SOURCES for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    loose = [
        (_name(path), call.attr)
        for path, call in calls
        if isinstance(call, ast.Attribute)
        and call.attr in SPAWNERS
        and isinstance(call.value, ast.Name)
        and call.value.id in ("asyncio", "loop")
    ]
    assert not loose


def test_an_unknown_failure_is_caught_in_three_places_only() -> None:
    doors = [
        f"{_name(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ]
    assert len(doors) <= CATCH_ALL_DOORS, doors


def test_errors_of_a_program_derive_from_its_base() -> None:
    stray = [
        f"{module.__name__}.{name}"
        for program, base in BASES.items()
        for module in _modules_of(program)
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
        and issubclass(kind, Exception)
        and not issubclass(kind, _load(base))
        and name not in SHARED_ERRORS
    ]
    assert not stray, stray


def test_every_room_says_what_it_does() -> None:
    rooms = [
        p.parent for program in PROGRAMS for p in (ROOT / program).rglob("__init__.py") if "migrations" not in p.parts
    ]
    without = [_name(room) for room in rooms if not (room / "README.md").exists() and _is_room(room)]
    assert not without, f"rooms without a README.md: {without}"


def test_no_path_of_a_machine_stands_in_the_tree() -> None:
    private = re.compile("/(?:" + "|".join(("work", "root", "farm")) + ")/")
    texts = [p for p in ROOT.rglob("*") if p.suffix in {".py", ".md", ".toml", ".html", ".js"} and _is_ours(p)]
    found = [_name(path) for path in texts if private.search(path.read_text(encoding="utf-8"))]
    assert not found, found


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any(part.startswith(".") or part in {"vendor", "node_modules", "__pycache__"} for part in parts)


def _is_room(folder: Path) -> bool:
    return any(path.name != "__init__.py" for path in folder.glob("*.py"))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _catches_everything(node: ast.ExceptHandler) -> bool:
    if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None:
        return False  # cleans up and lets it fly
    if node.type is None:
        return True
    return isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")


def _modules_of(program: str) -> list[object]:
    names = [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for path in (ROOT / program).rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py") and "migrations" not in path.parts
    ]
    return [importlib.import_module(name) for name in names]


def _load(reference: str) -> type[Exception]:
    module, name = reference.split(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, type)
    return found
