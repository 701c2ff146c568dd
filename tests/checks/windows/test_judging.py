"""What replaces what, and what a build shows: rules, with made updates and with random ones."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.advisories.windows_updates import Update
from checks.windows.example_updates import PARTS, update
from checks.windows.judging import Judged, Proof, judge
from checks.windows.machine import Machine
from checks.windows.series import Series, reached, series_of

CLIENT, NET = "windows 10 version 22h2 for x64-based systems", "microsoft .net framework 4.8 on windows 10"


def machine(revision: int | None = 100, *installed: str, cumulative: bool = True, **more: object) -> Machine:
    return Machine((CLIENT,), 19045, revision, cumulative, installed=frozenset(installed), **more)  # type: ignore[arg-type]  # fields by name


def series(*updates: Update, cumulative: bool = True, product: str = CLIENT) -> Series:
    return series_of([(product, updates)], cumulative=cumulative)


def missing(judged: Judged) -> list[str]:
    return sorted(one.update.kb for one in judged.missing)


ONE = update("9000001", "2025-09-09", "CVE-2025-0001", build="10.0.19045.101")
TWO = update("9000002", "2025-10-14", "CVE-2025-0002", build="10.0.19045.102", after=["9000001"])
THREE = update("9000003", "2025-11-11", "CVE-2025-0003", build="10.0.19045.103")  # a hole: it names no predecessor
FOUR = update("9000004", "2025-12-09", "CVE-2025-0004", build="10.0.19045.104", after=["9000003"])
BUILDS = (ONE, TWO, THREE, FOUR)


def without_build(one: Update) -> Update:
    return Update(one.kb, one.day, one.kind, (), one.fixes, one.supersedes, one.components)


NO_BUILDS = tuple(map(without_build, BUILDS))


@pytest.mark.parametrize("revision", [99, 100, 101, 102, 103, 104, 105])
def test_the_build_decides_whatever_the_list_says(revision: int) -> None:
    expected = [one.kb for one in BUILDS if int(one.builds[0].rpartition(".")[2]) > revision]
    for listed in ((), ("9000004",), ("9000001", "9000003")):
        assert missing(judge(series(*BUILDS), machine(revision, *listed))) == expected


@pytest.mark.parametrize(
    ("installed", "lacking"), [("9000004", []), ("9000003", ["9000004"]), ("9000002", ["9000003", "9000004"])]
)
def test_without_builds_a_later_cumulative_update_contains_those_before_it(installed: str, lacking: list[str]) -> None:
    judged = judge(series(*NO_BUILDS), machine(100, installed))
    assert missing(judged) == lacking
    assert bool(judged.doubt) is (not lacking)  # its list alone proves no pass


@pytest.mark.parametrize(
    ("month", "lacking"),
    [("2025-10", ["9000003", "9000004"]), ("2025-11", ["9000004"]), ("", [one.kb for one in BUILDS])],
)
def test_a_preview_contains_its_month(month: str, lacking: list[str]) -> None:
    judged = judge(series(*NO_BUILDS), machine(100, preview=month))
    assert missing(judged) == lacking
    assert Proof.BUILD not in judged.present.values()


def test_one_known_build_tells_of_those_around_it() -> None:
    some = (NO_BUILDS[0], TWO, NO_BUILDS[2], NO_BUILDS[3])
    assert all(one.by_build for one in judge(series(*some), machine(101)).missing if one.update.kb != "9000001")
    after = judge(series(*some), machine(102))
    assert after.present["9000001"] is Proof.BUILD
    assert missing(after) == ["9000003", "9000004"]


def test_a_build_of_another_branch_tells_nothing() -> None:
    other = Update("9000004", "2025-12-09", "", ("10.0.20348.1",), FOUR.fixes, (), PARTS)
    judged = judge(series(*NO_BUILDS[:3], other), machine(5000, "9000003"))
    assert missing(judged) == ["9000004"]


def test_versions_that_share_their_updates_share_the_revision() -> None:
    older = Update("9000004", "2025-12-09", "", ("10.0.19044.104",), FOUR.fixes, (), PARTS)
    assert missing(judge(series(older), machine(103))) == ["9000004"]
    assert missing(judge(series(older), machine(104))) == []


def test_an_update_without_a_link_is_not_guessed_at() -> None:
    alone = update("9000009", "2025-10-24", "CVE-2025-0009", components=["Update Service"])
    judged = judge(series(*BUILDS, alone), machine(104))
    assert (missing(judged), [one.kb for one in judged.unsure]) == ([], ["9000009"])
    assert missing(judge(series(*BUILDS, alone), machine(100))) == [*(one.kb for one in BUILDS), "9000009"]
    assert judge(series(*BUILDS, alone), machine(104, "9000009")).unsure == ()
    searched = machine(104, searched="2026-01-01")
    assert judge(series(*BUILDS, alone), searched).present["9000009"] is Proof.AGENT
    offered = machine(104, searched="2026-01-01", offered=frozenset({"9000009"}))
    assert missing(judge(series(*BUILDS, alone), offered)) == ["9000009"]


@pytest.mark.parametrize(("searched", "proof"), [("2025-12-07", None), ("2025-12-08", Proof.AGENT)])
def test_the_agents_silence_counts_after_45_days(searched: str, proof: Proof | None) -> None:
    alone = update("9000009", "2025-10-24", "CVE-2025-0009", components=["Update Service"])
    assert judge(series(*BUILDS, alone), machine(104, searched=searched)).present.get("9000009") is proof


def test_flash_player_is_in_no_cumulative_update_until_they_remove_it() -> None:
    flash = update("4000008", "2017-03-14", severity="critical", components=["Adobe Flash Player"])
    last = update("4000009", "2021-07-12", "CVE-2021-0001")
    assert missing(judge(series(flash, last), machine(100, "4000009"))) == ["4000008"]
    assert missing(judge(series(flash, *BUILDS), machine(101))) == ["9000002", "9000003", "9000004"]


def test_a_servicing_stack_may_have_been_replaced_unseen() -> None:
    stack = update("9000008", "2025-10-24", severity="critical", components=["Servicing Stack Updates"])
    judged = judge(series(*BUILDS, stack), machine(104))
    assert (missing(judged), [one.kb for one in judged.unsure]) == ([], ["9000008"])
    assert "9000008" in missing(judge(series(*BUILDS, stack), machine(102)))


def test_a_hotpatch_concerns_hosts_of_its_channel_alone() -> None:
    hot = update("9000014", "2025-12-09", "CVE-2025-0004", build="10.0.19045.9", kind="hotpatch")
    assert missing(judge(series(*BUILDS, hot), machine(103))) == ["9000004"]
    assert missing(judge(series(*BUILDS, hot), machine(103, "9000014"))) == []
    assert missing(judge(series(*BUILDS, hot), machine(102, "9000014"))) == ["9000003"]


def test_a_host_on_hotpatches_passes_by_its_build() -> None:
    """Between two cumulative updates: older than the newest, and with all that it fixes."""
    hot = update("9000014", "2025-12-09", "CVE-2025-0004", build="10.0.19045.1035", kind="hotpatch")
    newest = update("9000004", "2025-12-09", "CVE-2025-0004", build="10.0.19045.1040", after=["9000003"])
    there = judge(series(*BUILDS[:3], newest, hot), machine(1035, "9000014"))
    assert (missing(there), there.doubt) == ([], "")
    assert there.present["9000004"] is Proof.BUILD
    assert missing(judge(series(*BUILDS[:3], newest, hot), machine(1034, "9000014"))) == ["9000004", "9000014"]
    more = update("9000004", "2025-12-09", "CVE-2025-0004", "CVE-2025-0005", build="10.0.19045.1040")
    assert missing(judge(series(*BUILDS[:3], more, hot), machine(1035, "9000014"))) == ["9000004"]


def test_net_framework_is_judged_by_its_own_updates() -> None:
    """The list of installed updates names the parts of a .NET update, which Microsoft's data does not know."""
    net = update("9000007", "2025-10-14", "CVE-2025-0007", components=[".NET Framework"])
    both = series_of([(CLIENT, BUILDS), (NET, (net,))], cumulative=True)
    assert [one.kb for one in judge(both, machine(104)).unsure] == ["9000007"]
    assert missing(judge(both, machine(104, offered=frozenset({"9000007"})))) == ["9000007"]
    for there in (
        machine(104, "9000007"),
        machine(104, claimed=frozenset({"9000007"})),
        machine(104, searched="2026-01-01"),
    ):
        judged = judge(both, there)
        assert (judged.missing, judged.unsure) == ((), ())


ROLLUP = update("8000001", "2022-12-13", "CVE-2022-0001", "CVE-2022-0002")
ROLLUP_2 = update("8000002", "2023-01-10", "CVE-2023-0001", after=["8000001"])
ONLY = update("8000003", "2022-12-13", "CVE-2022-0001")
ONLY_2 = update("8000004", "2023-01-10", "CVE-2023-0001")
OF_2012 = (ROLLUP, ROLLUP_2, ONLY, ONLY_2)


@pytest.mark.parametrize(
    ("installed", "lacking"),
    [
        (["8000002"], []),
        (["8000001"], ["8000002", "8000004"]),
        (["8000003"], ["8000001", "8000002", "8000004"]),  # the rollup fixes more than the security-only update
        (["8000004"], ["8000001", "8000003"]),  # security-only updates contain one month
        (["8000003", "8000004"], ["8000001"]),
        ([], ["8000001", "8000002", "8000003", "8000004"]),
    ],
)
def test_rollup_or_security_only(installed: list[str], lacking: list[str]) -> None:
    judged = judge(series(*OF_2012, cumulative=False), machine(None, *installed, cumulative=False))
    assert missing(judged) == lacking
    assert judged.doubt == ""


def test_a_later_rollup_contains_the_months_before_it_without_a_link() -> None:
    third = update("8000005", "2023-02-14", "CVE-2023-0002", after=["8000002"])
    odd = update("8000006", "2022-11-08", "CVE-2022-0009")  # no rollup names its weakness
    alone = update("8000007", "2022-11-08", "CVE-2022-0010", components=["Internet Explorer"])
    of_all = series(*OF_2012, third, odd, alone, cumulative=False)
    judged = judge(of_all, machine(None, "8000005", cumulative=False))
    assert (missing(judged), [one.kb for one in judged.unsure]) == ([], ["8000007"])
    assert "8000007" in missing(judge(of_all, machine(None, "8000003", cumulative=False)))
    only = update("8000008", "2023-03-14", "CVE-2023-0003")  # a security-only update contains none of them
    assert "8000006" in missing(judge(series(odd, only, cumulative=False), machine(None, "8000008", cumulative=False)))


def test_a_month_of_little_is_known_by_its_twins() -> None:
    little = [update(kb, "2022-11-08", "CVE-2022-0011", components=["Kernel"]) for kb in ("8000021", "8000022")]
    of_all = series(*OF_2012, *little, cumulative=False)
    assert judge(of_all, machine(None, "8000002", cumulative=False)).missing == ()


@pytest.mark.parametrize(
    ("component", "own", "state"),
    [
        (".NET Framework 4.6/4.6.1", "4.6.1", "unsure"),
        (".NET Framework 4.6/4.6.1", "4.8", "not of this host"),
        (".NET Framework 4.6/4.6.1", "", "unsure"),
        (".NET Framework 3.5", "4.8", "unsure"),
        (".NET Framework 3.5/4.6", "4.8", "unsure"),
    ],
)
def test_an_old_update_of_one_net_framework(component: str, own: str, state: str) -> None:
    net = update("3000009", "2016-02-09", "CVE-2016-0009", components=[component])
    judged = judge(series(net, cumulative=False), machine(None, "x", cumulative=False, framework=own))
    assert judged.missing == ()
    assert [one.kb for one in judged.unsure] == (["3000009"] if state == "unsure" else [])


def test_before_the_rollups_two_updates_of_one_weakness_are_both_needed() -> None:
    pair = [update(kb, "2016-09-13", "CVE-2016-0001") for kb in ("3000001", "3000002")]
    judged = judge(series(*pair, cumulative=False), machine(None, "3000001", cumulative=False))
    assert missing(judged) == ["3000002"]


def test_an_empty_list_of_updates_proves_nothing() -> None:
    judged = judge(series(cumulative=False), machine(None, cumulative=False, lists=False))
    assert judged.doubt == "its list of installed updates is empty"


def test_without_a_revision_nothing_passes() -> None:
    judged = judge(series(*BUILDS), machine(None, "9000004"))
    assert (missing(judged), judged.doubt) == ([], "its revision (UBR) is not known")


@pytest.mark.parametrize(("waiting", "owed"), [(103, {"9000003"}), (104, {"9000003", "9000004"}), (None, set())])
def test_what_the_next_start_brings(waiting: int | None, owed: set[str]) -> None:
    judged = judge(series(*BUILDS), machine(102, waiting=waiting))
    assert {one.update.kb for one in judged.missing if one.restart} == owed


KBS = [f"900000{n}" for n in range(8)]
GRAPHS = st.dictionaries(st.sampled_from(KBS), st.lists(st.sampled_from(KBS), max_size=4), max_size=8)


@given(GRAPHS, st.sets(st.sampled_from(KBS)))
def test_reached_is_the_least_closed_set(graph: dict[str, list[str]], starts: set[str]) -> None:
    found = reached(starts, graph)
    assert starts <= found
    assert all(other in found for kb in found for other in graph.get(kb, ()))  # closed
    assert reached(found, graph) == found
    assert found == frozenset(starts).union(*(reached([kb], graph) for kb in starts))
    smaller = {kb for kb in found - starts if any(kb in graph.get(other, ()) for other in found)}
    assert smaller == found - starts  # nothing is there for no reason


def _made(graph: dict[str, list[str]]) -> Sequence[Update]:
    return [
        update(kb, f"2025-01-{10 + n}", f"CVE-2025-000{n}", after=graph.get(kb, ()), components=["x"])
        for n, kb in enumerate(KBS)
    ]


@given(GRAPHS, st.sets(st.sampled_from(KBS)), st.sampled_from(KBS))
def test_more_installed_is_never_more_missing(graph: dict[str, list[str]], installed: set[str], more: str) -> None:
    """Circles included: A replaces B replaces A."""
    old = series(*_made(graph), cumulative=False)
    before = judge(old, machine(None, *installed, cumulative=False))
    after = judge(old, machine(None, *installed, more, cumulative=False))
    assert set(missing(after)) <= set(missing(before)) - {more}
    assert set(missing(before)).isdisjoint(before.present)
    assert set(missing(before)) | before.present.keys() == old.updates.keys()
    assert set(missing(before)) == old.updates.keys() - reached(installed, graph)


@given(st.integers(90, 110), st.integers(0, 10), st.sets(st.sampled_from(["9000001", "9000002", "9000003", "9000004"])))
def test_a_higher_build_is_never_more_missing(revision: int, more: int, listed: set[str]) -> None:
    before = judge(series(*BUILDS), machine(revision, *listed))
    after = judge(series(*BUILDS), machine(revision + more, *listed))
    assert set(missing(after)) <= set(missing(before))


@pytest.mark.parametrize(("day", "state"), [("2016-10-10", "missing"), ("2016-10-11", "unsure")])
def test_rollups_may_contain_what_came_since_the_first_of_them(day: str, state: str) -> None:
    alone = update("8000009", day, "CVE-2016-0009", components=["Browser"])
    judged = judge(series(*OF_2012, alone, cumulative=False), machine(None, "8000002", cumulative=False))
    assert (missing(judged) == ["8000009"]) is (state == "missing")
    assert ([one.kb for one in judged.unsure] == ["8000009"]) is (state == "unsure")


def test_cumulative_updates_of_one_day() -> None:
    twin = without_build(update("9000013", "2025-11-11", "CVE-2025-0013"))
    assert judge(series(*BUILDS, twin), machine(103)).present["9000013"] is Proof.BUILD
    linked = update("9000015", "2025-12-09", "CVE-2025-0015", after=["9000003"], components=["Kernel"])
    judged = judge(series(*NO_BUILDS, linked), machine(100, "9000004"))
    assert (missing(judged), judged.unsure) == (["9000015"], ())
    alone = update("9000016", "2025-12-09", "CVE-2025-0016", components=["Kernel"])
    judged = judge(series(*NO_BUILDS, alone), machine(100, "9000004"))
    assert (missing(judged), [one.kb for one in judged.unsure]) == ([], ["9000016"])


@pytest.mark.parametrize(("day", "gone"), [("2021-07-12", False), ("2021-07-13", True)])
def test_the_day_on_which_flash_player_goes(day: str, gone: bool) -> None:
    flash = update("4000008", "2017-03-14", severity="critical", components=["Adobe Flash Player"])
    by_list = judge(series(flash, update("4000009", day, "CVE-2021-0001")), machine(100, "4000009"))
    assert by_list.present.get("4000008") is (Proof.LIST if gone else None)
    built = update("4000009", day, "CVE-2021-0001", build="10.0.19045.100")
    assert judge(series(flash, built), machine(100)).present.get("4000008") is (Proof.BUILD if gone else None)


@pytest.mark.parametrize(("day", "lacking"), [("2016-10-10", ["3000002"]), ("2016-10-11", [])])
def test_one_of_two_is_enough_since_the_first_rollups(day: str, lacking: list[str]) -> None:
    pair = [update(kb, day, "CVE-2016-0001", components=["Kernel"]) for kb in ("3000001", "3000002")]
    assert missing(judge(series(*pair, cumulative=False), machine(None, "3000001", cumulative=False))) == lacking


def test_a_servicing_stack_is_known_by_its_kind() -> None:
    stack = update("9000008", "2025-10-24", "CVE-2025-0008", kind="servicing stack")
    of_all = series(*BUILDS, stack)
    assert "9000008" not in of_all.line
    assert [one.kb for one in judge(of_all, machine(104)).unsure] == ["9000008"]


@pytest.mark.parametrize("kind", ["security only", "hotpatch"])
def test_the_newest_is_the_one_that_contains_more(kind: str) -> None:
    little = update("9000099", "2025-12-09", "CVE-2025-0004", kind=kind, after=["9000003", "9000002"])
    newest = series(*BUILDS, little).newest
    assert newest is not None
    assert newest.kb == "9000004"


@pytest.mark.parametrize("listed", [(), ("9000003",)])
def test_between_two_known_builds_that_it_lacks_the_list_is_not_asked(listed: tuple[str, ...]) -> None:
    some = (NO_BUILDS[0], TWO, NO_BUILDS[2], FOUR)
    judged = judge(series(*some), machine(101, *listed))
    assert missing(judged)[-3:] == ["9000002", "9000003", "9000004"]
    assert [one.by_build for one in judged.missing if one.update.kb == "9000003"] == [True]
    after = judge(series(*some), machine(103, *listed))
    assert missing(after) == (["9000004"] if listed else ["9000003", "9000004"]), "between one it has and one it lacks"
    assert judge(series(*some), machine(104)).present["9000001"] is Proof.BUILD


@pytest.mark.parametrize(("restart", "owed"), [(True, {"9000003"}), (False, set())])
def test_what_is_listed_and_not_in_effect_waits_where_a_restart_is_owed(restart: bool, owed: set[str]) -> None:
    judged = judge(series(*BUILDS), machine(102, "9000003", restart=restart))
    assert missing(judged) == ["9000003", "9000004"]
    assert {one.update.kb for one in judged.missing if one.restart} == owed
    rolled_back = judge(series(*BUILDS), machine(102, restart=restart, disputed=frozenset({"9000003"})))
    assert {one.update.kb for one in rolled_back.missing if one.restart} == owed


def test_which_of_the_missing_bring_the_system_forward() -> None:
    alone = update("9000009", "2025-12-10", "CVE-2025-0009", components=["Update Service"])
    told = {one.update.kb: one.line for one in judge(series(*BUILDS, alone), machine(103)).missing}
    assert told == {"9000004": True, "9000009": False}


@pytest.mark.parametrize(
    ("day", "state"), [("2023-01-05", "unsure"), ("2023-01-10", "unsure"), ("2023-01-11", "missing")]
)
def test_rollups_may_contain_what_came_until_the_last_of_them(day: str, state: str) -> None:
    first = update("8000011", "2022-11-08", "CVE-2022-0011")
    second = update("8000012", "2022-12-13", "CVE-2022-0012", after=["8000011"])
    third = update("8000013", "2023-01-10", "CVE-2023-0013", after=["8000012"])
    alone = update("8000019", day, "CVE-2023-0019", components=["Browser"])
    judged = judge(series(first, second, third, alone, cumulative=False), machine(None, "8000013", cumulative=False))
    assert (missing(judged), [one.kb for one in judged.unsure]) == (
        (["8000019"], []) if state == "missing" else ([], ["8000019"])
    )


@pytest.mark.parametrize(("revision", "proof"), [(103, None), (104, Proof.BUILD)])
def test_the_agents_titles_tell_builds_that_the_feed_does_not(revision: int, proof: Proof | None) -> None:
    told = (("8888888", 50), ("9000004", 104))
    judged = judge(series(*NO_BUILDS), machine(revision, told=told))
    assert judged.present.get("9000004") is proof
    assert ("9000004" in missing(judged)) is (proof is None)
    assert judged.present.get("9000001") is proof, "a known build tells of all before it"


def test_an_update_of_the_day_of_the_first_known_build_that_it_lacks_is_lacking_too() -> None:
    twin = without_build(update("9000013", "2025-11-11", "CVE-2025-0013"))
    judged = judge(series(*BUILDS, twin), machine(102, "9000013"))
    assert missing(judged) == ["9000003", "9000004", "9000013"]


def test_a_build_speaks_for_a_servicing_stack_as_well() -> None:
    stack = update(
        "9000008", "2025-10-24", "CVE-2025-0008", build="10.0.19045.105", components=["Servicing Stack Updates"]
    )
    assert missing(judge(series(*BUILDS, stack), machine(104))) == ["9000008"]
    assert judge(series(*BUILDS, stack), machine(105)).present["9000008"] is Proof.BUILD
    unknown = judge(series(*BUILDS, stack), machine(None, "9000004"))
    assert [one.kb for one in unknown.unsure] == ["9000008"], "without a revision the list alone speaks"


@pytest.mark.parametrize("build", ["10.0.19045.next", "10.0.19045.9999999999", "10.0.19045", ""])
def test_a_build_that_is_none_tells_nothing(build: str) -> None:
    odd = update("9000009", "2025-12-10", "CVE-2025-0009", build=build)
    judged = judge(series(*NO_BUILDS, odd), machine(5000, "9000009"))
    assert judged.present["9000009"] is Proof.LIST
    assert judged.doubt.startswith("only its list of installed updates says so")


def test_of_several_builds_of_one_update_the_highest_has_all_of_it() -> None:
    twice = Update("9000004", "2025-12-09", "", ("10.0.19045.10000", "10.0.19045.9999"), FOUR.fixes, (), PARTS)
    assert missing(judge(series(twice), machine(9999))) == ["9000004"]
    assert missing(judge(series(twice), machine(10000))) == []
