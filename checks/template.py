"""Sentences with values in them: ``MaxAuthTries is {sshd.max_auth_tries}; at most {params.limit} is advised``.

``{path}`` prints a field, ``{path | words}`` the words where the field is None, ``{params.name}`` a parameter, and
``{path & params.name}`` what a list has in common with a parameter. Everything is resolved when the catalogue loads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from string import Formatter
from typing import Any

from checks.check import Context
from checks.document import Fault, Value, nearest
from checks.path import Path
from checks.predicate import Terms

NOT_REPORTED = "not reported"


@dataclass(frozen=True, slots=True)
class Field:
    path: Path
    param: str = ""  # with ``& params.x``: print only values in that parameter
    among: tuple[Any, ...] = ()
    otherwise: str = NOT_REPORTED

    def render(self, context: Context, item: object) -> str:
        value = self.path.read(context, item)
        if value is None:
            return self.otherwise
        if self.param:
            value = [v for v in value if v in self.among]
        return shown(value)


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Field, ...]

    def render(self, context: Context, item: object = None) -> str:
        return "".join(p if isinstance(p, str) else p.render(context, item) for p in self.parts)

    def with_param(self, name: str, values: tuple[Any, ...]) -> "Template":
        """The same sentence with other values behind ``& params.name``."""
        return Template(
            tuple(replace(p, among=values) if isinstance(p, Field) and p.param == name else p for p in self.parts)
        )

    @property
    def facts(self) -> frozenset[str]:
        return frozenset(p.path.root for p in self.parts if isinstance(p, Field)) - {"asset", "item"}


def shown(value: object) -> str:
    """A value as a reader expects it. ``None`` is "not reported", never an empty word."""
    if value is None:
        return NOT_REPORTED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return ", ".join(shown(v) for v in value) or "none"
    return str(value)


def parse(text: Value, terms: Terms, line: int) -> Template:
    """Resolve every field of a sentence. Raises :class:`Fault`."""
    if not isinstance(text, str) or not text.strip():
        raise Fault(line, "a sentence is expected")
    try:
        pieces = list(Formatter().parse(text.strip()))
    except ValueError as fault:
        raise Fault(line, f"the braces do not match: {fault}") from fault
    parts: list[str | Field] = []
    for literal, name, form, conversion in pieces:
        if literal:
            parts.append(literal)
        if name is not None:
            if form or conversion:
                raise Fault(line, f'"{{{name}}}": nothing but a path may stand in the braces')
            parts.append(_field(name.strip(), terms, line))
    return Template(tuple(parts))


def _field(name: str, terms: Terms, line: int) -> str | Field:
    if name.startswith("params."):
        return shown(_param(name, terms.params, line))
    if "&" in name:
        return _common(name, terms, line)
    text, joined, words = (part.strip() for part in name.partition("|"))
    path = terms.path(text, line)
    if is_dataclass(path.shape.kind):
        raise Fault(line, f'"{path.text}" is {path.shape}: name a field of it, or count')
    if joined and not path.shape.optional:
        raise Fault(line, f'"{path.text}" is always reported: no words after | are needed')
    return Field(path, otherwise=words or NOT_REPORTED)


def _common(name: str, terms: Terms, line: int) -> Field:
    text, _, param = (part.strip() for part in name.partition("&"))
    path, values = terms.path(text, line), _param(param, terms.params, line)
    if not path.shape.many or is_dataclass(path.shape.kind) or not isinstance(values, tuple):
        raise Fault(line, f'"{name}": both sides of & must be lists of values')
    return Field(path, param.removeprefix("params."), values)


def _param(text: str, params: Mapping[str, Any], line: int) -> Value:
    name = text.removeprefix("params.")
    if not text.startswith("params.") or name not in params:
        raise Fault(line, f'there is no parameter "{text}"{nearest(name, list(params))}')
    return params[name]
