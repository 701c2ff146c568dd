"""``@check(...)``: makes a check of a generator function whose parameter annotations name the facts it needs.

``fact: Fact | None`` asks for one that sharpens the judgement: where it could not be had the function gets None.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args, get_type_hints

from checks.advisories.library import Advisories
from checks.advisories.support import SupportDates
from checks.check import Check, Context, Remedy, Theme
from checks.declarative import ID
from checks.example import Example, lacking
from checks.finding import Ruling, Severity, not_assessed
from inventory.asset import Asset, Privilege
from inventory.facts import FACTS, Absent, Missing, Reason

Judge = Callable[..., Iterator[Ruling]]
_NAMES = {kind: name for name, kind in FACTS.items()}
_OTHERS: dict[Any, Callable[[Context], Any]] = {
    Asset: lambda context: context.asset,
    Context: lambda context: context,
    SupportDates: lambda context: context.support,
    Advisories | None: lambda context: context.advisories,
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

    def __call__(self, context: Context) -> Iterable[Ruling]:
        if self.wants_support and context.support is None:
            return [not_assessed(Reason.FEED_MISSING, "no support dates are loaded")]
        return self.function(*(source(context) for source in self.sources))


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
) -> Callable[[Judge], Check]:
    """Decorate a generator of rulings. The name is then the :class:`Check`. Raises :class:`CheckError` at import.

    ``waived`` says why the inventory alone makes the check not apply, "" if it does apply: then no fact is lacking.
    """

    def decorate(function: Judge) -> Check:
        try:
            return made_of(function)
        except CheckError as fault:
            code = getattr(function, "__code__", None)
            fault.line = code.co_firstlineno if code else 0
            raise

    def made_of(function: Judge) -> Check:
        asked = _asked(id, function)
        made = Check(
            id=id,
            title=title,
            severity=severity,
            theme=theme,
            rationale=rationale,
            remedy=remedy,
            needs=tuple(_NAMES[kind] for kind in asked if kind in _NAMES),
            privilege=privilege,
            rule=PythonRule(
                function, tuple(_source(kind) for kind in asked), SupportDates in asked, Advisories | None in asked
            ),
            uses=tuple(_NAMES[fact] for kind in asked if (fact := _optional(kind))),
            version=version,
            references=tuple(references),
            default=default,
            supersedes=tuple(supersedes),
            family=family,
            source=function.__module__.replace(".", "/") + ".py",
            examples=tuple(examples),
            waived=Waiver(waived) if waived else None,
        )
        _verified(made)
        return made

    return decorate


def _asked(name: str, function: Judge) -> list[Any]:
    if not inspect.isgeneratorfunction(function):
        raise CheckError(f"{name}: the function must be a generator: it yields rulings")
    hints = get_type_hints(function)
    kinds = [hints.get(parameter) for parameter in inspect.signature(function).parameters]
    for parameter, kind in zip(inspect.signature(function).parameters, kinds, strict=True):
        if kind not in _NAMES and kind not in _OTHERS and not _optional(kind):
            raise CheckError(
                f'{name}: the parameter "{parameter}" must be a fact of inventory.facts (or such a fact | None), '
                "Asset, Context, SupportDates or Advisories | None"
            )
    return [kind for kind in kinds if kind is not None]


def _optional(kind: Any) -> type | None:  # noqa: ANN401 (an annotation may be anything)
    """The fact in ``Fact | None``."""
    parts = [part for part in get_args(kind) if part is not NoneType]
    return parts[0] if len(parts) == 1 < len(get_args(kind)) and parts[0] in _NAMES else None


def _source(kind: Any) -> Callable[[Context], Any]:  # noqa: ANN401 (an annotation may be anything)
    if kind in _OTHERS:
        return _OTHERS[kind]
    fact = _optional(kind)
    if fact is None:
        name = _NAMES[kind]
        return lambda context: context.facts[name]
    return lambda context: _or_none(context.facts.get(_NAMES[fact]))


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
