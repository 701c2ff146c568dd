"""Support dates of Linux distributions and of software from outside them (feed data; never dates in code)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from checks.advisories.support import Cycle, SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.packages import Package, Packages
from inventory.facts.system import System

SOON = timedelta(days=180)

# os-release ID -> product of the feed.
DISTRIBUTIONS = {
    "almalinux": "almalinux",
    "alpine": "alpine",
    "amzn": "amazon",
    "centos": "centos",
    "debian": "debian",
    "fedora": "fedora",
    "ol": "oracle",
    "opensuse": "opensuse-leap",  # as releases before 15 call themselves
    "opensuse-leap": "opensuse-leap",
    "rhel": "rhel",
    "rocky": "rocky",
    "sles": "sles",
    "sles_sap": "sles",
    "ubuntu": "ubuntu",
}
ROLLING = frozenset({"arch", "gentoo", "void", "opensuse-tumbleweed", "kali"})


def cycle_of(system: System, support: SupportDates) -> Cycle | None:
    """The release cycle this system belongs to, or None when the feed does not know it."""
    product = DISTRIBUTIONS.get(system.os_id, "")
    if product == "centos" and "stream" in system.os_name.lower():
        product = "centos-stream"
    return known_cycle(product, system.os_version, support) or support.cycle(product, f"{system.os_version}.0")


def known_cycle(product: str, version: str, support: SupportDates) -> Cycle | None:
    """Of the cycles that a version begins with, the one that says most: 9.6 before 9, 3.19 for 3.19.1, 8 for 8.9."""
    numbers = version.split(".")[:3]
    begins = (".".join(numbers[:count]) for count in range(len(numbers), 0, -1))
    return next((cycle for begin in begins if (cycle := support.cycle(product, begin))), None)


FEED = SupportDates(
    date(2026, 1, 1),
    "example",
    {
        "debian": (
            Cycle("debian", "12", date(2026, 3, 2), date(2028, 6, 30)),
            Cycle("debian", "11", date(2026, 3, 1), date(2026, 8, 31)),
            Cycle("debian", "10", date(2026, 2, 1), None),
            Cycle("debian", "13", date(2026, 8, 28), None),
            Cycle("debian", "14", date(2026, 8, 29), None),
            Cycle("debian", "99", None, None),
            Cycle("debian", "9", date(2022, 1, 1), date(2026, 3, 1)),
            Cycle("debian", "8", date(2022, 1, 1), date(2026, 3, 2)),
        ),
        "alpine": (Cycle("alpine", "3.19", date(2026, 3, 1), None), Cycle("alpine", "3", date(2030, 1, 1), None)),
        "sles": (Cycle("sles", "15.0", date(2026, 3, 1), None),),
        "centos": (Cycle("centos", "8", date(2021, 12, 31), None),),
        "centos-stream": (Cycle("centos-stream", "8", date(2027, 1, 1), None),),
        "php": (Cycle("php", "8.1", date(2025, 12, 31), None), Cycle("php", "8.4", date(2028, 12, 31), None)),
        "nodejs": (Cycle("nodejs", "18", date(2025, 4, 30), None), Cycle("nodejs", "24", date(2026, 3, 2), None)),
        "postgresql": (
            Cycle("postgresql", "12", date(2024, 11, 21), None),
            Cycle("postgresql", "16", date(2026, 3, 2), None),
            Cycle("postgresql", "17", None, None),
            Cycle("postgresql", "9.6", date(2021, 11, 11), None),
        ),
    },
)


UNKNOWN = "the support dates of 2026-01-01 do not know "


def _system(version: str, os_id: str = "debian", name: str = "Debian") -> System:
    return partial(System, os_id=os_id, os_version=version, os_name=name)


@check(
    id="linux.eol.os-release",
    title="The operating system is out of support",
    severity=Severity.CRITICAL,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "The publisher no longer releases security fixes for this release. Every weakness found from now on stays "
        "open. Paid or community extensions count only with evidence that this host receives them."
    ),
    remedy=Remedy(
        text="Move to a supported release; until then, isolate the host or buy the extended support it needs.",
        steps=(
            "Plan the upgrade with the service owner",
            "Upgrade, or replace the host",
            "Record any extended support contract",
        ),
        verify="/etc/os-release names a release that is in support",
        risk="A new release brings new versions of everything; test the service on it first.",
    ),
    privilege=Privilege.USER,
    references=("the distribution's life cycle page",),
    examples=(
        Example(Outcome.PASS, {"system": _system("12.9")}, support=FEED, says="Debian is supported until 2026-03-02"),
        Example(Outcome.FAIL, {"system": _system("10", name="Debian Stream")}, support=FEED),
        Example(Outcome.PASS, {"system": _system("99")}, support=FEED, says="Debian is supported; no end is announced"),
        Example(
            Outcome.FAIL,
            {"system": _system("11")},
            support=FEED,
            says="support of Debian ended on 2026-03-01 (an extension to 2026-08-31 needs evidence of entitlement)",
        ),
        Example(Outcome.FAIL, {"system": _system("10")}, support=FEED, says="support of Debian ended on 2026-02-01"),
        Example(
            Outcome.FAIL,
            {"system": _system("9")},
            support=FEED,
            says="support of Debian ended on 2022-01-01, its extension on 2026-03-01",
        ),
        Example(
            Outcome.FAIL,
            {"system": _system("8")},
            support=FEED,
            says="support of Debian ended on 2022-01-01 (an extension to 2026-03-02 needs evidence of entitlement)",
        ),
        Example(Outcome.FAIL, {"system": _system("3.19.1", "alpine", "Alpine")}, support=FEED),
        Example(Outcome.FAIL, {"system": _system("15", "sles", "SLES 15")}, support=FEED),
        Example(Outcome.FAIL, {"system": _system("8", "centos", "CentOS Linux 8")}, support=FEED),
        Example(Outcome.PASS, {"system": _system("8", "centos", "CentOS Stream 8")}, support=FEED),
        Example(
            Outcome.NOT_ASSESSED, {"system": _system("7", "obscure", "Obscure")}, support=FEED, says=UNKNOWN + "Obscure"
        ),
        Example(Outcome.NOT_ASSESSED, {"system": _system("7", "obscure", "")}, support=FEED, says=UNKNOWN + "obscure"),
        Example(Outcome.NOT_APPLICABLE, {"system": _system("", "arch", "Arch Linux")}, support=FEED),
        Example(Outcome.NOT_ASSESSED, {"system": Missing(Reason.UNREACHABLE)}, support=FEED),
        Example(Outcome.NOT_ASSESSED, {"system": _system("12")}, says="no support dates are loaded"),
    ),
)
def os_release_ended(system: System, support: SupportDates, context: Context) -> Iterator[Ruling]:
    cycle = cycle_of(system, support)
    if system.os_id in ROLLING:
        yield not_applicable(f"{system.os_name} is a rolling release")
    elif cycle is None:
        told = f"the support dates of {support.snapshot} do not know {system.os_name or system.os_id}"
        yield not_assessed(Reason.FEED_MISSING, told)
    elif cycle.ends is None:
        yield passed(f"{system.os_name} is supported; no end is announced")
    elif cycle.ends < context.today:
        yield failed(f"support of {system.os_name} ended on {cycle.ends}{_extension(cycle, context.today)}")
    else:
        yield passed(f"{system.os_name} is supported until {cycle.ends}")


def _extension(cycle: Cycle, today: date) -> str:
    if cycle.extended_ends is None:
        return ""
    if cycle.extended_ends < today:
        return f", its extension on {cycle.extended_ends}"
    return f" (an extension to {cycle.extended_ends} needs evidence of entitlement)"


@check(
    id="linux.eol.os-within-180d",
    title="The operating system loses support within 180 days",
    severity=Severity.MEDIUM,
    theme=Theme.UNSUPPORTED,
    rationale="An upgrade takes planning and a window. Half a year is enough when it is begun now.",
    remedy=Remedy(
        text="Plan the upgrade to the next supported release now.",
        steps=("Name an owner and a date", "Test the service on the next release"),
        verify="/etc/os-release names a release that is supported for longer than 180 days",
    ),
    privilege=Privilege.USER,
    references=("the distribution's life cycle page",),
    examples=(
        Example(
            Outcome.FAIL,
            {"system": _system("12")},
            support=FEED,
            says="support of Debian ends on 2026-03-02, in 0 days",
        ),
        Example(Outcome.FAIL, {"system": _system("13")}, support=FEED),
        Example(Outcome.PASS, {"system": _system("14")}, support=FEED, says="Debian is supported until 2026-08-29"),
        Example(Outcome.PASS, {"system": _system("99")}, support=FEED, says="Debian is supported; no end is announced"),
        Example(Outcome.NOT_APPLICABLE, {"system": _system("8", "centos", "CentOS Linux 8")}, support=FEED),
        Example(Outcome.PASS, {"system": _system("8", "centos", "CentOS Stream 8")}, support=FEED),
        Example(Outcome.FAIL, {"system": _system("13", name="Debian Stream")}, support=FEED),
        Example(Outcome.NOT_APPLICABLE, {"system": _system("11")}, support=FEED),
        Example(Outcome.NOT_APPLICABLE, {"system": _system("", "arch", "Arch Linux")}, support=FEED),
        Example(
            Outcome.NOT_ASSESSED, {"system": _system("7", "obscure", "Obscure")}, support=FEED, says=UNKNOWN + "Obscure"
        ),
        Example(Outcome.NOT_ASSESSED, {"system": _system("7", "obscure", "")}, support=FEED, says=UNKNOWN + "obscure"),
    ),
)
def os_release_ending(system: System, support: SupportDates, context: Context) -> Iterator[Ruling]:
    cycle = cycle_of(system, support)
    if system.os_id in ROLLING:
        yield not_applicable(f"{system.os_name} is a rolling release")
    elif cycle is None:
        told = f"the support dates of {support.snapshot} do not know {system.os_name or system.os_id}"
        yield not_assessed(Reason.FEED_MISSING, told)
    elif cycle.ends is None:
        yield passed(f"{system.os_name} is supported; no end is announced")
    elif cycle.ends < context.today:
        yield not_applicable("support has ended already: see linux.eol.os-release")
    elif cycle.ends < context.today + SOON:
        yield failed(f"support of {system.os_name} ends on {cycle.ends}, in {(cycle.ends - context.today).days} days")
    else:
        yield passed(f"{system.os_name} is supported until {cycle.ends}")


@dataclass(frozen=True, slots=True)
class Product:
    """How a publisher's own package names its product and release cycle.

    Packages of the distribution itself follow the distribution's support and are not judged by the publisher's dates,
    so ``outside`` must match: in the version, or in the vendor that rpm records.
    """

    name: str
    package: re.Pattern[str]
    parts: int  # of the version that name a cycle that the feed does not know
    outside: re.Pattern[str]


RUNTIMES = (
    Product("nodejs", re.compile(r"nodejs"), 1, re.compile(r"nodesource", re.IGNORECASE)),
    Product(
        "php", re.compile(r"(php\d+-)?php(\d+\.\d+)?-(common|cli)"), 2, re.compile(r"sury|\+0~|remi", re.IGNORECASE)
    ),
    Product("temurin", re.compile(r"temurin-\d+-(jdk|jre)"), 1, re.compile(r"")),
)
DATABASES = (
    Product(
        "postgresql",
        re.compile(r"postgresql-\d+(\.\d+)?|postgresql\d+-server"),
        1,
        re.compile(r"pgdg", re.IGNORECASE),
    ),
    Product("mysql", re.compile(r"mysql-community-server"), 2, re.compile(r"")),
    Product("mariadb", re.compile(r"mariadb-server|MariaDB-server"), 2, re.compile(r"\+maria~|mariadb", re.IGNORECASE)),
    Product("mongodb", re.compile(r"mongodb-(org|enterprise)-server"), 2, re.compile(r"")),
    Product("redis", re.compile(r"redis|redis-server"), 2, re.compile(r"rl\d+~|redis", re.IGNORECASE)),
)


NONE = "no package from the publisher of one of these is installed; the distribution's own are not judged here: "


def _from_outside(package: Package, product: Product) -> bool:
    return bool(product.package.fullmatch(package.name)) and bool(
        product.outside.search(package.version) or product.outside.search(package.vendor)
    )


def _upstream(version: str, parts: int) -> str:
    """The first ``parts`` numbers of a version, without its epoch."""
    return ".".join(version.rpartition(":")[2].split("-")[0].split(".")[:parts])


@lru_cache(maxsize=8)
def _any_of(products: tuple[Product, ...]) -> re.Pattern[str]:
    """Matches every product's packages; most packages of a host are none of them."""
    return re.compile("|".join(f"(?:{product.package.pattern})" for product in products))


def _ended(packages: Packages, products: tuple[Product, ...], support: SupportDates, today: date) -> Iterator[Ruling]:
    named = _any_of(products)
    likely = filter(lambda package: named.fullmatch(package.name), packages.items)  # for speed only
    found = [(package, p) for package in likely for p in products if _from_outside(package, p)]
    for package, product in found:
        cycle = known_cycle(product.name, _upstream(package.version, 2), support)
        number = cycle.cycle if cycle else _upstream(package.version, product.parts)
        subject = Subject("product", f"{product.name} {number}")
        if cycle is None:
            yield Ruling(
                Outcome.NOT_ASSESSED,
                f"the support dates do not know {product.name} {number}",
                subject,
                Reason.FEED_MISSING,
            )
        elif cycle.ends and cycle.ends < today:
            yield failed(
                f"support of {product.name} {number} ended on {cycle.ends} ({package.name} {package.version})", subject
            )
        else:
            until = f"supported until {cycle.ends}" if cycle.ends else "supported"
            yield passed(f"{product.name} {number} is {until}", subject)
    if not found:
        yield passed(NONE + ", ".join(product.name for product in products))


def _package(name: str, version: str, vendor: str = "") -> Package:
    return partial(Package, name=name, version=version, vendor=vendor)


_REMEDY = Remedy(
    text="Move to a release that its publisher supports.",
    steps=("Test the application on the newer release", "Upgrade from the publisher's repository"),
    verify="the package's version belongs to a release in support",
    risk="A new major release may need changes in the application.",
)


@check(
    id="linux.eol.runtime-php-python-java-node",
    title="A language runtime is out of support",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "A runtime from outside the distribution gets its fixes from its publisher alone, and the publisher has "
        "stopped. Applications on it inherit every weakness found since."
    ),
    remedy=_REMEDY,
    privilege=Privilege.USER,
    references=("the publishers' release pages",),
    examples=(
        Example(
            Outcome.FAIL,
            {"packages": partial(Packages, items=(_package("nodejs", "18.20.4-1nodesource1"),))},
            support=FEED,
            says="support of nodejs 18 ended on 2025-04-30 (nodejs 18.20.4-1nodesource1)",
        ),
        Example(
            Outcome.FAIL,
            {"packages": partial(Packages, items=(_package("php8.1-cli", "2:8.1.30-1", "Remi's RPM repository"),))},
            support=FEED,
            subjects=("php 8.1",),
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("nodejs", "18.20.4+dfsg-1"),))},
            support=FEED,
            says=NONE + "nodejs, php, temurin",
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("nodejs-doc", "18.1-1nodesource1"),))},
            support=FEED,
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("nodejs", "24.1.0-1nodesource1"),))},
            support=FEED,
            says="nodejs 24 is supported until 2026-03-02",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"packages": partial(Packages, items=(_package("temurin-21-jdk", "21.0.5.0.0+11"),))},
            support=FEED,
            says="the support dates do not know temurin 21",
        ),
        Example(Outcome.NOT_ASSESSED, {"packages": Missing(Reason.UNREACHABLE)}, support=FEED),
    ),
)
def runtime_ended(packages: Packages, support: SupportDates, context: Context) -> Iterator[Ruling]:
    yield from _ended(packages, RUNTIMES, support, context.today)


@check(
    id="linux.eol.database-engine",
    title="A database engine is out of support",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "The engine that keeps the data gets no more security fixes from its publisher. Databases live long and are "
        "upgraded late; that is why they are looked at apart."
    ),
    remedy=_REMEDY,
    privilege=Privilege.USER,
    references=("the publishers' release pages",),
    examples=(
        Example(
            Outcome.FAIL,
            {"packages": partial(Packages, items=(_package("postgresql-12", "12.22-1.pgdg120+1"),))},
            support=FEED,
            says="support of postgresql 12 ended on 2024-11-21 (postgresql-12 12.22-1.pgdg120+1)",
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("postgresql-17", "17.2-1.pgdg120+1"),))},
            support=FEED,
            says="postgresql 17 is supported",
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("postgresql-12", "12.22-0+deb12u1"),))},
            support=FEED,
            says=NONE + "postgresql, mysql, mariadb, mongodb, redis",
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("postgresql-16", "16.6-1.pgdg120+1"),))},
            support=FEED,
            says="postgresql 16 is supported until 2026-03-02",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"packages": partial(Packages, items=(_package("mysql-community-server", "8.0.40-1debian12"),))},
            support=FEED,
            subjects=("mysql 8.0",),
        ),
        Example(
            Outcome.FAIL,
            {"packages": partial(Packages, items=(_package("postgresql-9.6", "9.6.24-1.pgdg100+1"),))},
            support=FEED,
            subjects=("postgresql 9.6",),
        ),
        Example(
            Outcome.PASS,
            {"packages": partial(Packages, items=(_package("postgresql12", "12.22-1PGDG.rhel9"),))},
            support=FEED,
            says=NONE + "postgresql, mysql, mariadb, mongodb, redis",
        ),
        Example(Outcome.NOT_ASSESSED, {"packages": Missing(Reason.UNREACHABLE)}, support=FEED),
    ),
)
def database_ended(packages: Packages, support: SupportDates, context: Context) -> Iterator[Ruling]:
    yield from _ended(packages, DATABASES, support, context.today)
