"""Makes ``verify_evidence.py``: one file that verifies packs without us, out of the modules that we verify with.

The file holds the source of each module word for word, and a finder of a dozen lines that imports them from there. So
the accreditor reads, runs and archives one file, and there is no second implementation that could think otherwise. To
add a pure module, name it in ``ROOTS``; what it imports comes along, and what is not pure is refused.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

ROOTS = (
    "scanner.service.report_pack.program",
    # one line for each module that the verifier shall compute with, once ``checking`` calls it
)
OURS = ("inventory", "checks", "reports", "scanner")
BESIDE = ("cryptography",)  # the only thing that is not the standard library

HEAD = '''#!/usr/bin/env python3
"""Verify an evidence pack or a checkpoint of estatecheck {version}, offline. Needs Python 3.11 and `cryptography`.

    python3 -I verify_evidence.py PACK [--trust KEY] [--remember FILE] [--format json]

Ends with 0 when everything holds, 1 when something is wrong (each named), 2 when something could not be checked.
Made by `estatecheck evidence verifier`: below are the modules of estatecheck word for word, and at the end what loads
them from here. Nothing else of estatecheck is imported, no connection is opened, only the files named are read.
"""

import importlib.abc
import importlib.util
import linecache
import sys

MODULES = {{}}
'''
TAIL = '''

class _Here(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules above, and nothing else of their names."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {ours!r}:
            return None
        package = any(known.startswith(name + ".") for known in MODULES)
        if name not in MODULES and not package:
            raise ImportError(f"{{name}} is not in this file")
        return importlib.util.spec_from_loader(name, self, is_package=package)

    def exec_module(self, module):
        source, place = MODULES.get(module.__name__, ""), f"<{{module.__name__}} in verify_evidence.py>"
        linecache.cache[place] = (len(source), None, source.splitlines(True), place)
        exec(compile(source, place, "exec"), module.__dict__)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        print("cannot check: Python 3.11 or newer is needed", file=sys.stderr)
        sys.exit(2)
    sys.meta_path.insert(0, _Here())
    try:
        from {program} import main
    except ModuleNotFoundError as fault:
        print(f"cannot check: {{fault}}; install the Python package `cryptography`", file=sys.stderr)
        sys.exit(2)
    sys.exit(main())
'''


class NotPure(Exception):
    """A module for the verifier imports what the verifier must not need."""


def verifier() -> bytes:
    """The whole file; the same version of estatecheck gives the same bytes. Raises :class:`NotPure`."""
    sources = {name: _source(name) for name in sorted(closure())}
    parts = [HEAD.format(version=version("estatecheck"))]
    parts += [f"MODULES[{name!r}] = {_literal(source)}\n" for name, source in sources.items() if source.strip()]
    return "\n".join([*parts, TAIL.format(ours=OURS, program=ROOTS[0]).lstrip("\n")]).encode()


def closure() -> frozenset[str]:
    """Every module of ours that is needed. A package's own ``__init__`` is left out: here it is an empty shell."""
    return _closure(ROOTS)


@cache
def _closure(roots: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    due = list(roots)
    while due:
        name = due.pop()
        if name not in found:
            found.add(name)
            due += _imported(name)
    return frozenset(found)


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(_without_types(ast.parse(_source(name)))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _checked(name, alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [one for one in below if one.partition(".")[0] in OURS and _file(one)]
            yield from modules
            if len(modules) < len(below):
                yield from _checked(name, node.module)


def _without_types(tree: ast.Module) -> ast.Module:
    """``if TYPE_CHECKING:`` is never run."""

    class Drop(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
            if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                return node.orelse
            return self.generic_visit(node)

    changed = Drop().visit(tree)
    return changed if isinstance(changed, ast.Module) else tree


def _checked(importer: str, module: str) -> Iterator[str]:
    top = module.partition(".")[0]
    if top in OURS:
        if not _file(module):
            raise NotPure(f"{importer} imports {module}, a package: name the module in it that is meant")
        yield module
    elif top not in BESIDE and top not in sys.stdlib_module_names:
        raise NotPure(f"{importer} imports {module}, which an accreditor does not have")


def _file(name: str) -> Path | None:
    """The module's own file; None when it is a package or no module."""
    top, *rest = name.split(".")
    path = Path(str(files(top).joinpath(*rest[:-1]))) / f"{rest[-1]}.py" if rest else None
    return path if path and path.is_file() else None


def _source(name: str) -> str:
    path = _file(name)
    if path is None:
        raise NotPure(f"{name} is no module with a file of its own")
    return path.read_text(encoding="utf-8")


def _literal(source: str) -> str:
    """As a raw text, so that a person reads the module as it is; escaped where that cannot be."""
    raw = f"r'''{source}'''"
    if "'''" not in source and not source.endswith("\\") and ast.literal_eval(raw) == source:
        return raw
    return repr(source)
