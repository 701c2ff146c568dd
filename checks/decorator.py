"""``@check(...)``: makes a check of a generator function whose parameter annotations name the facts it needs.

``fact: Fact | None`` asks for one that sharpens the judgement: where it could not be had the function gets None.
``host: Host`` asks for the facts that the fields of a frozen dataclass are annotated with; of ``Host | None`` all of
them only sharpen, and without one that the dataclass cannot do without the function gets None.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from checks.advisories.library import Advisories
from checks.advisories.support import SupportDates
from checks.check import Check, Context, Remedy, Theme
from checks.declarative import ID
from checks.estate import Gathered, Values
from checks.example import Example, lacking
from checks.finding import Ruling, Severity, not_assessed
from inventory.asset import Asset, Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.table import FACTS
from inventory.policy import Policy
from inventory.remembered import Latest

Judge = Callable[..., Iterator[Ruling]]
_NAMES = {kind: name for name, kind in FACTS.items()}
_OTHERS: dict[Any, Callable[[Context], Any]] = {
    Asset: lambda context: context.asset,
    Context: lambda context: context,
    SupportDates: lambda context: context.support,
    Advisories | None: lambda context: context.advisories,
    Policy: lambda context: context.policy,
    Gathered: lambda context: context.estate,
}


class CheckError(TypeError):
    """A Python check is not written as it must be. The message names the check and what is wrong.

    ``line`` is where the function starts in its file, 0 when unknown.
    """

    line = 0


@dataclass(frozen=True, slots=True)
class PythonRule:
    """Hands a function the facts that it asks for."""

    function: Judge
    sources: tuple[Callable[[Context], Any], ...]
    wants_support: bool = False
    wants_advisories: bool = False  # judged without them too, and then it says so
    wants_policy: bool = False

    def __call__(self, context: Context) -> Iterable[Ruling]:
        if self.wants_support and context.support is None:
            return [not_assessed(Reason.FEED_MISSING, "no support dates are loaded")]
        return self.function(*[source(context) for source in self.sources])


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Hands a function the facts that it asks for; it says what to gather of the asset."""

    function: Callable[..., Values]
    names: tuple[str, ...]

    def __call__(self, facts: Mapping[str, Any]) -> Values:
        return self.function(*(facts[name] for name in self.names))


@dataclass(frozen=True, slots=True)
class Waiver:
    """Hands a function the asset; it says why the check does not apply there, "" if it does."""

    function: Callable[[Asset], str]

    def __call__(self, context: Context) -> str:
        return self.function(context.asset)


def check(
    *,
    id: str,  # noqa: A002  # the word that authors know from the YAML
    title: str,
    severity: Severity,
    theme: Theme,
    rationale: str,
    remedy: Remedy,
    privilege: Privilege,
    examples: Sequence[Example],
    version: int = 1,
    references: Sequence[str] = (),
    default: bool = True,
    supersedes: Sequence[str] = (),
    family: str = "",
    waived: Callable[[Asset], str] | None = None,
    gathers: Callable[..., Values] | None = None,
) -> Callable[[Judge], Check]:
    """Decorate a generator of rulings. The name is then the :class:`Check`. Raises :class:`CheckError` at import.

    ``waived`` says why the inventory alone makes the check not apply, "" if it does apply: then no fact is lacking.
    ``gathers`` makes it a check of the whole estate: a function of facts that says what to gather of each asset. The
    rule then asks for ``Gathered`` and is run when all visits are over (checks/estate.py).
    """

    def decorate(function: Judge) -> Check:
        try:
            return made_of(function)
        except CheckError as fault:
            code = getattr(function, "__code__", None)
            fault.line = code.co_firstlineno if code else 0
            raise

    def made_of(function: Judge) -> Check:
        kinds = _kinds(id, function)
        asked = [_asked(kind) for kind in kinds]
        collected = _collected(id, gathers, kinds)
        needs = tuple(dict.fromkeys((*collected, *(name for one in asked for name in one.needs))))
        made = Check(
            id=id,
            title=title,
            severity=severity,
            theme=theme,
            rationale=rationale,
            remedy=remedy,
            needs=needs,
            privilege=privilege,
            rule=PythonRule(
                function,
                tuple(one.source for one in asked),
                SupportDates in kinds,
                Advisories | None in kinds,
                Policy in kinds,
            ),
            uses=tuple(dict.fromkeys(name for one in asked for name in one.uses if name not in needs)),
            version=version,
            references=tuple(references),
            default=default,
            supersedes=tuple(supersedes),
            family=family,
            source=function.__module__.replace(".", "/") + ".py",
            examples=tuple(examples),
            waived=Waiver(waived) if waived else None,
            gathers=Gatherer(gathers, collected) if gathers else None,
        )
        _verified(made)
        return made

    return decorate


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one parameter asks for, and where it comes from."""

    source: Callable[[Context], Any]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


def _kinds(name: str, function: Judge) -> list[Any]:
    if not inspect.isgeneratorfunction(function):
        raise CheckError(f"{name}: the function must be a generator: it yields rulings")
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters
    for parameter in parameters:
        kind = hints.get(parameter)
        if kind not in _NAMES and kind not in _OTHERS and not _optional(kind) and not _bundle(_bare(kind)):
            raise CheckError(
                f'{name}: the parameter "{parameter}" must be a fact of inventory.facts (or such a fact | None), '
                "a frozen dataclass of such facts, Asset, Context, Policy, Gathered, SupportDates or Advisories | None"
            )
    return [hints[parameter] for parameter in parameters]


def _collected(name: str, gathers: Callable[..., Values] | None, kinds: Sequence[Any]) -> tuple[str, ...]:
    """Names of the facts that ``gathers`` asks for."""
    if (gathers is None) == (Gathered in kinds):
        raise CheckError(f"{name}: a check that gathers asks for Gathered, and no other does")
    if gathers is None:
        return ()
    hints = get_type_hints(gathers)
    asked = [hints.get(parameter) for parameter in inspect.signature(gathers).parameters]
    if not asked or any(kind not in _NAMES for kind in asked):
        raise CheckError(f"{name}: what gathers must ask for facts of inventory.facts alone")
    return tuple(_NAMES[kind] for kind in asked if kind is not None)


def _optional(kind: Any) -> type | None:  # noqa: ANN401 (an annotation may be anything)
    """The fact in ``Fact | None``."""
    bare = _bare(kind)
    return bare if bare is not kind and bare in _NAMES else None


def _bare(kind: Any) -> Any:  # noqa: ANN401 (an annotation may be anything)
    """``X`` of ``X | None``; anything else as it is."""
    parts = [part for part in get_args(kind) if part is not NoneType]
    return parts[0] if len(parts) == 1 < len(get_args(kind)) else kind


def _bundle(kind: Any) -> dict[str, Any]:  # noqa: ANN401 (an annotation may be anything)
    """The fields of a frozen dataclass that holds nothing but facts, some of them optional; empty: it is none."""
    if not isinstance(kind, type) or not is_dataclass(kind) or not getattr(kind, "__dataclass_params__").frozen:  # noqa: B009 (typeshed does not tell of it)
        return {}
    fields = get_type_hints(kind)
    return fields if all(one in _NAMES or _optional(one) for one in fields.values()) else {}


def _asked(kind: Any) -> _Asked:  # noqa: ANN401 (an annotation may be anything)
    if kind in _OTHERS:
        return _Asked(_OTHERS[kind])
    if kind in _NAMES:
        name = _NAMES[kind]
        return _Asked(lambda context: context.facts[name], needs=(name,))
    if fact := _optional(kind):
        optional = _NAMES[fact]
        return _Asked(lambda context: _or_none(context.facts.get(optional)), uses=(optional,))
    bare = _bare(kind)
    parts = [_asked(one) for one in _bundle(bare).values()]
    needs = tuple(name for part in parts for name in part.needs)
    names = tuple(name for part in parts for name in (*part.needs, *part.uses))
    if bare is kind:
        return _Asked(_bundled(kind), needs, tuple(name for name in names if name not in needs))
    return _Asked(_bundled(bare), uses=names)


@cache
def _bundled(kind: type) -> Callable[[Context], Any]:
    """Made once for the checks of a host; None where a fact that it cannot do without could not be had."""
    parts = [_asked(one) for one in _bundle(kind).values()]
    needs = tuple(name for part in parts for name in part.needs)

    def made(context: Context) -> object:
        if any(_or_none(context.facts.get(name)) is None for name in needs):
            return None
        return kind(*[part.source(context) for part in parts])

    return Latest(made)


def _or_none(fact: object) -> object:
    return None if isinstance(fact, Missing | Absent) else fact


def _verified(made: Check) -> None:
    faults: Iterable[str] = (
        "" if ID.fullmatch(made.id) else "the id is not <surface>.<area>.<condition-that-is-bad>",
        "" if made.needs else "it asks for no fact",
        "" if made.title.strip() and made.rationale.strip() and made.remedy.text.strip() else "a text is empty",
        lacking(made.examples),
        *(
            f'an example gives "{n}", which the check does not ask for'
            for e in made.examples
            for n in e.facts
            if n not in made.needs and n not in made.uses
        ),
    )
    for fault in faults:
        if fault:
            raise CheckError(f"{made.id}: {fault}")
