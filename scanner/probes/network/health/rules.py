"""Vendors' own tables, one YAML file a vendor in ``tables/``, for what the vendor does not put into standard MIBs."""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from inventory.facts.health import Kind, State
from scanner.probes.network.rules import MAX_FILE_BYTES, BadRule, ObjectId, Oid, Pattern

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Column = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
PATH = re.compile(r"\d+(?:\.\d+)*")
Part = Literal["sensor", "storage", "array", "battery", "memory", "processor"]
# the key in the file (YAML takes a bare "off" for false) and the state
STATES = {
    "ok": State.OK,
    "warning": State.WARNING,
    "critical": State.CRITICAL,
    "switched_off": State.OFF,
    "absent": State.ABSENT,
}


class Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Flag(Block):
    """A yes or no: the values of a column that mean yes, and those that mean no. Another says nothing."""

    column: Column
    means: tuple[int, ...]
    means_not: tuple[int, ...] = ()


class Number(Block):
    """A number in a column. ``unless``: values that stand for "not known"."""

    column: Column
    scale: float = 1.0
    unless: tuple[float, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """A bare column is short for ``{column: ...}``."""
        return {"column": value} if isinstance(value, int | str) else value


class StateWords(Block):
    """What the values of a state column mean. A value that is not listed is unknown."""

    column: Column
    ok: tuple[int | str, ...] = ()
    warning: tuple[int | str, ...] = ()
    critical: tuple[int | str, ...] = ()
    switched_off: tuple[int | str, ...] = ()
    absent: tuple[int | str, ...] = ()
    words: dict[int, str] = {}  # the MIB's own words, for the report


class Look(Block):
    """One table (or group of scalars) of a vendor's MIB, and what its columns say."""

    name: str  # the table's name in the MIB
    source: str  # the MIB, and the document where it is not the MIB itself
    object: Annotated[tuple[ObjectId, ...], BeforeValidator(lambda v: v if isinstance(v, list | tuple) else [v])] = ()
    answers: Oid | None = None  # asked first: the table is read also where this has a value
    base: Oid
    scalars: bool = False  # a group of scalars instead of a table
    gives: Part = "sensor"
    kind: Kind | Literal["array", "disk", "controller", "flash"] | None = None
    kinds: dict[Kind, Pattern] = {}  # by the name, where one table has several; a row of none is left out
    entity: bool = False  # rows are indexed by entPhysicalIndex and named as ENTITY-MIB does
    label: str = ""  # in front of the name, or of the index where there is no name
    name_column: Column | None = Field(None, alias="called")
    state: StateWords | None = None
    value: Number | None = None
    unit: str = ""
    only: Flag | None = None  # rows of which the flag does not say yes are left out
    low_critical: Number | None = None
    low_warning: Number | None = None
    high_warning: Number | None = None
    high_critical: Number | None = None
    size: Number | None = None
    used: Number | None = None
    free: Number | None = None
    used_percent: Number | None = None
    charge: Number | None = None
    minutes: Number | None = None
    seconds: Number | None = None
    on_battery: Flag | None = None
    replace: Flag | None = None
    over: str = ""
    counts_cache: bool = False

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not all(PATH.fullmatch(column) for column in self.columns()):
            raise ValueError("a column is a number, or numbers and dots below the base")
        if self.gives == "sensor" and bool(self.kind) == bool(self.kinds):
            raise ValueError("a sensor has either a kind or kinds")
        if not self.object and not self.answers:
            raise ValueError("say for which devices: object or answers")
        return self

    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        parts = (getattr(self, name) for name in type(self).model_fields)
        named = [part.column for part in parts if isinstance(part, Number | StateWords | Flag)]
        return tuple(dict.fromkeys([*([self.name_column] if self.name_column else []), *named]))


class File(Block):
    vendor: str
    object: Annotated[tuple[ObjectId, ...], BeforeValidator(lambda v: v if isinstance(v, list | tuple) else [v])] = ()
    tables: tuple[dict[str, Any], ...]


@cache
def shipped() -> tuple[Look, ...]:
    """The tables that come with the program."""
    return load(files("scanner.probes.network.health").joinpath("tables"))


def load(folder: Traversable) -> tuple[Look, ...]:
    """Every ``*.yaml`` of a folder, in the order of file names. Raises :class:`BadRule`."""
    found: list[Look] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            found += _read(file)
    return tuple(found)


def _read(file: Traversable) -> list[Look]:
    text = file.read_bytes()
    if len(text) > MAX_FILE_BYTES:
        raise BadRule(f"{file.name} is larger than {MAX_FILE_BYTES} bytes")
    try:
        told = File.model_validate(yaml.load(text, Loader=_LOADER))  # noqa: S506 (the loader is a safe one)
        return [Look.model_validate({"object": list(told.object), **table}) for table in told.tables]
    except yaml.YAMLError as fault:
        raise BadRule(f"{file.name} is no YAML: {fault}") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        named = first["input"].get("name", "") if isinstance(first["input"], dict) else ""
        place = " ".join(filter(None, [named, ".".join(map(str, first["loc"]))]))
        raise BadRule(f"{file.name}: {place}: {first['msg']}") from None
