"""Which installed package is which product of the support dates, for software that comes from its publisher.

One row per product. A package of the distribution itself follows the distribution's support and is not judged by the
publisher's dates, so ``mark`` tells the two apart: in the version, in the vendor that rpm or dpkg records, or in the
repository that the package comes from. Without a mark, only the publisher has a package of that name. Products that
their publishers do not package for Linux distributions (Tomcat, Kafka, Keycloak) cannot be found this way.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from inventory.facts.origins import Origins
from inventory.facts.packages import Package, Packages
from inventory.remembered import Latest, Remembered

KNOWN_NAMES, KNOWN_LENGTH = 16_384, 100  # remembered package names, and how long they may be: hostile ones are not kept


@dataclass(frozen=True, slots=True)
class Product:
    """``package`` may name a group ``cycle``: the release cycle stands in the package's name, not in its version."""

    name: str  # as in the support dates
    package: re.Pattern[str]
    parts: int  # of the version that name a cycle that the support dates do not know
    mark: re.Pattern[str] | None  # None: no distribution has such a package

    def made(self, package: Package, origins: Origins | None) -> bool:
        """Whether the publisher made this package. A name that is another product's is none of it."""
        if not self.package.fullmatch(package.name):
            return False
        return self.mark is None or any(self.mark.search(text) for text in _told(package, origins))

    def version(self, package: Package) -> str:
        """What the cycle is looked up by: 8.0.40, or the 17 of zulu17-jdk."""
        match = self.package.fullmatch(package.name)
        named = match.groupdict().get("cycle") if match else None
        return named or package.version.rpartition(":")[2].split("-")[0]


def _told(package: Package, origins: Origins | None) -> tuple[str, ...]:
    known = origins.all_of(package.name) if origins else ()
    return (package.version, package.vendor, *(text for o in known for text in (o.origin, o.label, o.site)))


def _product(name: str, package: str, parts: int, mark: str = "") -> Product:
    return Product(name, re.compile(package), parts, re.compile(mark, re.IGNORECASE) if mark else None)


RUNTIMES = (
    _product("nodejs", r"nodejs", 1, r"nodesource"),
    _product("php", r"(php\d+-)?php(\d+\.\d+)?-(common|cli)", 2, r"sury|\+0~|remi|LP-PPA-ondrej"),
    _product("temurin", r"temurin-\d+-(jdk|jre)", 1),
    _product("amazon-corretto", r"java-(1\.)?(?P<cycle>\d+)(\.0)?-amazon-corretto(-jdk|-devel|-headless)?", 1),
    _product("azul-zulu", r"zulu-?(?P<cycle>\d+)(-ca)?-(jdk|jre)(-headless)?", 1),
    _product("bellsoft-liberica", r"bellsoft-java(?P<cycle>\d+)(-runtime)?(-full|-lite)?", 1),
    _product("ibm-semeru", r"ibm-semeru-(open|certified)-(?P<cycle>\d+)-(jdk|jre)", 1),
    _product("sapmachine", r"sapmachine-(?P<cycle>\d+)-(jdk|jre)", 1),
    _product("oracle-jdk", r"jdk-(?P<cycle>\d+)(-headless)?", 1),
    _product("python", r"python(?P<cycle>3\.\d+)", 2, r"deadsnakes"),
    _product("ruby", r"fullstaq-ruby-(?P<cycle>\d\.\d)(-jemalloc|-malloctrim)?", 2),
    _product("dotnet", r"(dotnet|aspnetcore)-(runtime|sdk)-\d+\.\d+", 1, r"microsoft"),
    _product("go", r"golang-(?P<cycle>1\.\d+)-go", 2, r"longsleep"),
    _product("erlang", r"esl-erlang", 1),
    _product("powershell", r"powershell(-lts)?", 2),
)
DATABASES = (
    _product("postgresql", r"postgresql-\d+(\.\d+)?|postgresql\d+-server", 1, r"pgdg"),
    _product("mysql", r"mysql-(community|commercial)-server", 2),
    _product("mariadb", r"mariadb-server|MariaDB-server", 2, r"\+maria~|mariadb"),
    _product("mongodb", r"mongodb-(org|enterprise)-server", 2),
    _product("redis", r"redis|redis-server", 2, r"rl\d+~|redis"),
    _product("valkey", r"valkey", 2, r"remi"),
    _product("elasticsearch", r"elasticsearch", 2),
    _product("opensearch", r"opensearch", 1),
    _product("apache-cassandra", r"cassandra", 2),
    _product("clickhouse", r"clickhouse-server", 2, r"^\d+\.\d+\.\d+\.\d+$|clickhouse"),
    _product("couchbase-server", r"couchbase-server(-community)?", 2),
    _product("influxdb", r"influxdb2|influxdb3-(core|enterprise)", 1),
    _product("mssqlserver", r"mssql-server", 2),
    _product("neo4j", r"neo4j(-enterprise)?", 2),
)
SERVERS = (
    _product("nginx", r"nginx", 2, r"-\d+~[a-z]+$|\.ngx$|nginx"),
    _product("apache-http-server", r"apache2|httpd", 2, r"sury|LP-PPA-ondrej|codeit"),
    _product("haproxy", r"haproxy", 2, r"haproxy\.debian\.net|LP-PPA-vbernat"),
    _product("vinyl-cache", r"varnish", 2, r"-\d+~[a-z]+$|varnish"),
    _product("rabbitmq", r"rabbitmq-server", 2, r"rabbitmq"),
    _product("docker-engine", r"docker-ce", 1),
    _product("containerd", r"containerd\.io", 2),
    _product("kubernetes", r"kubelet|kubeadm", 2),
    _product("gitlab", r"gitlab-(ee|ce)", 2),
    _product("gitlab-runner", r"gitlab-runner", 2, r"gitlab"),
    _product("jenkins", r"jenkins", 2),
    _product("grafana", r"grafana(-enterprise)?", 2, r"^\d+\.\d+\.\d+$|grafana"),
    _product("kibana", r"kibana", 2),
    _product("logstash", r"logstash(-oss)?", 2),
    _product("beats", r"(audit|file|heart|metric|packet)beat", 2),
    _product("fluent-bit", r"fluent-bit", 2),
    _product("telegraf", r"telegraf", 2),
    _product("graylog", r"graylog-(server|enterprise)", 2),
    _product("splunk", r"splunk(forwarder)?", 2),
    _product(
        "zabbix", r"zabbix-(agent2?|(server|proxy)-(mysql|pgsql|sqlite3))", 2, r"\+(debian|ubuntu)\d|-release\d|zabbix"
    ),
    _product("icinga", r"icinga2", 2, r"\+(debian|ubuntu)\d|icinga"),
    _product("checkmk", r"check-mk-(raw|enterprise|cloud|managed|community|pro|ultimate)-(?P<cycle>\d\.\d)\.\d.*", 2),
    _product("hashicorp-vault", r"vault(-enterprise)?", 2, r"^\d+\.\d+\.\d+(\+ent)?-\d+$|hashicorp"),
    _product("consul", r"consul(-enterprise)?", 2, r"^\d+\.\d+\.\d+(\+ent)?-\d+$|hashicorp"),
    _product("nomad", r"nomad(-enterprise)?", 2, r"^\d+\.\d+\.\d+(\+ent)?-\d+$|hashicorp"),
    _product("puppet", r"puppet-agent|puppetserver", 1, r"-\d+[a-z]+$|puppet"),
    _product("salt", r"salt-(minion|master)", 1, r"^\d{4}\.\d+(-\d+)?$|salt ?project|broadcom"),
    _product("teleport", r"teleport(-ent)?", 1),
    _product("mattermost", r"mattermost", 2),
    _product("proxmox-ve", r"pve-manager", 1),
    _product("proxmox-backup-server", r"proxmox-backup-server", 1),
)


def named(packages: Packages, products: tuple[Product, ...]) -> list[Package]:
    """Packages that bear the name of one of these products: few of a host's, and hosts share most names."""
    known = _any_of(products)
    return [package for package in _software(packages) if known[package.name]]


@lru_cache(maxsize=8)
def _any_of(products: tuple[Product, ...]) -> Remembered[bool]:
    """Whether a name is that of some product's package."""
    bare = (re.sub(r"\?P<\w+>", "", product.package.pattern) for product in products)
    pattern = re.compile("|".join(f"(?:{pattern})" for pattern in bare))
    return Remembered(lambda name: pattern.fullmatch(name) is not None, KNOWN_NAMES, KNOWN_LENGTH)


def _of_all(packages: Packages) -> list[Package]:
    known = _any_of((*RUNTIMES, *DATABASES, *SERVERS))
    return [package for package in packages.items if known[package.name]]


_software = Latest(_of_all)
