"""The catalogue: every check that is known, read once. The one module of ``checks`` that reads files.

YAML below this folder and Python modules in ``checks/linux`` and its siblings are found by themselves. Other people's
checks come through the entry point group ``estatecheck.checks``: each names a package; its modules and YAML files are
read alike.
"""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType

from checks.check import Check
from checks.declarative import Faults, check_from
from checks.decorator import CheckError
from checks.document import Block, Fault, Items, read
from inventory.faults import Foreseen

ENTRY_POINTS = "estatecheck.checks"
PYTHON = (
    "checks.linux",
    "checks.network",
    "checks.web",
    "checks.windows",
)  # packages of Python checks; a new surface is one more


class CatalogueError(Foreseen, ValueError):
    """The catalogue cannot be loaded. ``faults`` holds every fault as ``file:line: id: what``."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@cache
def catalogue() -> tuple[Check, ...]:
    """Every check, sorted by id. Raises :class:`CatalogueError` with every fault found."""
    return load([importlib.import_module("checks.catalogue")], [*map(importlib.import_module, PYTHON), *_others()])


def load(data: Iterable[ModuleType], code: Iterable[ModuleType] = ()) -> tuple[Check, ...]:
    """Checks of the YAML below all packages and of the modules of the ``code`` packages, sorted by id.

    Raises :class:`CatalogueError`.
    """
    faults: list[str] = []
    checks: list[Check] = []
    for package in (*data, *code):
        for label, file in _yaml_below(package):
            checks += from_text(file.read_text(encoding="utf-8"), label, faults)
    for package in code:
        checks += _from_modules(package, faults)
    faults += _doubles(checks)
    if faults:
        raise CatalogueError(faults)
    return tuple(sorted(checks, key=lambda c: c.id))


def matching(checks: Iterable[Check], pattern: str) -> tuple[Check, ...]:
    """Those whose id matches a shell pattern; "" is every one."""
    return tuple(c for c in checks if fnmatchcase(c.id, pattern or "*"))


def digest(checks: Iterable[Check]) -> str:
    """sha256 over the ids, versions and sources of some checks: names what was judged by."""
    rows = sorted([c.id, c.version, _source_digest(c)] for c in checks)
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def from_text(text: str, label: str, faults: list[str]) -> list[Check]:
    """Checks of one YAML file. What is wrong is added to ``faults``; the other checks are still read."""
    try:
        blocks = read(text)
    except Fault as fault:
        faults.append(f"{label}:{fault.line}: {fault.what}")
        return []
    if not isinstance(blocks, Items):
        faults.append(f"{label}:1: a list of checks is expected")
        return []
    checks = []
    for line, block in blocks.placed():
        try:
            checks.append(check_from(block, label, line))
        except Faults as wrong:
            name = block.get("id", "?") if isinstance(block, Block) else "?"
            faults += [f"{label}:{f.line}: {name}: {f.what}" for f in wrong.faults]
    return checks


def _others() -> Iterator[ModuleType]:
    for entry in entry_points(group=ENTRY_POINTS):
        module = entry.load()
        if not isinstance(module, ModuleType):
            raise CatalogueError([f"entry point {entry.name} of {ENTRY_POINTS}: {entry.value} is no package"])
        yield module


def _yaml_below(package: ModuleType) -> Iterator[tuple[str, Traversable]]:
    if hasattr(package, "__path__"):
        yield from _walk(package.__name__.replace(".", "/"), files(package))


def _walk(label: str, folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            yield f"{label}/{entry.name}", entry
        elif entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from _walk(f"{label}/{entry.name}", entry)


def _from_modules(package: ModuleType, faults: list[str]) -> Iterator[Check]:
    names = [package.__name__]
    names += [m.name for m in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".")]
    for name in names:
        try:
            module = importlib.import_module(name)
        except CheckError as fault:
            faults.append(f"{_label(name)}:{fault.line}: {fault}")
            continue
        except TypeError as fault:  # what example.partial raises for a field that is not there
            faults.append(f"{_label(name)}: {fault}")
            continue
        yield from (v for v in vars(module).values() if isinstance(v, Check) and v.source == _label(name))


def _label(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _doubles(checks: Iterable[Check]) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for check in checks:
        places.setdefault(check.id, []).append(check.source)
    for name, sources in places.items():
        if len(sources) > 1:
            yield f"{sources[1]}: {name}: the id is taken, in {sources[0]}"


@cache
def _file_digest(label: str) -> str:
    package, _, name = label.rpartition("/")
    try:
        content = (files(package.replace("/", ".")) / name).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError, TypeError):
        return hashlib.sha256(label.encode()).hexdigest()
    return hashlib.sha256(content).hexdigest()


def _source_digest(check: Check) -> str:
    return _file_digest(check.source) if check.source else ""
