"""What all updates of one system make together: unions over products, what stands apart, what one clears."""

from collections.abc import Sequence

import pytest

from checks.advisories.windows_updates import HOTPATCH, SECURITY_ONLY, Update
from checks.windows.example_updates import PARTS, update
from checks.windows.series import Series, fixed_by, frameworks_of, of_framework, reached, series_of

CLIENT, CORE = "windows 10 version 22h2 for x64-based systems", "windows server 2022"
NET = "microsoft .net framework 4.8 on windows 10"
ALONE = ("Update Service",)
OLD, NEW = "2016-10-10", "2016-10-11"  # the day before the first monthly rollups, and theirs


def series(*rows: tuple[str, Sequence[Update]], cumulative: bool = True) -> Series:
    return series_of(rows, cumulative=cumulative)


def one(*updates: Update, product: str = CLIENT, cumulative: bool = True) -> Series:
    return series((product, updates), cumulative=cumulative)


def test_an_update_of_two_products_is_their_union() -> None:
    here = update("9000001", "2025-10-15", "CVE-2025-0001", severity="important", build="10.0.19045.1", after=["1"])
    there = update("9000001", "2025-10-14", "CVE-2025-0001", "CVE-2025-0002", severity="critical", build="10.0.20348.1")
    joined = series((CLIENT, [here]), (CORE, [there])).updates["9000001"]
    turned = series((CORE, [there]), (CLIENT, [here])).updates["9000001"]
    assert turned.update.fixes == joined.update.fixes, "the worse severity, whichever comes first"
    assert joined.update.day == "2025-10-14"
    assert joined.update.fixes == (("critical", ("CVE-2025-0001", "CVE-2025-0002")),)
    assert joined.update.builds == ("10.0.19045.1", "10.0.20348.1")
    assert joined.update.supersedes == ("1",)
    assert joined.by_product == (
        (CLIENT, frozenset({"CVE-2025-0001"})),
        (CORE, frozenset({"CVE-2025-0001", "CVE-2025-0002"})),
    )


def test_an_update_without_a_cve_keeps_its_severity_in_the_union() -> None:
    bare = update("9000001", "2025-10-14", severity="critical")
    joined = series((CLIENT, [bare]), (CORE, [bare])).updates["9000001"].update
    assert (joined.severity, joined.cves) == ("critical", frozenset())


@pytest.mark.parametrize(
    ("components", "versions"),
    [
        ((".NET Framework 4.6/4.6.1",), ("4.6", "4.6.1")),
        ((".NET Framework 3.5", ".NET Framework 4.8"), ("3.5", "4.8")),
        ((".NET Framework",), ()),
        ((".NET Framework 4.8", "Kernel"), ()),
        (("Internet Explorer 11.0",), ()),
        ((), ()),
    ],
)
def test_of_which_frameworks_an_update_is(components: tuple[str, ...], versions: tuple[str, ...]) -> None:
    made = one(update("9000001", "2025-10-14", "CVE-2025-0001", components=components))
    assert frameworks_of(made.updates["9000001"]) == versions


def test_an_update_of_the_system_too_is_not_the_frameworks_alone() -> None:
    net = update("9000001", "2025-10-14", "CVE-2025-0001", components=[".NET Framework 4.8"])
    assert of_framework(one(net, product=NET).updates["9000001"])
    assert frameworks_of(one(net, product=NET).updates["9000001"]) == (), "its product says which"
    assert not of_framework(series((NET, [net]), (CLIENT, [net])).updates["9000001"])


@pytest.mark.parametrize(
    ("first", "day", "other", "fixed"),
    [
        (NEW, NEW, ("CVE-2025-0001", "CVE-2025-0002"), True),
        (NEW, "2016-11-08", ("CVE-2025-0001", "CVE-2025-0002", "CVE-2025-0003"), True),
        (NEW, "2016-11-08", ("CVE-2025-0001",), False),
        ("2016-11-08", NEW, ("CVE-2025-0001", "CVE-2025-0002"), False),
        (OLD, NEW, ("CVE-2025-0001", "CVE-2025-0002"), False),
    ],
)
def test_what_fixes_the_same_later_takes_its_place(first: str, day: str, other: tuple[str, ...], fixed: bool) -> None:
    made = one(
        update("9000001", first, "CVE-2025-0001", "CVE-2025-0002", components=ALONE),
        update("9000002", day, *other, components=ALONE),
        cumulative=False,
    )
    mine, its = made.updates["9000001"], made.updates["9000002"]
    assert fixed_by(mine, [its]) is fixed
    assert fixed_by(mine, [mine]) is False, "never by itself"
    assert fixed_by(mine, [mine, its]) is fixed


def test_it_must_fix_all_of_it_in_every_product() -> None:
    both = update("9000001", NEW, "CVE-2025-0001", components=ALONE)
    half = update("9000002", NEW, "CVE-2025-0001", components=ALONE)
    made = series((CLIENT, [both, half]), (CORE, [both]))
    assert not fixed_by(made.updates["9000001"], [made.updates["9000002"]])
    empty = one(update("9000003", NEW, components=ALONE), half)
    assert not fixed_by(empty.updates["9000003"], [empty.updates["9000002"]]), "without a CVE nothing tells"


def test_what_a_cumulative_update_clears() -> None:
    first = update("9000001", "2025-09-09", "CVE-2025-0001")
    second = update("9000002", "2025-10-14", "CVE-2025-0002", after=["9000001", "8000000"])
    third = update("9000003", "2025-11-11", "CVE-2025-0003")  # names no predecessor, and contains them
    beside = update("9000004", "2025-10-24", "CVE-2025-0003", components=ALONE)
    apart = update("9000005", "2025-10-24", "CVE-2025-0009", components=ALONE)
    made = one(first, second, third, beside, apart)
    assert made.line == {"9000001", "9000002", "9000003"}
    assert made.cleared_by(second) == {"9000001", "9000002", "8000000"}
    assert made.cleared_by(third) == {"9000001", "9000002", "9000003", "9000004"}
    assert made.cleared_by(apart) == {"9000005"}
    assert made.before(apart) == frozenset()
    assert made.newest is third


def test_months_of_older_systems() -> None:
    rollup = update("8000001", "2023-01-10", "CVE-2023-0001", components=PARTS)
    only = update("8000002", "2023-01-10", "CVE-2023-0001", components=ALONE, kind=SECURITY_ONLY)
    single = update("8000003", "2023-01-10", "CVE-2023-0002", components=ALONE)
    old = update("8000004", OLD, "CVE-2016-0001", components=PARTS)
    stack = update("8000005", "2023-01-10", "CVE-2023-0001", components=["Servicing Stack Updates"])
    later = update("8000006", "2023-02-14", "CVE-2023-0009", components=PARTS, after=["8000001"])
    made = one(rollup, only, single, old, stack, later, cumulative=False)
    assert made.months == {"8000001", "8000002", "8000006"}
    assert one(update("8000007", NEW, "CVE-2016-0002"), cumulative=False).months == {"8000007"}
    assert made.before(later) == {"8000001", "8000002"}, "it replaces a month, so it contains all of them"
    assert made.before(only) == frozenset()


def test_of_one_day_the_one_that_contains_more_is_the_newest() -> None:
    full = update("9000001", "2025-10-14", "CVE-2025-0001", build="10.0.20348.2")
    hot = update("9000009", "2025-10-14", "CVE-2025-0001", build="10.0.20348.1", kind=HOTPATCH)
    assert one(full, hot).newest is full
    twin = update("9000002", "2025-10-14", "CVE-2025-0001", build="10.0.20348.2", after=["9000001"])
    assert one(full, twin).newest is twin
    assert one(full, update("9000003", "2025-10-14", build="10.0.20348.3")).fullest(["9000001", "9000003"]) is not full
    assert one().newest is None


def test_a_circle_ends() -> None:
    links = {"1": ("2",), "2": ("3",), "3": ("1", "4")}
    assert reached(["2"], links) == {"1", "2", "3", "4"}
    assert reached([], links) == frozenset()
