"""Small made-up feeds, hosts and sentences for the examples of the checks on patch levels."""

from collections.abc import Mapping, Sequence
from datetime import date

from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote, Statement, statements_line
from checks.advisories.table import Table, encode
from checks.example import partial
from inventory.facts.entitlements import Entitlement, Entitlements
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.origins import Origin, Origins, PackageOrigin
from inventory.facts.packages import Package, Packages
from inventory.facts.system import System

OPENSSL_FIX = Statement("DSA-1", ("CVE-2026-1", "CVE-2026-2"), "3.0.15-1", severity="high")
KERNEL_FIX = Statement("CVE-2026-3", ("CVE-2026-3",), "6.1.128-1")
OLD_FIX = Statement("CVE-2026-7", ("CVE-2026-7",), "6.1.100-1")  # that every kernel here has
BUILDAH_FIXES = (  # an advisory of each of two epochs
    Statement("ALSA-1", ("CVE-2026-8",), "1:1.23-1"),
    Statement("ALSA-2", ("CVE-2026-9",), "2:1.20-1"),
)
UNFIXED = Statement("CVE-2026-4", ("CVE-2026-4",), "", severity="critical")
IDLE = Statement("CVE-2026-5", ("CVE-2026-5",), "", unimportant=True)
BY_ESM = Statement("CVE-2026-6", ("CVE-2026-6",), "3.0.15-1+esm1", scope="esm-infra", severity="medium")
FRESH, OLD = date(2026, 2, 23), date(2026, 2, 22)  # 7 and 8 days before the time of examples


def feed(
    rows: Mapping[str, Statement | Sequence[Statement]], *, day: date = FRESH, release: str = "debian:12"
) -> Advisories:
    """A feed of one release: package -> its one statement, or several."""
    said = {package: [one] if isinstance(one, Statement) else one for package, one in rows.items()}
    table = encode((package, statements_line(statements)) for package, statements in said.items())
    note = FeedNote(release.partition(":")[0], "Debian", day, len(rows), "")
    return Advisories([Feed(note, {release: Table(table)})])


def system(version: str = "12", container: str | None = None, os_id: str = "debian") -> System:
    given = {"os_id": os_id, "os_version": version, "os_name": f"Debian {version}", "codename": "bookworm"}
    return partial(System, **given, container=container)


def package(name: str, version: str, source: str = "", *, held: bool = False) -> Package:
    return Package(name, version, "amd64", source or name, version, held=held)


def packages(*items: Package) -> Packages:
    return Packages("deb", items)


def supplied(*items: tuple[str, str], manager: str = "deb", unknown: tuple[str, ...] = ()) -> Packages:
    """A list that somebody supplied: names and versions alone."""
    return Packages(manager, tuple(Package(*item, "x86_64", "", "") for item in items), unknown)


LIBSSL = package("libssl3", "3.0.11-1", "openssl")
LIBSSL_FIXED = package("libssl3", "3.0.15-1", "openssl")
LINUX = Package("linux-image-6.1.0-31-amd64", "6.1.128-1", "amd64", "linux-signed-amd64", "6.1.128+1")
LINUX_OLD = Package("linux-image-6.1.0-30-amd64", "6.1.124-1", "amd64", "linux-signed-amd64", "6.1.124+1")
ESM_OFFERED = Entitlements((Entitlement("esm-infra", "pro status says so", active=False),))
NO_ESM = Entitlements(())


def kernel(running: Package, *installed: Package) -> Kernel:
    newest_first = sorted((running, *installed), key=lambda image: image.version, reverse=True)
    known = tuple(InstalledKernel(p.name, p.version, _release(p)) for p in newest_first)
    version = f"#1 SMP Debian {running.version} (2025-02-07)"
    return partial(Kernel, running=_release(running), version=version, installed=known)


def _release(image: Package) -> str:
    return image.name.removeprefix("linux-image-")


def origins(package: str, origin: Origin) -> Origins:
    """One package of another origin, and one that keeps the host from looking cut off from its distribution."""
    debian = Origin("Debian", "stable", "bookworm", carries="same")
    return Origins("deb", (debian, origin), (PackageOrigin("base-files", (0,)), PackageOrigin(package, (1,))), None, 2)
