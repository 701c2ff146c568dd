"""Support dates of software that is installed from its publisher (feed data; never dates in code)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from checks.advisories.support import Cycle, SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from checks.linux.products import DATABASES, RUNTIMES, SERVERS, Product, named
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.origins import Origin, Origins, PackageOrigin
from inventory.facts.packages import Package, Packages

YEAR = timedelta(days=365)
NONE = "no package from the publisher of one of these is installed; the distribution's own are not judged here: "


@dataclass(frozen=True, slots=True)
class Found:
    """One release cycle of a product, and the packages of it on this host."""

    number: str
    product: str
    cycle: Cycle | None  # None: the support dates do not know it
    packages: str

    @property
    def subject(self) -> Subject:
        return Subject("product", f"{self.product} {self.number}")


def _found(
    packages: Packages, origins: Origins | None, products: tuple[Product, ...], support: SupportDates
) -> list[Found]:
    """Every product and cycle once, however many packages it is made of."""
    likely = named(packages, products)
    made = [(package, product) for package in likely for product in products if product.made(package, origins)]
    cycles: dict[tuple[str, str], Cycle | None] = {}
    held: dict[tuple[str, str], list[str]] = {}
    for package, product in made:
        version = product.version(package)
        cycle = support.cycle_of(product.name, version)
        key = (product.name, cycle.cycle if cycle else ".".join(version.split(".")[: product.parts]))
        cycles[key] = cycle
        held.setdefault(key, []).append(f"{package.name} {package.version}")
    return [Found(key[1], key[0], cycles[key], ", ".join(names)) for key, names in held.items()]


def _ended(found: list[Found], products: tuple[Product, ...], today: date) -> Iterator[Ruling]:
    for one in found:
        if one.cycle is None:
            yield _unknown(one)
        elif one.cycle.ends and one.cycle.ends < today:
            told = f"support of {one.product} {one.number} ended on {one.cycle.ends} ({one.packages})"
            yield failed(told, one.subject)
        else:
            yield _supported(one, one.cycle)
    if not found:
        yield passed(NONE + ", ".join(product.name for product in products))


def _unknown(one: Found) -> Ruling:
    told = f"the support dates do not know {one.product} {one.number}"
    return Ruling(Outcome.NOT_ASSESSED, told, one.subject, Reason.FEED_MISSING)


def _supported(one: Found, cycle: Cycle) -> Ruling:
    until = f"supported until {cycle.ends}" if cycle.ends else "supported"
    return passed(f"{one.product} {one.number} is {until}", one.subject)


def _package(name: str, version: str, vendor: str = "") -> Package:
    return partial(Package, name=name, version=version, vendor=vendor)


def _facts(*packages: Package, origin: str = "") -> dict[str, object]:
    """``origin``: the repository that every package comes from; "": origins could not be had."""
    facts: dict[str, object] = {"packages": partial(Packages, items=packages)}
    if origin:
        carried = tuple(PackageOrigin(package.name, (0,)) for package in packages)
        facts["origins"] = Origins("deb", (Origin(origin=origin, carries="same"),), carried)
    return facts


def _ex(outcome: Outcome, *packages: Package, says: str = "", subject: str = "", origin: str = "") -> Example:
    subjects = (subject,) if subject else None
    return Example(outcome, _facts(*packages, origin=origin), says=says or (), subjects=subjects, support=FEED)


def _cycles(product: str, **ends: str) -> tuple[Cycle, ...]:
    """``v8_1="2025-12-31"``; "" is no announced end."""
    return tuple(
        Cycle(product, name[1:].replace("_", "."), date.fromisoformat(end) if end else None, None)
        for name, end in ends.items()
    )


FEED = SupportDates(
    date(2026, 1, 1),
    "example",
    {
        "php": _cycles("php", v8_1="2025-12-31", v8_4="2028-12-31"),
        "nodejs": _cycles("nodejs", v18="2026-03-01", v22="2027-03-01", v24="2026-03-02", v26="2027-03-02"),
        "dotnet": _cycles("dotnet", v8="2025-11-10"),
        "azul-zulu": _cycles("azul-zulu", v17=""),
        "postgresql": _cycles("postgresql", v9_6="2021-11-11", v12="2026-03-01", v16="2026-03-02", v17=""),
        "redis": _cycles("redis", v7_2="2026-02-28"),
        "nginx": _cycles("nginx", v1_26="2026-03-01", v1_28="2026-03-02", v1_29=""),
        "rabbitmq": _cycles("rabbitmq", v3_13="2024-09-17"),
    },
)

_GAPS = (
    Example(Outcome.NOT_ASSESSED, {"packages": Missing(Reason.UNREACHABLE)}, support=FEED),
    Example(Outcome.NOT_ASSESSED, _facts(), says="no support dates are loaded"),
)
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
    version=2,
    examples=(
        *_GAPS,
        _ex(
            Outcome.FAIL,
            _package("nodejs", "18.20.4-1nodesource1"),
            says="support of nodejs 18 ended on 2026-03-01 (nodejs 18.20.4-1nodesource1)",
        ),
        _ex(
            Outcome.FAIL,
            _package("php8.1-cli", "2:8.1.30-1", "Remi's RPM repository"),
            _package("php8.1-common", "2:8.1.30-1", "Remi's RPM repository"),
            says="support of php 8.1 ended on 2025-12-31 (php8.1-cli 2:8.1.30-1, php8.1-common 2:8.1.30-1)",
            subject="php 8.1",
        ),
        _ex(Outcome.FAIL, _package("dotnet-runtime-8.0", "8.0.4-1"), subject="dotnet 8", origin="microsoft-ubuntu"),
        _ex(Outcome.PASS, _package("dotnet-runtime-8.0", "8.0.4-0ubuntu1"), origin="Ubuntu"),
        _ex(Outcome.PASS, _package("zulu17-jdk", "17.44+15-1"), says="azul-zulu 17 is supported"),
        _ex(
            Outcome.PASS,
            _package("nodejs", "18.20.4+dfsg-1"),
            says=NONE + ", ".join(product.name for product in RUNTIMES),
        ),
        _ex(Outcome.PASS, _package("nodejs-doc", "18.1-1nodesource1")),
        _ex(
            Outcome.PASS,
            _package("nodejs", "24.1.0-1nodesource1"),
            says="nodejs 24 is supported until 2026-03-02",
        ),
        _ex(
            Outcome.NOT_ASSESSED,
            _package("temurin-21-jdk", "21.0.5.0.0+11"),
            says="the support dates do not know temurin 21",
        ),
    ),
)
def runtime_ended(
    packages: Packages, origins: Origins | None, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    yield from _ended(_found(packages, origins, RUNTIMES, support), RUNTIMES, context.today)


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
    version=2,
    examples=(
        *_GAPS,
        _ex(
            Outcome.FAIL,
            _package("postgresql-12", "12.22-1.pgdg120+1"),
            says="support of postgresql 12 ended on 2026-03-01 (postgresql-12 12.22-1.pgdg120+1)",
        ),
        _ex(Outcome.FAIL, _package("redis-server", "6:7.2.4-1rl1~jammy1"), subject="redis 7.2"),
        _ex(Outcome.PASS, _package("postgresql-17", "17.2-1.pgdg120+1"), says="postgresql 17 is supported"),
        _ex(
            Outcome.PASS,
            _package("postgresql-12", "12.22-0+deb12u1"),
            says=NONE + ", ".join(product.name for product in DATABASES),
        ),
        _ex(
            Outcome.PASS,
            _package("postgresql-16", "16.6-1.pgdg120+1"),
            says="postgresql 16 is supported until 2026-03-02",
        ),
        _ex(Outcome.NOT_ASSESSED, _package("mysql-community-server", "8.0.40-1debian12"), subject="mysql 8.0"),
        _ex(Outcome.FAIL, _package("postgresql-9.6", "9.6.24-1.pgdg100+1"), subject="postgresql 9.6"),
        _ex(Outcome.PASS, _package("postgresql12", "12.22-1PGDG.rhel9")),
    ),
)
def database_ended(
    packages: Packages, origins: Origins | None, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    yield from _ended(_found(packages, origins, DATABASES, support), DATABASES, context.today)


@check(
    id="linux.eol.server-software",
    title="A web server, a platform or other server software is out of support",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "Web servers, proxies, message brokers, container engines and management servers from outside the "
        "distribution are open to many and get their fixes from their publisher alone, and the publisher has stopped."
    ),
    remedy=_REMEDY,
    privilege=Privilege.USER,
    references=("the publishers' release pages",),
    examples=(
        *_GAPS,
        _ex(
            Outcome.FAIL,
            _package("nginx", "1.26.2-1~bookworm"),
            says="support of nginx 1.26 ended on 2026-03-01 (nginx 1.26.2-1~bookworm)",
        ),
        _ex(Outcome.FAIL, _package("nginx", "1:1.26.2-1.el9.ngx"), subject="nginx 1.26"),
        _ex(
            Outcome.FAIL,
            _package("rabbitmq-server", "3.13.7-1"),
            subject="rabbitmq 3.13",
            origin="packagecloud.io/rabbitmq",
        ),
        _ex(Outcome.PASS, _package("rabbitmq-server", "3.13.7-1"), origin="Debian"),
        _ex(Outcome.PASS, _package("nginx", "1.28.0-1~trixie"), says="nginx 1.28 is supported until 2026-03-02"),
        _ex(Outcome.PASS, _package("nginx", "1.29.0-1~trixie"), says="nginx 1.29 is supported"),
        _ex(
            Outcome.PASS,
            _package("nginx", "1.26.3-3+deb13u1"),
            says=NONE + ", ".join(product.name for product in SERVERS),
        ),
        _ex(
            Outcome.NOT_ASSESSED,
            _package("docker-ce", "5:29.1.0-1~debian.12~bookworm"),
            says="the support dates do not know docker-engine 29",
        ),
    ),
)
def server_software_ended(
    packages: Packages, origins: Origins | None, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    yield from _ended(_found(packages, origins, SERVERS, support), SERVERS, context.today)


@check(
    id="linux.eol.software-within-12-months",
    title="Installed software loses support within 12 months",
    severity=Severity.LOW,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "A runtime, a database or a server that its publisher is about to leave is upgraded with less haste now than "
        "later: applications on it must be tested first."
    ),
    remedy=Remedy(
        text="Plan the move to a release that its publisher supports for longer.",
        steps=("Name an owner and a date", "Test the application on the newer release"),
        verify="the package's version belongs to a release that is supported for longer than 12 months",
    ),
    privilege=Privilege.USER,
    references=("the publishers' release pages",),
    examples=(
        *_GAPS,
        _ex(
            Outcome.FAIL,
            _package("nodejs", "24.1.0-1nodesource1"),
            says="support of nodejs 24 ends on 2026-03-02, in 0 days (nodejs 24.1.0-1nodesource1)",
            subject="nodejs 24",
        ),
        _ex(Outcome.FAIL, _package("nodejs", "22.1.0-1nodesource1")),
        _ex(Outcome.FAIL, _package("postgresql-16", "16.6-1.pgdg120+1"), subject="postgresql 16"),
        _ex(Outcome.FAIL, _package("nginx", "1.28.0-1~trixie"), subject="nginx 1.28"),
        _ex(Outcome.PASS, _package("nodejs", "26.1.0-1nodesource1"), says="nodejs 26 is supported until 2027-03-02"),
        _ex(Outcome.PASS, _package("postgresql-17", "17.2-1.pgdg120+1"), says="postgresql 17 is supported"),
        _ex(Outcome.NOT_APPLICABLE, _package("nodejs", "18.20.4-1nodesource1"), says="nodejs 18 has ended already"),
        _ex(
            Outcome.NOT_ASSESSED,
            _package("temurin-21-jdk", "21.0.5.0.0+11"),
            says="the support dates do not know temurin 21",
        ),
        _ex(
            Outcome.PASS,
            _package("nodejs", "24.1.0+dfsg-1"),
            says=NONE + "see linux.eol.runtime-php-python-java-node, -database-engine and -server-software",
        ),
        _ex(
            Outcome.FAIL,
            _package("rabbitmq-server", "3.13.7-1"),
            _package("nginx", "1.28.0-1~trixie"),
            origin="rabbitmq",
        ),
    ),
)
def software_ending(
    packages: Packages, origins: Origins | None, support: SupportDates, context: Context
) -> Iterator[Ruling]:
    found = _found(packages, origins, (*RUNTIMES, *DATABASES, *SERVERS), support)
    for one in found:
        if one.cycle is None:
            yield _unknown(one)
        elif one.cycle.ends is None or one.cycle.ends >= context.today + YEAR:
            yield _supported(one, one.cycle)
        elif one.cycle.ends < context.today:
            yield Ruling(Outcome.NOT_APPLICABLE, f"{one.product} {one.number} has ended already", one.subject)
        else:
            left = f"in {(one.cycle.ends - context.today).days} days"
            told = f"support of {one.product} {one.number} ends on {one.cycle.ends}, {left} ({one.packages})"
            yield failed(told, one.subject)
    if not found:
        yield passed(NONE + "see linux.eol.runtime-php-python-java-node, -database-engine and -server-software")
