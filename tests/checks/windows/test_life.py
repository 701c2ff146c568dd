"""Support dates by version, edition and channel, from made dates and from the real table of endoflife.date."""

import json
from dataclasses import replace
from datetime import date

import pytest

from checks.advisories import support
from checks.advisories.formats import DECODERS
from checks.advisories.support import SupportDates
from checks.advisories.table import Table
from checks.windows import example_updates as made
from checks.windows.life import Life, extended_until, lives_of, regular_end
from inventory.facts.windows_system import WindowsSystem
from tests.checks.windows.recorded import NAMES, recorded
from tests.data import folder


@pytest.fixture(scope="module")
def dates() -> SupportDates:
    data = (folder() / "feeds/endoflife-products.json").read_bytes()
    decoded = DECODERS["endoflife"].decode([("endoflife.json", data)], "endoflife")
    return support.decode(Table(decoded.tables["support"]).get("support") or b"")


def client(version: str, edition: str, build: int) -> WindowsSystem:
    return made.system(1, build, version=version, edition=edition)


def server(build: int, version: str = "", name: str = "") -> WindowsSystem:
    return made.system(1, build, version=version, server=True, name=name or f"Windows Server build {build}")


def test_every_channel_of_a_client_has_its_own_end(dates: SupportDates) -> None:
    rows = json.loads((folder() / "feeds/endoflife-products.json").read_bytes())["products"]["windows"]["releases"]
    ends = {row["releaseCycle"]: row["eol"] for row in rows}
    for edition, cycle in (
        ("Core", "11-24h2-w"),
        ("CoreSingleLanguage", "11-24h2-w"),
        ("Professional", "11-24h2-w"),
        ("ProfessionalWorkstation", "11-24h2-w"),
        ("Enterprise", "11-24h2-e"),
        ("EnterpriseN", "11-24h2-e"),
        ("Education", "11-24h2-e"),
        ("IoTEnterprise", "11-24h2-e"),
        ("EnterpriseS", "11-24h2-e-lts"),
        ("EnterpriseSN", "11-24h2-e-lts"),
        ("EnterpriseSEval", "11-24h2-e-lts"),
        ("IoTEnterpriseS", "11-24h2-iot-lts"),
    ):
        (life,) = lives_of(client("24H2", edition, 26100), dates)
        assert (edition, str(life.ends)) == (edition, ends[cycle])


@pytest.mark.parametrize(
    ("system", "cycle", "product"),
    [
        (client("22H2", "Professional", 19045), "10-22h2", "windows"),
        (client("1809", "EnterpriseS", 17763), "10-1809-e-lts", "windows"),
        (client("", "EnterpriseS", 10240), "10-1507-e-lts", "windows"),
        (client("", "Professional", 9600), "8.1", "windows"),
        (client("", "Professional", 7601), "7-sp1", "windows"),
        (server(9600), "2012-r2", "windows-server"),
        (server(14393), "2016", "windows-server"),
        (server(20348), "2022", "windows-server"),
        (server(26100), "2025", "windows-server"),
        (server(25398), "23h2-ac", "windows-server"),
        (server(19042, "20H2"), "20h2-sac", "windows-server"),
    ],
)
def test_the_cycle_of_a_system(dates: SupportDates, system: WindowsSystem, cycle: str, product: str) -> None:
    known = dates.cycle(product, cycle)
    assert known is not None
    (life,) = lives_of(system, dates)
    assert (life.ends, life.extended) == (known.ends, known.extended_ends)


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_machine_is_known(dates: SupportDates, name: str) -> None:
    assert lives_of(recorded(name).host.windows_system, dates)


def test_a_client_for_many_sessions_is_no_server(dates: SupportDates) -> None:
    """It gives the product type of one (3), and the build of Server 2025, which is served for years longer."""
    (life,) = lives_of(replace(client("24H2", "ServerRdsh", 26100), product_type=3), dates)
    known = dates.cycle("windows", "11-24h2-e")
    assert known is not None
    assert life.ends == known.ends


@pytest.mark.parametrize(
    "preview",
    [
        client("25H2", "Professional", 27900),
        client("24H2", "Core", 26120),
        server(26040, "24H2", "Windows Server 2025 Datacenter"),
        server(14300, "1607", "Windows Server 2016 Technical Preview 5"),
    ],
)
def test_a_preview_has_no_support(dates: SupportDates, preview: WindowsSystem) -> None:
    assert lives_of(preview, dates) == ()


@pytest.mark.parametrize(
    ("ends", "extended", "names", "until"),
    [  # the dates of Microsoft's pages on Windows 10, Server 2012 and Windows 7
        (date(2025, 10, 14), date(2028, 10, 10), ["Windows(R), Client-ESU-Year1 add-on"], date(2026, 10, 13)),
        (date(2025, 10, 14), date(2028, 10, 10), ["ESU Year 2", "ESU Year 1"], date(2027, 10, 12)),
        (date(2025, 10, 14), date(2028, 10, 10), ["ESU-Year3"], date(2028, 10, 10)),
        (date(2025, 10, 14), date(2028, 10, 10), ["ESU-Year4"], date(2028, 10, 10)),
        (date(2023, 10, 10), date(2026, 10, 13), ["Server-ESU-Year1"], date(2024, 10, 8)),
        (date(2023, 10, 10), date(2026, 10, 13), ["Server-ESU-Year2"], date(2025, 10, 14)),
        (date(2020, 1, 14), date(2023, 1, 10), ["ESU-Year1"], date(2021, 1, 12)),
        (date(2025, 10, 14), date(2028, 10, 10), ["ESU"], None),
        (date(2025, 10, 14), date(2028, 10, 10), ["ESU Year 12"], None),
        (date(2025, 10, 14), None, ["ESU-Year1"], None),
        (None, date(2028, 10, 10), ["ESU-Year1"], None),
    ],
)
def test_extended_updates_are_licensed_by_the_year(
    ends: date | None, extended: date | None, names: list[str], until: date | None
) -> None:
    assert extended_until(Life("Windows", ends, extended), names) == until


def test_an_unknown_edition_has_the_ends_of_all(dates: SupportDates) -> None:
    lives = lives_of(client("24H2", "", 26100), dates)
    assert len({life.ends for life in lives}) == 3
    assert regular_end(lives) == max(life.ends for life in lives if life.ends)


def test_what_is_not_known(dates: SupportDates) -> None:
    assert lives_of(client("27H2", "Core", 29000), dates) == ()
    assert lives_of(replace(client("24H2", "Core", 26100), product_type=None), dates) == ()
    assert lives_of(server(29000, name="Windows Server 2031 Standard"), dates) == ()
    assert regular_end(()) is None


def test_an_end_that_is_not_announced_bounds_nothing() -> None:
    open_end = made.support(("windows", "11-24h2-w", "", ""), ("windows", "11-24h2-e", "2027-10-12", ""))
    assert regular_end(lives_of(client("24H2", "", 26100), open_end)) is None
    assert regular_end(lives_of(client("24H2", "Enterprise", 26100), open_end)) == date(2027, 10, 12)
