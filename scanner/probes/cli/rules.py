"""What commands print, as rules: one YAML file a vendor family in ``outputs/`` (docs/network-devices.md).

A rule says which commands' output it reads, by which lines it knows the output for its own, and where each field
stands: ``line`` is our pattern, its first group the value; ``column`` a column of the named ntc-templates template,
which must say the same. Patterns hold line by line (``^`` and ``$`` are those of a line).
"""

import re
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

FIELDS = ("version", "model", "serial", "boot_version", "hostname", "uptime")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadRule(Exception):
    """A file of rules cannot be used. The message names the file and what is wrong."""


def _pattern(value: object) -> re.Pattern[str]:
    try:
        return re.compile(str(value), re.MULTILINE)
    except re.error as fault:
        raise ValueError(f"{value!r} is no regular expression: {fault}") from None


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_listed)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Place(_Shape):
    """Where a field stands. ``line``: the first pattern that finds something. ``take``: of the column's value."""

    line: Patterns
    column: Words = ()
    take: Pattern | None = None


class Members(_Shape):
    """Columns that hold a list, one entry a member."""

    kind: str
    model: str
    serial: str


class Rule(_Shape):
    """``adds``: this output alone does not say what the device is. ``inventory``: it is a list of parts."""

    name: str
    source: str
    commands: Words
    shows: Patterns
    vendor: str | None = None
    os: str | None = None
    rank: int = 0
    adds: bool = False
    inventory: bool = False
    template: str | None = None
    members: Members | None = None
    version: Place | None = None
    model: Place | None = None
    serial: Place | None = None
    boot_version: Place | None = None
    hostname: Place | None = None
    uptime: Place | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.adds and not (self.os and self.vendor and self.version):
            raise ValueError(f"{self.name}: needs vendor, os and version, or adds: true")
        columns = any(place.column for _, place in self.places())
        if (columns or self.members) and not self.template:
            raise ValueError(f"{self.name}: a column needs a template")
        return self

    def places(self) -> list[tuple[str, Place]]:
        return [(name, place) for name in FIELDS if (place := getattr(self, name)) is not None]


class _File(_Shape):
    vendor: str
    rules: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, the one of the highest rank first. Raises :class:`BadRule`."""
    found = [
        rule
        for file in sorted(files(__package__).joinpath("outputs").iterdir(), key=lambda f: f.name)
        if file.name.endswith(".yaml")
        for rule in read_rules(file.name, file.read_text("utf-8"))
    ]
    return tuple(sorted(found, key=lambda rule: -rule.rank))


def read_rules(name: str, text: str) -> list[Rule]:
    """Raises :class:`BadRule`."""
    try:
        whole = _File.model_validate(yaml.load(text, _LOADER))  # noqa: S506 (a safe loader)
        return [Rule.model_validate({"vendor": whole.vendor, **rule}) for rule in whole.rules]
    except (yaml.YAMLError, ValidationError) as fault:
        raise BadRule(f"{name}: {fault}") from fault


def rule_for(command: str, output: str) -> Rule | None:
    """The rule that knows this output for its own."""
    fit = (rule for rule in rules() if command in rule.commands and all(p.search(output) for p in rule.shows))
    return next(fit, None)
