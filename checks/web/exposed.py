"""Whether those can reach a service who should not: decided by where the scanner stands, as the inventory says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from inventory.asset import Asset, Connection, Privilege, Viewpoint
from inventory.facts.databases import DatabaseEndpoint, Databases
from inventory.facts.dns_service import DnsEndpoint, DnsService
from inventory.facts.missing import Missing, Reason
from inventory.facts.rdp import Rdp, RdpEndpoint
from inventory.facts.web import Web, WebEndpoint

INTERNET = "internet"
SAY_WHERE = "write `scanner: {site: NAME}` under estatecheck, and at that site "
SAY_EXPOSURE = SAY_WHERE + "its `exposure`: internet for a scanner that stands outside"
SAY_USERS = SAY_WHERE + "`users: true` or `users: false`"
HERE = Asset("a", Connection("endpoint", "192.0.2.1"), exposure=INTERNET)
OUTSIDE = replace(HERE, seen_from=Viewpoint("Outside", zone_exposure=INTERNET))
INSIDE = replace(HERE, seen_from=Viewpoint("Racks", of_users=False, zone_exposure="internal"))
DMZ = replace(HERE, seen_from=Viewpoint("Screened subnet", of_users=False, zone_exposure=INTERNET))
DESKS = replace(HERE, seen_from=Viewpoint("Desks", of_users=True, zone_exposure="internal"))


def _outside(asset: Asset) -> bool:
    return asset.seen_from.zone_exposure == INTERNET


def _stands(asset: Asset) -> str:
    return asset.seen_from.zone or "an unnamed place"


def _gap(subject: Subject, said: str) -> Ruling:
    return Ruling(Outcome.NOT_ASSESSED, said, subject, Reason.NOT_ATTEMPTED)


def _unseen(subject: Subject, why: str) -> Ruling:
    return Ruling(Outcome.NOT_ASSESSED, f"{subject.key}: {why}", subject, Reason.OUTPUT_UNREADABLE)


def _no_internet(asset: Asset) -> str:
    """The inventory says that the asset cannot be reached from the internet, and the scanner does not stand there."""
    if _outside(asset) or asset.exposure in (None, INTERNET):
        return ""
    return f"the inventory says that this asset's exposure is {asset.exposure}, and the scanner does not stand outside"


def _rdp(reachable: bool | None, why: str = "") -> dict[str, object]:
    return {"rdp": Rdp((partial(RdpEndpoint, place="a:3389", why=why, reachable=reachable),))}


@check(
    id="rdp.exposed.internet-zone",
    title="The remote desktop can be reached from the internet",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale="Passwords are tried there day and night, and extortion often begins with one that was guessed.",
    remedy=Remedy(
        text="Let the remote desktop be reached through a VPN or a gateway only.",
        steps=("Filter TCP 3389 at the border", "Offer a VPN or a Remote Desktop Gateway with a second factor"),
        verify="a scan from outside gets no answer from TCP 3389",
        risk="People who work from outside need the new way first.",
    ),
    privilege=Privilege.NONE,
    references=("NIST SP 800-53 SC-7", "CISA AA20-073A"),
    waived=_no_internet,
    examples=(
        Example(Outcome.PASS, _rdp(False), OUTSIDE, says="no RDP endpoint can be reached from Outside"),
        Example(Outcome.PASS, _rdp(False), INSIDE, says="no RDP endpoint can be reached from Racks"),
        Example(
            Outcome.FAIL,
            _rdp(True),
            OUTSIDE,
            says="a:3389 speaks RDP with whoever stands in Outside, which is open to the internet",
            subjects=("a:3389",),
        ),
        Example(Outcome.FAIL, _rdp(True), replace(OUTSIDE, exposure="internal")),
        Example(
            Outcome.NOT_ASSESSED,
            _rdp(True),
            INSIDE,
            says=f"a:3389 speaks RDP with Racks; whether with the internet too is not known: {SAY_EXPOSURE}",
            subjects=("a:3389",),
        ),
        Example(Outcome.NOT_ASSESSED, _rdp(True), replace(HERE, exposure=None)),
        Example(Outcome.NOT_ASSESSED, _rdp(None, "it gives no answer"), OUTSIDE, says="a:3389: it gives no answer"),
        Example(Outcome.NOT_ASSESSED, {"rdp": Missing(Reason.TIMED_OUT)}, OUTSIDE),
        Example(
            Outcome.NOT_APPLICABLE,
            _rdp(True),
            replace(INSIDE, exposure="internal"),
            says="the inventory says that this asset's exposure is internal, and the scanner does not stand outside",
        ),
    ),
)
def rdp_exposed(rdp: Rdp, asset: Asset) -> Iterator[Ruling]:
    told = [_rdp_ruling(one, asset) for one in rdp.endpoints if one.reachable is not False]
    yield from told or [passed(f"no RDP endpoint can be reached from {_stands(asset)}")]


def _rdp_ruling(endpoint: RdpEndpoint, asset: Asset) -> Ruling:
    subject = Subject("rdp", endpoint.place)
    if endpoint.reachable is None:
        return _unseen(subject, endpoint.why)
    if _outside(asset):
        said = f"{endpoint.place} speaks RDP with whoever stands in {_stands(asset)}, which is open to the internet"
        return failed(said, subject)
    said = f"{endpoint.place} speaks RDP with {_stands(asset)}; whether with the internet too is not known"
    return _gap(subject, f"{said}: {SAY_EXPOSURE}")


def _no_users(asset: Asset) -> str:
    if asset.seen_from.of_users is False and not _outside(asset):
        return f"the scanner stands in {_stands(asset)}, which is no zone of users"
    return ""


def _database(reachable: bool | None, why: str = "") -> dict[str, object]:
    shown = partial(DatabaseEndpoint, place="a:6379", product="redis", why=why, reachable=reachable)
    return {"databases": Databases((shown,))}


@check(
    id="db.exposed.user-zone",
    title="Users can reach the database",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "From a user's machine, or from malware on one, passwords can be tried and weaknesses used. Only the programs "
        "that work with a database need to reach it."
    ),
    remedy=Remedy(
        text="Let only the machines reach the database that work with it.",
        steps=("Bind it to the address of its own zone", "Filter its port between the zone of users and the database"),
        verify="a scan from the zone of users finds the port refused",
        risk="Reports and tools that people run on their own machines lose their connection.",
    ),
    privilege=Privilege.NONE,
    references=("NIST SP 800-53 SC-7", "PCI DSS 4.0, requirement 1.4.4"),
    waived=_no_users,
    examples=(
        Example(Outcome.PASS, _database(False), DESKS, says="no database can be reached from Desks"),
        Example(
            Outcome.FAIL,
            _database(True),
            DESKS,
            says="a:6379: redis can be reached from Desks, a zone of users",
            subjects=("a:6379",),
        ),
        Example(
            Outcome.FAIL,
            _database(True),
            OUTSIDE,
            says="a:6379: redis can be reached from Outside, which is open to the internet",
        ),
        Example(Outcome.FAIL, _database(True), DMZ),
        Example(
            Outcome.NOT_ASSESSED,
            _database(True),
            HERE,
            says="a:6379: redis can be reached from the scanner; whether from users' machines is not known: "
            + SAY_USERS,
            subjects=("a:6379",),
        ),
        Example(Outcome.NOT_ASSESSED, _database(None, "it gives no answer"), DESKS, says="a:6379: it gives no answer"),
        Example(Outcome.NOT_ASSESSED, {"databases": Missing(Reason.TIMED_OUT)}, DESKS),
        Example(
            Outcome.NOT_APPLICABLE,
            _database(True),
            INSIDE,
            says="the scanner stands in Racks, which is no zone of users",
        ),
    ),
)
def database_exposed(databases: Databases, asset: Asset) -> Iterator[Ruling]:
    told = [_database_ruling(one, asset) for one in databases.endpoints if one.reachable is not False]
    yield from told or [passed(f"no database can be reached from {_stands(asset)}")]


def _database_ruling(endpoint: DatabaseEndpoint, asset: Asset) -> Ruling:
    subject, said = Subject("database", endpoint.place), f"{endpoint.place}: {endpoint.product} can be reached from"
    if endpoint.reachable is None:
        return _unseen(subject, endpoint.why)
    if _outside(asset):
        return failed(f"{said} {_stands(asset)}, which is open to the internet", subject)
    if asset.seen_from.of_users:
        return failed(f"{said} {_stands(asset)}, a zone of users", subject)
    return _gap(subject, f"{said} the scanner; whether from users' machines is not known: {SAY_USERS}")


def _dns(recursion: bool | None, why: str = "") -> dict[str, object]:
    return {"dns_service": DnsService((partial(DnsEndpoint, place="a:53", why=why, recursion=recursion),))}


@check(
    id="dns.recursion.open",
    title="The DNS server works for everybody on the internet",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "Small questions with a forged sender bring large answers to somebody else: open resolvers are used for "
        "attacks. Strangers can also put forged answers into its memory more easily."
    ),
    remedy=Remedy(
        text="Answer recursive questions to your own networks only.",
        steps=("BIND: `allow-recursion { OWN-NETWORKS; };`", "Unbound: `access-control` for your own networks only"),
        verify="`dig +recurse example.com @SERVER` from outside is refused",
        risk="Machines outside the networks that are named can no longer resolve names there.",
    ),
    privilege=Privilege.NONE,
    references=("RFC 5358",),
    waived=_no_internet,
    examples=(
        Example(Outcome.PASS, _dns(False), OUTSIDE, says="no DNS server answers recursive questions of Outside"),
        Example(Outcome.PASS, _dns(False), INSIDE, says="no DNS server answers recursive questions of Racks"),
        Example(
            Outcome.FAIL,
            _dns(True),
            OUTSIDE,
            says="a:53 answers recursive questions of Outside, which is open to the internet",
            subjects=("a:53",),
        ),
        Example(Outcome.FAIL, _dns(True), replace(OUTSIDE, exposure="internal")),
        Example(Outcome.NOT_ASSESSED, _dns(True), replace(HERE, exposure=None)),
        Example(
            Outcome.NOT_ASSESSED,
            _dns(True),
            INSIDE,
            says=f"a:53 answers recursive questions of Racks; whether of the internet too is not known: {SAY_EXPOSURE}",
            subjects=("a:53",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _dns(None),
            OUTSIDE,
            says="a:53: it offers recursion, and did not find out what it was asked",
        ),
        Example(Outcome.NOT_ASSESSED, _dns(None, "it gives no answer"), OUTSIDE, says="a:53: it gives no answer"),
        Example(Outcome.NOT_ASSESSED, {"dns_service": Missing(Reason.TIMED_OUT)}, OUTSIDE),
        Example(Outcome.NOT_APPLICABLE, _dns(True), replace(INSIDE, exposure="internal")),
    ),
)
def dns_recursion(dns_service: DnsService, asset: Asset) -> Iterator[Ruling]:
    told = [_dns_ruling(one, asset) for one in dns_service.endpoints if one.recursion is not False]
    yield from told or [passed(f"no DNS server answers recursive questions of {_stands(asset)}")]


def _dns_ruling(endpoint: DnsEndpoint, asset: Asset) -> Ruling:
    subject = Subject("dns", endpoint.place)
    if endpoint.recursion is None:
        return _unseen(subject, endpoint.why or "it offers recursion, and did not find out what it was asked")
    said = f"{endpoint.place} answers recursive questions of {_stands(asset)}"
    if _outside(asset):
        return failed(f"{said}, which is open to the internet", subject)
    return _gap(subject, f"{said}; whether of the internet too is not known: {SAY_EXPOSURE}")


def _panels(panels: Sequence[str] | None, why: str = "", panels_why: str = "") -> dict[str, object]:
    shown = partial(
        WebEndpoint, place="a:443", why=why, panels=None if panels is None else tuple(panels), panels_why=panels_why
    )
    return {"web": Web((shown,))}


@check(
    id="web.exposed.admin-panel",
    title="An administrator's page can be reached by those who are none",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale="Passwords can be tried there, and weaknesses of such pages are among the first that are used.",
    remedy=Remedy(
        text="Let only administrators' machines reach the page, and take away what nobody uses.",
        steps=("Limit the path to the networks of administrators in the web server", "Ask for a second factor"),
        verify="a request for the page from the zone of users is answered with 403 or 404",
        risk="Administrators who work from elsewhere are locked out until they have another way in.",
    ),
    privilege=Privilege.NONE,
    references=("OWASP ASVS 4.0, 4.3.1", "NIST SP 800-53 SC-7"),
    waived=_no_users,
    examples=(
        Example(
            Outcome.PASS, _panels(()), DESKS, says="none of the administrators' pages that were asked for is there"
        ),
        Example(Outcome.PASS, _panels(()), HERE),
        Example(
            Outcome.FAIL,
            _panels(("/adminer.php (Adminer)",)),
            DESKS,
            says="a:443 shows to Desks: /adminer.php (Adminer)",
            subjects=("a:443",),
        ),
        Example(Outcome.FAIL, _panels(("/admin/ (a log-in)", "/solr/ (Solr)")), OUTSIDE),
        Example(Outcome.FAIL, _panels(("/admin/ (a log-in)",)), DMZ),
        Example(
            Outcome.NOT_ASSESSED,
            _panels(("/admin/ (a log-in)",)),
            HERE,
            says="a:443 shows to the scanner: /admin/ (a log-in); whether users can see it is not known: " + SAY_USERS,
            subjects=("a:443",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _panels(None, "it gives no answer"),
            DESKS,
            says="a:443: it gives no answer",
            subjects=("a:443",),
        ),
        Example(Outcome.NOT_ASSESSED, _panels(None, panels_why="x"), DESKS, says="a:443: x"),
        Example(Outcome.NOT_ASSESSED, {"web": Missing(Reason.TIMED_OUT)}, DESKS),
        Example(
            Outcome.NOT_APPLICABLE,
            _panels(("/admin/ (a log-in)",)),
            INSIDE,
            says="the scanner stands in Racks, which is no zone of users",
        ),
    ),
)
def admin_panel(web: Web, asset: Asset) -> Iterator[Ruling]:
    told = [_panel_ruling(one, asset) for one in web.endpoints if one.panels != ()]
    yield from told or [passed("none of the administrators' pages that were asked for is there")]


def _panel_ruling(endpoint: WebEndpoint, asset: Asset) -> Ruling:
    subject = Subject("web", endpoint.place)
    if endpoint.panels is None:
        return _unseen(subject, endpoint.why or endpoint.panels_why)
    pages = ", ".join(endpoint.panels)
    if _outside(asset) or asset.seen_from.of_users:
        return failed(f"{endpoint.place} shows to {_stands(asset)}: {pages}", subject)
    said = f"{endpoint.place} shows to the scanner: {pages}; whether users can see it is not known"
    return _gap(subject, f"{said}: {SAY_USERS}")
