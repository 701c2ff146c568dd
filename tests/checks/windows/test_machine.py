"""From a host's facts to what decides: its name in Microsoft's data, and what it has."""

from dataclasses import replace
from datetime import date

import pytest

from checks.windows import example_updates as made
from checks.windows.machine import Machine, WindowsHost, machine_of
from checks.windows.products import ending, framework_of, parts_of, same_revision, system_products
from inventory.facts.windows_system import WindowsSystem
from inventory.facts.windows_updates import WindowsPackage, WindowsPendingUpdate, WindowsUpdateEvent, WindowsUpdates
from tests.checks.windows.recorded import NAMES, recorded
from tests.data import recorded_host

TODAY = date(2026, 3, 2)


def client(build: int, version: str, architecture: str = "x64") -> WindowsSystem:
    return made.system(1, build, version=version, architecture=architecture)


def server(build: int, version: str = "", name: str = "Microsoft Windows Server", core: bool = False) -> WindowsSystem:
    system = made.system(1, build, version=version, server=True, name=name)
    return replace(system, installation_type="Server Core") if core else system


@pytest.mark.parametrize(
    ("system", "products"),
    [
        (client(26200, "25H2"), ("windows 11 version 25h2 for x64-based systems",)),
        (
            client(26200, "25H2", "arm64"),
            ("windows 11 version 25h2 for arm64-based systems", "windows 11 version 25h2 for arm systems"),
        ),
        (client(22000, "21H2"), ("windows 11 version 21h2 for x64-based systems",)),
        (client(19044, "21H2", "x86"), ("windows 10 version 21h2 for 32-bit systems",)),
        (client(10240, ""), ("windows 10 for x64-based systems",)),
        (client(9600, ""), ("windows 8.1 for x64-based systems",)),
        (client(7601, ""), ("windows 7 for x64-based systems service pack 1",)),
        (client(19045, ""), ()),
        (client(19045, "22H2", "riscv"), ()),
        (server(20348, "21H2"), ("windows server 2022",)),
        (server(20348, "21H2", core=True), ("windows server 2022 (server core installation)",)),
        (server(17763, "1809"), ("windows server 2019",)),
        (server(9600), ("windows server 2012 r2",)),
        (server(7601), ("windows server 2008 r2 for x64-based systems service pack 1",)),
        (server(25398, "23H2"), ("windows server 2022, 23h2 edition (server core installation)",)),
        (server(19042, "20H2", core=True), ("windows server, version 20h2 (server core installation)",)),
        (server(29000, "26H2", "Microsoft Windows Server 2028 Standard"), ("windows server 2028",)),
        (server(29000), ()),
        (server(20348, "21H2", "Microsoft Azure Stack HCI"), ()),
        (replace(client(19045, "22H2"), product_type=None), ()),
        (client(26220, "25H2"), ()),  # previews: the name of a release, and a build of their own
        (client(27900, "25h2"), ()),
        (server(26040, "24H2", "Microsoft Windows Server 2025 Datacenter"), ()),
        (server(14300, "1607", "Microsoft Windows Server 2016 Technical Preview 5"), ()),
        (client(28000, "26H1"), ("windows 11 version 26h1 for x64-based systems",)),
        (
            replace(client(26100, "24H2"), product_type=3, edition_id="ServerRdsh"),  # Enterprise multi-session
            ("windows 11 version 24h2 for x64-based systems",),
        ),
    ],
)
def test_the_name_in_microsofts_data(system: WindowsSystem, products: tuple[str, ...]) -> None:
    assert system_products(system) == products


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_machines_have_the_name_that_the_recorder_gave_them(name: str) -> None:
    assert system_products(recorded(name).host.windows_system) == (str(recorded_host(name)["release"]).casefold(),)


def test_parts_of_a_system() -> None:
    keys = [
        "internet explorer 11 on windows server 2019",
        "internet explorer 10 on windows server 2019",
        "microsoft edge (edgehtml-based) on windows server 2019",
        "microsoft .net framework 3.5 and 4.8 on windows server 2019",
        "microsoft .net framework 4.8.1 on windows server 2019",
        "microsoft .net framework 4.6/4.7/4.7.1/4.7.2 on windows server 2019",
        "internet explorer 11 on windows server 2016",
        "raw image extension",
    ]
    of_2019 = ending(keys)["windows server 2019"]
    assert list(parts_of(of_2019, "4.8")) == [keys[0], keys[2], keys[3]]
    assert list(parts_of(of_2019, "4.7.1")) == [keys[0], keys[2], keys[5]]
    assert list(parts_of(of_2019, "")) == [keys[0], keys[2]]


@pytest.mark.parametrize(
    ("release", "version"), [(None, ""), (-1, ""), (0, ""), (528039, "4.7.2"), (528040, "4.8"), (999999, "4.8.1")]
)
def test_net_framework_by_its_release(release: int | None, version: str) -> None:
    assert framework_of(release) == version


def test_versions_that_share_updates() -> None:
    assert same_revision(19044) == same_revision(19045)
    assert same_revision(20348) == (20348,)


def event(kb: str, operation: str = "install", result: str = "succeeded", title: str = "") -> WindowsUpdateEvent:
    return WindowsUpdateEvent(kb, title, "2026-01-01T00:00:00Z", operation, result, 0)


def machine(updates: WindowsUpdates, *offered: WindowsPendingUpdate, days: int | None = 3) -> Machine:
    return machine_of(WindowsHost(made.system(100), updates, made.pending(*offered, days=days)), TODAY)


def test_what_is_installed_and_what_is_only_claimed() -> None:
    packages = [
        WindowsPackage("Package_for_KB9000003", "10.0.1.1", "installed"),
        WindowsPackage("Package_for_KB9000004", "10.0.1.1", "staged"),
    ]
    history = (event("9000005"), event("9000006", "uninstall"), event("9000006"), event("9000007", result="failed"))
    updates = replace(made.updates("9000001", "9000002", packages=packages), history=(*history, event("9000001")))
    found = machine(updates, made.offer("9000002"))
    assert found.installed == {"9000001", "9000003"}  # what is still offered was rolled back
    assert found.claimed == {"9000005"}
    assert found.offered == {"9000002"}


@pytest.mark.parametrize(
    ("version", "state", "waiting"),
    [
        ("19041.101.1.9", "install pending", 101),
        ("19041.101.1.9", "installed", 101),
        ("19041.101.1.9", "superseded", None),
        ("19041.100.1.9", "installed", None),
        ("20348.101.1.9", "installed", None),  # of another branch
        ("odd", "installed", None),
    ],
)
def test_an_update_on_disk_that_waits(version: str, state: str, waiting: int | None) -> None:
    package = WindowsPackage("Package_for_RollupFix", version, state)
    assert machine(made.updates(packages=[package])).waiting == waiting


def test_titles_tell_builds() -> None:
    title = "2026-01 Cumulative Update for Windows 10 Version 22H2 for x64-based Systems (KB9000001) ({build})"
    here, elsewhere = title.format(build="19045.6700"), title.format(build="26100.6700")
    updates = replace(made.updates(), history=(event("9000001", title=here), event("9000001", title=elsewhere)))
    assert machine(updates).told == (("9000001", 6700),)
    assert machine(made.updates(), made.offer("9000001", title=here)).told == (("9000001", 6700),)


@pytest.mark.parametrize(
    ("source", "days", "fresh"),
    [
        ("windows update", 30, True),
        ("microsoft update", 0, True),
        ("windows update", 31, False),
        ("windows update", None, False),
        ("windows update", -1, False),
        ("wsus", 0, False),  # it offers what somebody approved
        (None, 0, False),
    ],
)
def test_when_the_agents_silence_tells_something(source: str | None, days: int | None, fresh: bool) -> None:
    assert bool(machine(made.updates(source=source), days=days).searched) is fresh


def test_hosts_that_differ_in_what_does_not_matter_are_alike() -> None:
    one, other = machine(made.updates("9000001", "7000001")), machine(made.updates("9000001", "7000002"))
    assert one != other
    assert one.about(["9000001"]) == other.about(["9000001"])


@pytest.mark.parametrize(
    ("title", "month"),
    [
        ("2025-11 Cumulative Update Preview for Windows 11 Version 25H2 for x64-based Systems (KB9000021)", "2025-11"),
        ("2025-11 Preview Update (KB9000021) (26200.7309)", "2025-11"),
        ("2025-11 Cumulative Update Preview for .NET Framework 3.5 and 4.8.1 for Windows 11 (KB9000021)", ""),
        ("2025-11 Cumulative Update for Windows 11 Version 25H2 for x64-based Systems (KB9000021)", ""),
        ("Windows preview", ""),
    ],
)
def test_previews_contain_what_came_before_them(title: str, month: str) -> None:
    listed = replace(made.updates("9000021"), history=(event("9000021", title=title),))
    assert machine(listed).preview == month
    assert machine(replace(listed, installed=())).preview == ""  # the history alone
