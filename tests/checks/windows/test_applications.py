"""Applications by the names that they have among the installed ones, and what the feeds say of their versions."""

from datetime import date

import pytest

from checks.advisories.support import Cycle, SupportDates
from checks.finding import Outcome
from checks.windows import example_updates as made
from checks.windows.application_products import ALL, product_of
from checks.windows.application_rulings import outdated
from checks.windows.applications import behind, hits_of, installed_of, numbers_of, unlisted
from tests.data import folder


@pytest.mark.parametrize(
    ("name", "version", "title", "told", "key"),
    [
        ("Google Chrome", "146.0.7680.165", "Google Chrome", "146.0.7680.165", "146.0.7680.165"),
        ("Mozilla Firefox (x64 en-US)", "148.0.2", "Mozilla Firefox", "148.0.2", "148.0.2"),
        ("Mozilla Firefox ESR (x64 de)", "140.3.0", "Mozilla Firefox", "140.3.0", "140.3.0"),
        ("Microsoft Edge", "146.0.3856.97", "Microsoft Edge", "146.0.3856.97", "146.0.3856.97"),
        ("Python 3.11.5 (64-bit)", "3.11.5150.0", "Python", "3.11.5", "3.11.5"),
        ("Microsoft SQL Server 2019 (64-bit)", "", "Microsoft SQL Server", "", "15.0"),
        ("Microsoft SQL Server 2008 R2 (64-bit)", "", "Microsoft SQL Server", "", "10.50-sp3"),
        (
            "Microsoft Office LTSC Professional Plus 2021 - en-us",
            "16.0.14332.1",
            "Microsoft Office",
            "16.0.14332.1",
            "2021",
        ),
        ("Microsoft Office Home and Business 2019 - de-de", "16.0.1", "Microsoft Office", "16.0.1", "2019"),
        ("Microsoft 365 Apps for enterprise - en-us", "16.0.1", "Microsoft 365 Apps", "16.0.1", "16.0.1"),
        ("Java 8 Update 391 (64-bit)", "8.0.3910.13", "Oracle Java", "8.0.3910.13", "8"),
        ("Java SE Development Kit 8 Update 202 (64-bit)", "8.0.2020.8", "Oracle Java", "8.0.2020.8", "8"),
        ("Eclipse Temurin JDK with Hotspot 17.0.9+9 (x64)", "17.0.9.9", "Eclipse Temurin", "17.0.9", "17.0.9"),
        ("Zulu JDK 17.46.19 (17.0.9), 64-bit", "17.46.19", "Azul Zulu", "17.0.9", "17.0.9"),
        ("OpenVPN 2.6.8-I001 amd64", "2.6.801", "OpenVPN", "2.6.8", "2.6.8"),
        ("Cisco AnyConnect Secure Mobility Client", "4.10", "Cisco Secure Client", "4.10", "4.10"),
        ("PowerShell 7-x64", "7.3.7.0", "PowerShell", "7.3.7.0", "7.3.7.0"),
        ("Adobe Acrobat (64-bit)", "25.1", "Adobe Acrobat", "25.1", "25.1"),
    ],
)
def test_what_an_entry_is(name: str, version: str, title: str, told: str, key: str) -> None:
    (one,) = installed_of(made.applications((name, version)))
    assert (one.product.title, one.version, one.cycle_key) == (title, told, key)


@pytest.mark.parametrize(
    "name",
    [
        "Microsoft SQL Server 2019 Setup (English)",
        "SQL Server 2019 Database Engine Services",
        "Microsoft SQL Server 2012 Native Client",
        "Microsoft Edge WebView2 Runtime",
        "Oracle VM VirtualBox Guest Additions 7.0.10",
        "Python Launcher",
        "Microsoft Visual C++ 2017 Redistributable (x64) - 14.14.26429",
        "PowerShellGet",
        "",
    ],
)
def test_what_an_entry_is_not(name: str) -> None:
    assert product_of(name) is None


def test_net_stands_apart_from_the_entries() -> None:
    found = installed_of(made.applications(framework=528049, runtimes=("8.0.11", "6.0.36")))
    assert [one.told for one in found] == [".NET Framework 4.8", ".NET runtime 6.0.36", ".NET runtime 8.0.11"]


def test_entries_that_are_in_no_list_of_ours_are_counted() -> None:
    assert (
        unlisted(made.applications(("Contoso", "1"), ("Contoso", "2"), ("Google Chrome", "1"), ("Fabrikam", ""))) == 2
    )


FIXED = [
    made.update("144.0.3719.82", "2026-01-16", "CVE-2026-0001"),
    made.update("143.0.3650.139", "2026-01-16", "CVE-2026-0001"),  # the same weakness, in the extended channel
    made.update("144.0.3719.92", "2026-01-20", "CVE-2026-0002"),
]


@pytest.mark.parametrize(
    ("version", "open_ones"),
    [
        ("142.0.1.1", ["CVE-2026-0001", "CVE-2026-0002"]),
        ("143.0.3650.138", ["CVE-2026-0001", "CVE-2026-0002"]),
        ("143.0.3650.139", ["CVE-2026-0002"]),
        ("144.0.3719.81", ["CVE-2026-0001", "CVE-2026-0002"]),  # newer than 143.0.3650.139, and of another train
        ("144.0.3719.82", ["CVE-2026-0002"]),
        ("144.0.3719.92", []),
        ("145.0.0.1", []),
    ],
)
def test_fixed_versions_of_two_channels(version: str, open_ones: list[str]) -> None:
    (one,) = installed_of(made.applications(("Microsoft Edge", version)))
    assert [hit.cve for hit in hits_of(one, FIXED)] == open_ones


@pytest.mark.parametrize(
    ("version", "latest", "expected"),
    [
        ("3.13.8", "3.13.9", True),
        ("3.13.9", "3.13.9", False),
        ("3.13.10", "3.13.9", False),
        ("3.13.8", "", None),
        ("3.13.8", "soon", None),
    ],
)
def test_behind_its_cycle(version: str, latest: str, expected: bool | None) -> None:
    (one,) = installed_of(made.applications((f"Python {version} (64-bit)", "")))
    assert behind(one, Cycle("python", "3.13", None, None, None, latest)) is expected


@pytest.mark.parametrize(
    ("text", "numbers"), [("15.0.4480.2 CU32+GDR", (15, 0, 4480, 2)), ("v1.2", (1, 2)), ("x", ()), ("", ())]
)
def test_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert numbers_of(text) == numbers


def test_every_row_has_a_source_and_dates_that_exist() -> None:
    import json

    known = json.loads((folder() / "feeds/endoflife-products.json").read_bytes())["products"]
    assert [row.title for row in ALL if not row.source] == []
    assert [row.title for row in ALL if row.dates and row.dates not in known] == []
    assert len({row.title for row in ALL}) == len(ALL)


def test_without_dates_nothing_is_known() -> None:
    (one,) = installed_of(made.applications(("Python 3.13.1 (64-bit)", "")))
    assert one.cycle(None) is None
    assert one.cycle(SupportDates(date(2026, 1, 1), "x", {})) is None


@pytest.mark.parametrize(
    "entry",
    [
        ("Microsoft SQL Server 2022 (64-bit)", "16.0.4165.4"),
        ("Microsoft Exchange Server 2019 Cumulative Update 14", "15.2.1544.4"),
        ("Microsoft SharePoint Server 2019", "16.0.10337.12109"),
        ("Microsoft Office LTSC Professional Plus 2024 - en-us", "16.0.17932.20000"),
        ("Microsoft 365 Apps for enterprise - en-us", "16.0.17932.20000"),
    ],
)
def test_server_products_and_office_never_pass_for_patches(entry: tuple[str, str]) -> None:
    """They are judged by support dates alone: that the newest version of a cycle is there says nothing of fixes."""
    version = entry[1]
    dates = made.newest(
        ("mssqlserver", "16.0", version),
        ("msexchange", "2019", version),
        ("sharepoint", "2019", version),
        ("office", "2024", version),
    )
    found = list(outdated(made.applications(entry), dates, made.client(), None, date(2026, 1, 17)))
    assert [ruling.outcome for ruling in found] == [Outcome.NOT_ASSESSED]
    assert "no feed tells of fixes for 1 known application" in found[0].observed
