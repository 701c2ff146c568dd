"""``@check``: what the annotations name is what the function gets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from checks.advisories.library import Advisories
from checks.advisories.support import SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import CheckError, check
from checks.example import EXAMPLE_ASSET, EXAMPLE_TIME, Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, passed
from inventory.asset import Asset, Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.kernel import Kernel
from inventory.facts.system import System

EXAMPLES = (
    Example(Outcome.PASS, {"kernel": partial(Kernel, running="6.1")}),
    Example(Outcome.FAIL, {"kernel": partial(Kernel, running="5.0")}),
    Example(Outcome.NOT_ASSESSED, {"kernel": Missing(Reason.OUTPUT_UNREADABLE)}),
)
TEXTS: dict[str, Any] = {
    "id": "linux.test.python",
    "title": "An example",
    "severity": Severity.LOW,
    "theme": Theme.WEAK_CONFIG,
    "rationale": "Because.",
    "remedy": Remedy("Change it."),
    "privilege": Privilege.USER,
    "examples": EXAMPLES,
}


def old_kernel(kernel: Kernel) -> Iterator[Ruling]:
    yield passed("new") if kernel.running == "6.1" else failed("old")


def everything(
    system: System, asset: Asset, support: SupportDates, kernel: Kernel, context: Context
) -> Iterator[Ruling]:
    yield failed(f"{asset.name} {system.os_id} {support.source} {kernel.running} {context.today}")


def test_a_function_becomes_a_check() -> None:
    made = check(**TEXTS)(old_kernel)
    assert made.needs == ("kernel",)
    assert made.examples == EXAMPLES
    assert [example.wrong(made) for example in made.examples] == ["", "", ""]


def test_each_parameter_gets_what_its_annotation_names() -> None:
    made = check(**TEXTS)(everything)
    assert made.needs == ("system", "kernel")
    facts = {"system": partial(System, os_id="debian"), "kernel": partial(Kernel, running="6.1")}
    context = Context(EXAMPLE_ASSET, facts, EXAMPLE_TIME, SupportDates(date(2026, 1, 1), "feed", {}))
    (run,) = made.judge(context, {})
    assert run.observed == "example debian feed 6.1 2026-03-02"


def test_without_support_dates_nothing_is_judged() -> None:
    made = check(**TEXTS)(everything)
    facts = {"system": partial(System, os_id="debian"), "kernel": partial(Kernel, running="6.1")}
    (run,) = made.judge(Context(EXAMPLE_ASSET, facts, EXAMPLE_TIME), {})
    assert (run.outcome, run.reason) == (Outcome.NOT_ASSESSED, Reason.FEED_MISSING)


@dataclass(frozen=True)
class Machine:
    system: System
    kernel: Kernel | None


@dataclass
class Loose:
    system: System


def bundled(machine: Machine) -> Iterator[Ruling]:
    yield passed(f"{machine.system.os_id} {machine.kernel.running if machine.kernel else 'none'}")


def needing(machine: Machine, kernel: Kernel) -> Iterator[Ruling]:
    yield passed(f"{machine.system.os_id} {kernel.running} {machine.kernel is kernel}")


def sharpened_by_many(kernel: Kernel, machine: Machine | None) -> Iterator[Ruling]:
    yield passed(f"{kernel.running} {machine.system.os_id if machine else 'nobody knows where'}")


def loose(kernel: Kernel, machine: Loose) -> Iterator[Ruling]:
    yield passed(f"{kernel.running} {machine.system.os_id}")


LINUX_61: Kernel = partial(Kernel, running="6.1")
DEBIAN: System = partial(System, os_id="debian")


@pytest.mark.parametrize(
    ("function", "needs", "uses", "without_system"),
    [
        (bundled, ("system",), ("kernel",), None),
        (needing, ("system", "kernel"), (), None),
        (sharpened_by_many, ("kernel",), ("system",), "6.1 nobody knows where"),
    ],
)
def test_a_dataclass_of_facts_asks_for_each_of_them(
    function: Callable[..., Iterator[Ruling]], needs: tuple[str, ...], uses: tuple[str, ...], without_system: str | None
) -> None:
    made = check(**TEXTS)(function)
    assert (made.needs, made.uses) == (needs, uses)
    (run,) = made.judge(Context(EXAMPLE_ASSET, {"system": DEBIAN, "kernel": LINUX_61}, EXAMPLE_TIME), {})
    assert run.outcome is Outcome.PASS
    assert {"debian", "6.1"} <= set(run.observed.split())
    lacking = {"system": Missing(Reason.TIMED_OUT, "too slow"), "kernel": LINUX_61}
    (run,) = made.judge(Context(EXAMPLE_ASSET, lacking, EXAMPLE_TIME), {})
    assert run.observed == (without_system or "too slow")


def test_a_dataclass_that_can_change_is_no_bundle() -> None:
    with pytest.raises(CheckError, match="machine"):
        check(**TEXTS)(loose)


def sharpened(kernel: Kernel, system: System | None, advisories: Advisories | None) -> Iterator[Ruling]:
    yield passed(f"{kernel.running} {system.os_id if system else 'nobody knows where'} {advisories}")


@pytest.mark.parametrize(
    ("facts", "says", "judged_from"),
    [
        pytest.param({"system": partial(System, os_id="debian")}, "6.1 debian None", ("kernel", "system"), id="there"),
        pytest.param({"system": Missing(Reason.TIMED_OUT)}, "6.1 nobody knows where None", ("kernel",), id="missing"),
        pytest.param({"system": Absent("none")}, "6.1 nobody knows where None", ("kernel",), id="absent"),
        pytest.param({}, "6.1 nobody knows where None", ("kernel",), id="not asked for"),
    ],
)
def test_what_only_sharpens_a_judgement_does_not_hinder_it(
    facts: dict[str, object], says: str, judged_from: tuple[str, ...]
) -> None:
    made = check(**TEXTS)(sharpened)
    assert (made.needs, made.uses) == (("kernel",), ("system",))
    context = Context(EXAMPLE_ASSET, {"kernel": partial(Kernel, running="6.1"), **facts}, EXAMPLE_TIME)
    (run,) = made.judge(context, {})
    assert (run.outcome, run.observed, run.facts) == (Outcome.PASS, says, judged_from)


def broken(kernel: Kernel) -> Iterator[Ruling]:
    yield failed(kernel.running + 7)  # type: ignore[operator]  # the fault that is tried


def test_a_fault_in_a_rule_is_an_error_never_a_pass() -> None:
    made = check(**TEXTS)(broken)
    (run,) = made.judge(Context(EXAMPLE_ASSET, {"kernel": partial(Kernel, running="6.1")}, EXAMPLE_TIME), {})
    assert (run.outcome, run.observed) == (Outcome.ERROR, "the check itself failed: TypeError")


def no_generator(kernel: Kernel) -> list[Ruling]:
    return [passed(kernel.running)]


def odd_parameter(kernel: Kernel, limit: int) -> Iterator[Ruling]:
    yield passed(f"{kernel.running} {limit}")


def no_annotation(kernel) -> Iterator[Ruling]:  # type: ignore[no-untyped-def]  # noqa: ANN001  # the fault that is tried
    yield passed(kernel.running)


def no_fact(asset: Asset) -> Iterator[Ruling]:
    yield passed(asset.name)


@pytest.mark.parametrize(
    ("function", "changed", "said"),
    [
        (no_generator, {}, "the function must be a generator"),
        (odd_parameter, {}, 'the parameter "limit" must be a fact'),
        (no_annotation, {}, 'the parameter "kernel" must be a fact'),
        (no_fact, {}, "it asks for no fact"),
        (old_kernel, {"id": "python"}, "the id is not"),
        (old_kernel, {"title": " "}, "a text is empty"),
        (old_kernel, {"remedy": Remedy("")}, "a text is empty"),
        (old_kernel, {"examples": EXAMPLES[:2]}, "examples lack a not_applicable or not_assessed"),
        (old_kernel, {"examples": (*EXAMPLES, Example(Outcome.PASS, {"sshd": None}))}, 'an example gives "sshd"'),
    ],
)
def test_a_check_that_is_written_wrongly_cannot_be_imported(
    function: Callable[..., Any], changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(CheckError) as caught:
        check(**{**TEXTS, **changed})(function)
    assert said in str(caught.value)


def test_examples_of_a_check_can_be_replaced_in_tests() -> None:
    made = check(**TEXTS)(old_kernel)
    assert replace(made, examples=()).examples == ()
