"""The family table: one YAML file a vendor family in ``families/``, read into rules (docs/network-devices.md).

A rule says when it holds (sysObjectID, sysDescr, values that only this family answers) and where each field stands.
"""

import re
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from inventory.facts.device import VersionKind
from scanner.probes.network.oids import ENTERPRISES

MAX_FILE_BYTES = 512 * 1024
OID_TEXT = re.compile(r"\d+(?:\.\d+)+")
FIELDS = ("version", "model", "serial", "boot_version")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadRule(Exception):
    """A family file cannot be used. The message names the file, the place in it and what is wrong."""


def _oid(value: object) -> str:
    if not isinstance(value, str) or not OID_TEXT.fullmatch(value):
        raise ValueError(f"{value!r} is no OID: digits and dots, no leading dot")
    return value


def _pattern(value: object) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no pattern: put it in quotes")  # noqa: TRY004 (pydantic reports ValueError)
    try:
        return re.compile(value)
    except re.error as fault:
        raise ValueError(f"{value!r} is no regular expression: {fault}") from None


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _object_id(value: object) -> str:
    """``318.1.3`` below the enterprises, or a whole OID that begins with 1.3.6."""
    if isinstance(value, float):
        raise ValueError(f"{value} was read as a number with a fraction: put it in quotes")  # noqa: TRY004
    text = str(value)
    return text if text.startswith("1.") else f"{ENTERPRISES}.{text}"


Oid = Annotated[str, BeforeValidator(_oid)]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
ObjectId = Annotated[str, BeforeValidator(_object_id)]


class Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reading(Block):
    """One place where a field stands. ``take`` picks by its first group; ``as`` and ``map`` shape what it picked."""

    descr: Pattern | None = None  # sysDescr, the first group
    oid: Oid | None = None  # one scalar
    relative: Oid | None = None  # one scalar, below the device's sysObjectID
    column: Oid | None = None  # the first row of a table's column that has a value (and matches ``take``)
    entity: Literal["description", "name", "hardware", "firmware", "software", "serial", "model"] | None = None
    product: dict[str, str] | None = Field(
        None, alias="object"
    )  # sysObjectID below the enterprises: what it stands for
    fixed: str | None = None
    join: tuple["Reading", ...] = ()
    take: Pattern | None = None
    as_: str | None = Field(None, alias="as")  # "AOS {1} / App {2}"
    map: dict[str, str] | None = None  # only these values count, and become what is written here
    mac: bool = False  # six octets, written as aa:bb:cc:dd:ee:ff
    otherwise: bool = False  # read only where nothing before it said anything; not compared
    authoritative: bool = False  # holds also where another source says otherwise

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """A bare OID is short for ``{oid: ...}``."""
        return {"oid": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = (
            self.descr,
            self.oid,
            self.relative,
            self.column,
            self.entity,
            self.product,
            self.fixed,
            self.join or None,
        )
        if sum(place is not None for place in places) != 1:
            raise ValueError("name exactly one of descr, oid, relative, column, entity, object, fixed, join")
        return self

    @property
    def holds(self) -> bool:
        """A vendor's own scalar is what the device says of itself; sysDescr can be free text or stale."""
        return self.authoritative or bool(self.oid or self.relative or self.column)

    def scalars(self, object_id: str | None) -> Iterator[str]:
        yield from (self.oid,) if self.oid else ()
        yield from (f"{object_id}.{self.relative}",) if self.relative and object_id else ()
        for part in self.join:
            yield from part.scalars(object_id)

    def columns(self) -> Iterator[str]:
        yield from (self.column,) if self.column else ()
        for part in self.join:
            yield from part.columns()


Readings = Annotated[
    tuple[Reading, ...] | None, BeforeValidator(lambda value: None if value is None else _listed(value))
]


class When(Block):
    """All that is written must hold. ``object``: one of these, or below it. ``answers``: one of these has a value."""

    object: Annotated[tuple[ObjectId, ...], BeforeValidator(_listed)] = ()
    descr: Pattern | None = None
    answers: Annotated[tuple[Oid, ...], BeforeValidator(_listed)] = ()
    says: dict[Oid, Pattern] = {}

    @cached_property
    def above(self) -> tuple[str, ...]:
        """What a sysObjectID that fits begins with, once a dot stands behind it."""
        return tuple(f"{base}." for base in self.object)


class Rule(Block):
    name: str
    os: str | None = None
    vendor: str | None = None  # default: the file's
    source: str  # the MIB or the vendor's document that says so
    when: When
    rank: int = 0  # the higher wins where several rules hold; without it the one that asks for more
    version_kind: VersionKind = VersionKind.SOFTWARE
    version: Readings = None
    model: Readings = None
    serial: Readings = None
    boot_version: Readings = None
    architecture: Readings = None  # of the machine, for a model where nothing names one

    def readings(self, field: str) -> tuple[Reading, ...] | None:
        """None: the rule does not speak of this field. Empty: what other sources say of it is not to be used."""
        found: tuple[Reading, ...] | None = getattr(self, field)
        return found

    def scalars(self, object_id: str | None) -> Iterator[str]:
        """What a poll must ask for this rule, for a device with this sysObjectID."""
        yield from self.when.answers
        yield from self.when.says
        for field in FIELDS:
            for reading in self.readings(field) or ():
                yield from reading.scalars(object_id)

    def columns(self) -> Iterator[str]:
        for field in FIELDS:
            for reading in self.readings(field) or ():
                yield from reading.columns()


class Family(Block):
    """One file. ``enterprises``: the vendor's own numbers (IANA); its rules hold below these, or what they name."""

    vendor: str | None = None  # None: a file of many makers, each rule names its own
    enterprises: tuple[int, ...] = ()
    rules: tuple[Rule, ...] = ()


class Table(Block):
    """All families. ``vendors``: IANA enterprise number to vendor, ``rules`` with the file each stands in."""

    vendors: dict[int, str]
    rules: tuple[Rule, ...]


@cache
def shipped() -> Table:
    """The table that comes with the program."""
    return load(files("scanner.probes.network").joinpath("families"))


def load(folder: Traversable) -> Table:
    """Every ``*.yaml`` of a folder; ``enterprises.yaml`` there names further vendors. Raises :class:`BadRule`."""
    vendors: dict[int, str] = {}
    rules: dict[str, Rule] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name == "enterprises.yaml":
            vendors = {**_vendors(file), **vendors}
        elif file.name.endswith(".yaml"):
            family = _family(file)
            vendors.update({number: family.vendor for number in family.enterprises if family.vendor})
            for rule in family.rules:
                if rule.name in rules:
                    raise BadRule(f"{file.name}: there are two rules called {rule.name}")
                rules[rule.name] = _with_defaults(rule, family)
    return Table(vendors=vendors, rules=tuple(rules.values()))


def _family(file: Traversable) -> Family:
    try:
        return Family.model_validate(_yaml(file))
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadRule(f"{file.name}: {place}: {first['msg']}") from None


def _vendors(file: Traversable) -> dict[int, str]:
    read = _yaml(file)
    if not isinstance(read, dict) or not all(isinstance(number, int) for number in read):
        raise BadRule(f"{file.name}: write one vendor a line, NUMBER: NAME")
    return {number: str(name) for number, name in read.items()}


def _yaml(file: Traversable) -> object:
    text = file.read_bytes()
    if len(text) > MAX_FILE_BYTES:
        raise BadRule(f"{file.name} is larger than {MAX_FILE_BYTES} bytes")
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 (the loader is a safe one)
    except yaml.YAMLError as fault:
        raise BadRule(f"{file.name} is no YAML: {fault}") from None


def _with_defaults(rule: Rule, family: Family) -> Rule:
    objects = rule.when.object or tuple(f"{ENTERPRISES}.{number}" for number in family.enterprises)
    when = rule.when.model_copy(update={"object": objects})
    return rule.model_copy(update={"when": when, "vendor": rule.vendor or family.vendor})
