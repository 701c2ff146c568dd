"""What a host has against what the inventory says it should have."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example
from checks.expected_ports import no_ports_expected, unexpected
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from checks.waivers import no_antimalware_asked
from inventory.asset import Asset, Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.certificates import Certificate, Certificates
from inventory.facts.network import Listener, Sockets
from inventory.facts.services import Services, Unit
from inventory.facts.storage import BackupMark, Backups

FIRST_PASSING_PORT = 32_768  # net.ipv4.ip_local_port_range, as the kernel sets it (ip-sysctl)
HOUR, DAY = 3_600, 86_400
SOON_DAYS = 30


def _asset(**fields: object) -> Asset:
    return replace(EXAMPLE_ASSET, **fields)  # type: ignore[arg-type]  # fields of the example's own choice


SSH = Listener("tcp", "0.0.0.0", 22, "sshd", exposed=True)  # noqa: S104 (an example)
JAVA = replace(SSH, port=8080, process="java")
TCP_HIGH = replace(SSH, port=50_000)
AVAHI = replace(TCP_HIGH, protocol="udp", process="avahi-daemon")
POSTGRES = Listener("tcp", "127.0.0.1", 5432, "postgres", exposed=False)


@check(
    id="linux.net.unexpected-listener",
    waived=no_ports_expected,
    title="A service listens that the inventory does not expect",
    severity=Severity.MEDIUM,
    theme=Theme.EXPOSED_SERVICE,
    rationale="What nobody expects, nobody patches or guards. The inventory says which ports this host is to offer.",
    remedy=Remedy(
        text="Stop the service, bind it to loopback, or add its port to the inventory when it is meant.",
        steps=("Find the service with `ss -ltnup`", "Decide with its owner"),
        verify="`ss -ltnu` no longer shows the port on a network address",
        risk="Something may depend on the port without anybody having said so.",
    ),
    privilege=Privilege.USER,
    references=("ss(8)",),
    examples=(
        Example(Outcome.PASS, {"sockets": Sockets((SSH,))}, _asset(expected_ports=("tcp/22",))),
        Example(Outcome.PASS, {"sockets": Sockets((POSTGRES,))}, _asset(expected_ports=())),
        Example(
            Outcome.FAIL,
            {"sockets": Sockets((SSH, JAVA))},
            _asset(expected_ports=("tcp/22",)),
            says="tcp/8080 is open on 0.0.0.0 (java)",
            subjects=("tcp/8080",),
        ),
        Example(
            Outcome.FAIL,
            {"sockets": Sockets((TCP_HIGH, AVAHI, replace(AVAHI, port=32_768), replace(AVAHI, port=32_767)))},
            _asset(expected_ports=()),
            says=(
                "tcp/50000 is open on 0.0.0.0 (sshd)",
                "udp/32767 is open on 0.0.0.0 (avahi-daemon)",
                "udp/50000 is open on 0.0.0.0 (avahi-daemon); udp/32768 is open on 0.0.0.0 (avahi-daemon)",
            ),
            subjects=("tcp/50000", "udp/32767", "udp/passing"),
        ),
        Example(
            Outcome.FAIL,
            {"sockets": Sockets((replace(SSH, port=53, process=None),))},
            _asset(expected_ports=()),
            says="tcp/53 is open on 0.0.0.0 (process unknown)",
        ),
        Example(Outcome.NOT_APPLICABLE, {"sockets": Sockets((SSH,))}, _asset(expected_ports=None)),
        Example(Outcome.NOT_ASSESSED, {"sockets": Missing(Reason.TIMED_OUT)}, _asset(expected_ports=())),
    ),
)
def unexpected_listener(sockets: Sockets, asset: Asset) -> Iterator[Ruling]:
    """UDP ports that the kernel hands out are other ones after each restart: together they are one finding."""
    yield from unexpected(
        sockets.listeners, asset, lambda one: one.protocol == "udp" and one.port >= FIRST_PASSING_PORT
    )


@check(
    id="linux.mw.antimalware-missing",
    waived=no_antimalware_asked,
    title="The malware protection that policy asks for does not run",
    severity=Severity.MEDIUM,
    theme=Theme.NO_MONITORING,
    rationale="The inventory says that one of these services has to run on this host, and none does.",
    remedy=Remedy(
        text="Start the service, or install it.",
        steps=("`systemctl enable --now UNIT`", "Check that it reports to its console"),
        verify="`systemctl is-active UNIT` prints active",
        risk="A first full scan of the disk costs time and speed.",
    ),
    privilege=Privilege.USER,
    references=("the product's documentation",),
    examples=(
        Example(
            Outcome.PASS,
            {"services": Services((Unit("clamav-daemon.service", "active", "running", "enabled"),))},
            _asset(antimalware=("mdatp", "clamav-daemon.service")),
            says="clamav-daemon runs",
        ),
        Example(
            Outcome.FAIL,
            {"services": Services((Unit("clamav-daemon.service", "inactive", "dead", "enabled"),))},
            _asset(antimalware=("clamav-daemon",)),
            says="none of these runs: clamav-daemon",
        ),
        Example(Outcome.NOT_APPLICABLE, {"services": Services(())}, _asset(antimalware=())),
        Example(Outcome.NOT_APPLICABLE, {"services": Missing(Reason.COLLECTOR_MISSING)}, _asset(antimalware=())),
        Example(Outcome.NOT_ASSESSED, {"services": Missing(Reason.COLLECTOR_MISSING)}, _asset(antimalware=("mdatp",))),
    ),
)
def antimalware_missing(services: Services, asset: Asset) -> Iterator[Ruling]:
    running = sorted(services.running.intersection(name.removesuffix(".service") for name in asset.antimalware))
    if running:
        yield passed(f"{', '.join(running)} runs")
    else:
        yield failed(f"none of these runs: {', '.join(asset.antimalware)}")


@check(
    id="linux.backup.last-run-stale",
    title="The last successful backup is too long ago",
    severity=Severity.HIGH,
    theme=Theme.AVAILABILITY,
    rationale=(
        "A backup that stopped is noticed on the day it is needed. The backup touches its mark when it succeeds."
    ),
    remedy=Remedy(
        text="Find out why the backup does not finish, mend it and run it now.",
        steps=("Read the backup's log", "Run it by hand", "Restore one file to prove it"),
        verify="the mark file is fresh again",
    ),
    privilege=Privilege.USER,
    references=("the backup product's documentation",),
    examples=(
        Example(
            Outcome.PASS,
            {"backups": Backups((BackupMark("/var/backups/ok", exists=True, age_seconds=2 * HOUR),))},
            _asset(backup_max_age_hours=2),
            says="/var/backups/ok is 2 hours old",
        ),
        Example(
            Outcome.FAIL,
            {"backups": Backups((BackupMark("/var/backups/ok", exists=True, age_seconds=2 * HOUR + 1),))},
            _asset(backup_max_age_hours=2),
            says="/var/backups/ok is 2 hours old; at most 2 are allowed",
            subjects=("/var/backups/ok",),
        ),
        Example(
            Outcome.FAIL,
            {"backups": Backups((BackupMark("/var/backups/ok", exists=False, age_seconds=None),))},
            says="/var/backups/ok does not exist: no backup has succeeded here",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"backups": Backups((BackupMark("/var/backups/ok", exists=True, age_seconds=None),))},
            says="the age of /var/backups/ok could not be read",
        ),
        Example(Outcome.NOT_APPLICABLE, {"backups": Absent("the inventory names no backup mark")}),
    ),
)
def backup_stale(backups: Backups, asset: Asset) -> Iterator[Ruling]:
    for mark in backups.marks:
        subject, age = Subject("backup", mark.path), mark.age_seconds
        if not mark.exists:
            yield failed(f"{mark.path} does not exist: no backup has succeeded here", subject)
        elif age is None:
            told = f"the age of {mark.path} could not be read"
            yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.OUTPUT_UNREADABLE)
        elif age > asset.backup_max_age_hours * HOUR:
            told = f"{mark.path} is {age // HOUR} hours old; at most {asset.backup_max_age_hours} are allowed"
            yield failed(told, subject)
        else:
            yield passed(f"{mark.path} is {age // HOUR} hours old", subject)


NOON = 1_772_452_800  # 2026-03-02 12:00 UTC, the examples' time


def _certificate(expires: int) -> Certificates:
    return Certificates(
        (Certificate("/etc/ssl/web.pem", "CN=web", "CN=ca", "2026-04-01T12:00:00Z", expires, "ab"),), ()
    )


@check(
    id="linux.cert.local-expiring",
    title="A certificate on the host has expired or soon will",
    severity=Severity.HIGH,
    theme=Theme.AVAILABILITY,
    rationale="On the day it ends, everything that checks it stops: browsers, log shipping, database clients.",
    remedy=Remedy(
        text="Renew the certificate and load it into the service that uses it.",
        steps=("Order or issue the new certificate", "Replace the file", "Reload the service"),
        verify="`openssl x509 -enddate -noout -in FILE` shows the new date",
        risk="The service may need a restart; clients that pin the old certificate have to be told.",
    ),
    privilege=Privilege.ROOT,
    references=("RFC 5280, section 4.1.2.5",),
    examples=(
        Example(
            Outcome.PASS,
            {"certificates": _certificate(NOON + 30 * DAY)},
            says="/etc/ssl/web.pem (CN=web) is valid until 2026-04-01T12:00:00Z",
        ),
        Example(
            Outcome.FAIL,
            {"certificates": _certificate(NOON + 30 * DAY - 1)},
            says="/etc/ssl/web.pem (CN=web) ends on 2026-04-01T12:00:00Z, in 29 days",
            subjects=("/etc/ssl/web.pem",),
        ),
        Example(
            Outcome.FAIL,
            {"certificates": _certificate(NOON)},
            says="/etc/ssl/web.pem (CN=web) ends on 2026-04-01T12:00:00Z, in 0 days",
        ),
        Example(
            Outcome.FAIL,
            {"certificates": _certificate(NOON - 1)},
            says="/etc/ssl/web.pem (CN=web) expired on 2026-04-01T12:00:00Z",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"certificates": Certificates((), ("/etc/ssl/gone.pem",))},
            says="/etc/ssl/gone.pem could not be read as a certificate",
        ),
        Example(Outcome.NOT_APPLICABLE, {"certificates": Absent("the inventory names no certificate")}),
    ),
)
def certificate_expiring(certificates: Certificates, context: Context) -> Iterator[Ruling]:
    now = int(context.now.timestamp())
    for path in certificates.unreadable:
        told = f"{path} could not be read as a certificate"
        yield Ruling(Outcome.NOT_ASSESSED, told, Subject("certificate", path), Reason.OUTPUT_UNREADABLE)
    for found in certificates.items:
        subject, left = Subject("certificate", found.path), found.not_after_epoch - now
        if left < 0:
            yield failed(f"{found.path} ({found.subject}) expired on {found.not_after}", subject)
        elif left < SOON_DAYS * DAY:
            yield failed(f"{found.path} ({found.subject}) ends on {found.not_after}, in {left // DAY} days", subject)
        else:
            yield passed(f"{found.path} ({found.subject}) is valid until {found.not_after}", subject)
