"""Which package is which product, and which support date counts: over packages as their publishers name them."""

import json
from datetime import date
from functools import cache
from typing import Any

import pytest

from checks.advisories.support import OTHER_NAMES, Cycle, SupportDates
from checks.check import Context
from checks.example import EXAMPLE_ASSET, EXAMPLE_TIME, overall
from checks.finding import Outcome
from checks.linux import kernel_support, software, support
from checks.linux.products import DATABASES, RUNTIMES, SERVERS
from inventory.asset import Privilege
from inventory.facts.entitlements import Entitlement, Entitlements
from inventory.facts.origins import Origin, Origins, PackageOrigin
from inventory.facts.packages import Package, Packages
from inventory.facts.system import System
from tests import data

PRODUCTS = (*RUNTIMES, *DATABASES, *SERVERS)
TODAY = date(2026, 11, 22)


@cache
def real() -> SupportDates:
    """The publisher's own data, as far as these tests need it."""
    document = json.loads((data.folder() / "feeds/endoflife-products.json").read_text())
    cycles = {name: tuple(_cycle(name, row) for row in one["releases"]) for name, one in document["products"].items()}
    return SupportDates(date(2026, 8, 22), "endoflife", cycles)


def _cycle(product: str, row: dict[str, Any]) -> Cycle:
    return Cycle(product, row["releaseCycle"], _day(row.get("eol")), _day(row.get("eoes")))


def _day(value: str | bool | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


@pytest.mark.data
def test_every_product_and_distribution_is_in_the_publishers_data() -> None:
    known = real().cycles.keys()
    named = (
        {product.name for product in PRODUCTS} | set(support.DISTRIBUTIONS.values()) | {"centos-stream", "linux-kernel"}
    )
    assert {name for name in named if name not in known and OTHER_NAMES.get(name) not in known} == set()


def test_the_names_are_distinct() -> None:
    names = [product.name for product in PRODUCTS]
    assert len(set(names)) == len(names)


ROWS = [
    # name, version, vendor, origin of its repository -> product and cycle, "" the distribution's own
    ("nodejs", "22.11.0-1nodesource1", "", "", "nodejs 22"),
    ("nodejs", "2:18.19.1-1.module+el9", "Red Hat, Inc.", "", ""),
    ("php8.2-cli", "8.2.26-1+0~20241121.62+debian12~1.gbp8bd0d4", "", "", "php 8.2"),
    ("php8.2-cli", "8.2.26-1~deb12u1", "", "Debian", ""),
    ("php8.3-common", "8.3.14-1+ubuntu22.04.1+deb.sury.org+1", "", "LP-PPA-ondrej-php", "php 8.3"),
    ("php82-php-cli", "8.2.26-1.el9.remi", "Remi's RPM repository <https://rpms.remirepo.net/>", "", "php 8.2"),
    ("temurin-8-jdk", "8.0.432.0.0+6-1", "", "", "eclipse-temurin 8"),
    ("temurin-21-jre", "21.0.5.0.0.11-0", "Eclipse Adoptium", "", "eclipse-temurin 21"),
    ("java-1.8.0-amazon-corretto-devel", "1:1.8.0_432.b06-1", "Amazon", "", "amazon-corretto 8"),
    ("java-17-amazon-corretto-jdk", "1:17.0.13.11-1", "", "", "amazon-corretto 17"),
    ("zulu17-ca-jdk", "17.54.21-1", "", "", "azul-zulu 17"),
    ("zulu-11", "11.50+19-1", "", "", ""),  # a meta package
    ("bellsoft-java17-runtime-full", "17.0.13+12-1", "", "", "bellsoft-liberica 17"),
    ("jdk-21", "21.0.5-9", "Oracle Corporation", "", "oracle-jdk 21"),
    ("openjdk-17-jre-headless", "17.0.13+11-2~deb12u1", "", "Debian", ""),
    ("python3.8", "3.8.20-1+jammy1", "", "LP-PPA-deadsnakes", "python 3.8"),
    ("python3.11", "3.11.2-6+deb12u4", "", "Debian", ""),
    ("dotnet-runtime-8.0", "8.0.11-1", "", "microsoft-debian-bookworm-prod bookworm", "dotnet 8"),
    ("aspnetcore-runtime-6.0", "6.0.36-0ubuntu1~22.04.1", "", "Ubuntu", ""),
    ("postgresql-13", "13.18-1.pgdg120+1", "", "apt.postgresql.org", "postgresql 13"),
    ("postgresql13-server", "13.18-1PGDG.rhel9", "PostgreSQL Global Development Group", "", "postgresql 13"),
    ("mysql-community-server", "8.0.40-1.el9", "Oracle and/or its affiliates", "", "mysql 8.0"),
    ("mysql-server", "8.0.36-1.el9_4", "Red Hat, Inc.", "", ""),
    ("mariadb-server", "1:10.6.20+maria~deb12", "", "MariaDB", "mariadb 10.6"),
    ("mariadb-server", "1:10.11.6-0+deb12u1", "", "Debian", ""),
    ("mongodb-org-server", "6.0.19", "", "", "mongodb 6.0"),
    ("redis", "6:7.2.6-1rl1~bookworm1", "", "packages.redis.io", "redis 7.2"),
    ("redis-server", "5:7.0.15-1~deb12u1", "", "Debian", ""),
    ("elasticsearch", "7.17.25", "", "elastic", "elasticsearch 7"),
    ("opensearch", "2.18.0", "", "", "opensearch 2"),
    ("clickhouse-server", "25.8.1.1", "", "", "clickhouse 25.8"),
    ("mssql-server", "15.0.4405.4-1", "", "", "mssqlserver 15.0"),
    ("nginx", "1.26.2-1~bookworm", "", "nginx", "nginx 1.26"),
    ("nginx", "1:1.26.2-1.el9.ngx", "NGINX Packaging <nginx-packaging@f5.com>", "", "nginx 1.26"),
    ("nginx", "1.22.1-9+deb12u1", "", "Debian", ""),
    ("nginx", "1:1.20.1-20.el9", "Red Hat, Inc.", "", ""),
    ("haproxy", "2.9.12-1~bpo12+1", "", "haproxy.debian.net", "haproxy 2.9"),
    ("haproxy", "2.9.12-1~bpo12+1", "", "Debian Backports", ""),
    ("rabbitmq-server", "3.13.7-1", "", "packagecloud.io/rabbitmq", "rabbitmq 3.13"),
    ("rabbitmq-server", "3.10.8-1.1+deb12u1", "", "Debian", ""),
    ("docker-ce", "5:28.0.1-1~debian.12~bookworm", "", "Docker", "docker-engine 28"),
    ("docker-ce", "3:26.1.3-1.el9", "Docker <support@docker.com>", "", "docker-engine 26.1"),
    ("docker.io", "20.10.24+dfsg1-1+deb12u1", "", "Debian", ""),
    ("containerd.io", "1.6.33-1", "", "Docker", "containerd 1.6"),
    ("containerd", "1.6.20~ds1-1+deb12u1", "", "Debian", ""),
    ("kubelet", "1.32.2-1.1", "", "obs://build.opensuse.org/isv:kubernetes:core:stable:v1.32/deb", "kubernetes 1.32"),
    ("gitlab-ee", "18.10.2-ee.0", "", "packages.gitlab.com/gitlab/gitlab-ee", "gitlab 18.10"),
    ("jenkins", "2.541.1", "", "jenkins.io", "jenkins 2.541"),
    ("grafana", "12.2.1", "", "", "grafana 12.2"),
    ("grafana", "10.2.6-7.el9_5", "Red Hat, Inc.", "", ""),
    ("filebeat", "8.17.1", "", "elastic", "beats 8.17"),
    ("zabbix-agent2", "1:6.4.20-1+debian12", "", "Zabbix", "zabbix 6.4"),
    ("zabbix-agent", "1:6.0.14+dfsg-1+b1", "", "Debian", ""),
    ("zabbix-server-mysql", "1:7.0.5-release1.el9", "", "", "zabbix 7.0"),
    ("check-mk-raw-2.2.0p27", "0.bookworm", "", "", "checkmk 2.2"),
    ("vault", "1.17.6-1", "", "", "hashicorp-vault 1.17"),
    ("consul", "1.8.7+dfsg1-2", "", "Debian", ""),
    ("puppet-agent", "7.34.0-1bookworm", "", "", "puppet 7"),
    ("puppet-agent", "7.23.0-1", "", "Debian", ""),
    ("salt-minion", "3006.9", "", "", "salt 3006"),
    ("pve-manager", "8.3.0", "", "Proxmox", "proxmox-ve 8"),
    ("libnginx-mod-http", "1.22.1-9", "", "Debian", ""),
]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "version", "vendor", "origin", "expected"), ROWS, ids=[f"{r[0]}-{r[1]}" for r in ROWS]
)
def test_a_package_is_its_publishers_product(name: str, version: str, vendor: str, origin: str, expected: str) -> None:
    packages = Packages("deb", (Package(name, version, "amd64", name, version, vendor),))
    told = Origins("deb", (Origin(origin=origin, carries="same"),), (PackageOrigin(name, (0,)),)) if origin else None
    found = software._found(packages, told, PRODUCTS, real())
    assert [f"{OTHER_NAMES.get(one.product, one.product)} {one.number}" for one in found] == [expected] * bool(expected)
    assert all(one.cycle for one in found), "the publisher's dates know every cycle of these"


def test_either_name_of_a_product_finds_its_cycles() -> None:
    cycle = Cycle("alpine-linux", "3.19", None, None)
    dates = SupportDates(TODAY, "x", {"alpine-linux": (cycle,)})
    assert dates.cycle("alpine", "3.19") is dates.cycle("alpine-linux", "3.19") is cycle
    assert dates.cycle_of("alpine", "3.19.1") is cycle
    assert dates.cycle_of("alpine", "3.20.1") is None
    assert dates.cycle_of("nothing", "") is None


def _os(os_id: str, version: str, *items: Entitlement) -> tuple[Outcome, str]:
    system = System(os_id, version, "It", (), "", "host", "x86_64", 1, "b", None, "systemd")
    now = EXAMPLE_TIME.replace(year=2026, month=11, day=22)
    context = Context(EXAMPLE_ASSET, {"system": system, "entitlements": Entitlements(items)}, now, real())
    runs = support.os_release_ended.judge(context, {"system": Privilege.USER})
    return overall(runs), runs[0].observed


PRO = Entitlement("esm-infra", "Ubuntu Pro is attached", active=True, until="9999-12-31")


@pytest.mark.data
@pytest.mark.parametrize(
    ("os_id", "version", "item", "outcome", "says"),
    [
        ("ubuntu", "20.04", PRO, Outcome.PASS, "by esm-infra (Ubuntu Pro is attached)"),
        ("ubuntu", "20.04", Entitlement("esm-apps", "x", active=True), Outcome.FAIL, "needs evidence"),
        ("ubuntu", "20.04", Entitlement("esm-infra", "x", active=False), Outcome.FAIL, "needs evidence"),
        (
            "ubuntu",
            "20.04",
            Entitlement("esm-infra", "x", True, "2026-01-01"),
            Outcome.FAIL,
            "by esm-infra (x) on 2026-01-01",
        ),
        ("debian", "12", Entitlement("debian-lts", "x", active=True), Outcome.PASS, "until 2028-06-30 by debian-lts"),
        ("debian", "11", Entitlement("debian-lts", "x", active=True), Outcome.FAIL, "by debian-lts (x) on 2026-08-31"),
        ("debian", "11", Entitlement("elts", "x", active=True), Outcome.NOT_ASSESSED, "do not say until when"),
        ("rhel", "7.9", Entitlement("els", "x", active=True), Outcome.PASS, "until 2029-05-31 by els"),
        ("rhel", "7.9", Entitlement("eus:7.9", "x", active=True), Outcome.FAIL, "needs evidence"),
        ("sles", "15.4", Entitlement("ltss", "x", active=True), Outcome.PASS, "until 2026-12-31 by ltss"),
        (
            "centos",
            "7",
            Entitlement("tuxcare-els", "x", active=True),
            Outcome.NOT_ASSESSED,
            "the host has tuxcare-els (x)",
        ),
        ("centos", "7", PRO, Outcome.FAIL, "support of It ended on 2024-06-30"),
    ],
)
def test_extended_support_needs_its_own_entitlement(
    os_id: str, version: str, item: Entitlement, outcome: Outcome, says: str
) -> None:
    found, observed = _os(os_id, version, item)
    assert found is outcome, observed
    assert says in observed


@pytest.mark.parametrize(
    ("release", "series"),
    [("6.18.44-fc-v595", "6.18"), ("6.1.0-31-amd64", "6.1"), ("4.18.0-553.el8", "4.18"), ("x", "x")],
)
def test_series_of_a_kernel(release: str, series: str) -> None:
    assert kernel_support._series(release) == series
