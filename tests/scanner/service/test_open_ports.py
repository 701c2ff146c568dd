"""Open ports of a stored scan: what hosts listed, what answered, the way in, and why a list is missing."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.finding import HOST, CheckRun, Outcome, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.endpoint import Endpoint
from inventory.facts.missing import Missing, Reason
from reports.open_ports import MOST_SAID, AssetPorts, How, Reach
from scanner.query import Answer, Attempt
from scanner.service.import_runs import GONE
from scanner.service.imported_ports import imported_ports
from scanner.service.open_ports import open_ports_of
from scanner.store.imports import ImportRow
from scanner.store.records import ScanKind, StoredAnswer, StoredHost
from tests.reports.sample import HOSTILE

SS = """=ss=
Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process
tcp   LISTEN 0      128    0.0.0.0:22         0.0.0.0:*         users:(("sshd",pid=1,fd=3))
tcp   LISTEN 0      128    [::]:22            [::]:*            users:(("sshd",pid=1,fd=4))
tcp   LISTEN 0      128    127.0.0.1:5432     0.0.0.0:*
udp   UNCONN 0      0      0.0.0.0:68         0.0.0.0:*         users:(("dhclient",pid=2,fd=6))
=end=
"""
ASKED = {"c": SimpleNamespace(needs=("sockets",))}


@dataclass
class Shelf:
    """Evidence by its hash, as the record gives it."""

    kept: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0

    def blobs(self, wanted: Collection[str]) -> dict[str, bytes]:
        self.asked += 1
        return {key: self.kept[key] for key in wanted if key in self.kept}

    def answer(self, query: str, content: str, missing: Missing | None = None) -> StoredAnswer:
        data = content.encode()
        sha256 = hashlib.sha256(data).hexdigest()
        self.kept[sha256] = data
        return StoredAnswer(query, sha256, len(data), Answer(query, missing=missing))


def host(*answers: StoredAnswer, way: str = "ssh", endpoints: tuple[Endpoint, ...] = (), **attempt: Any) -> StoredHost:  # noqa: ANN401
    told = {"reached": True, "logged_in": True, "privilege": Privilege.ROOT, "peer": "SSH-2.0-OpenSSH_9.2", **attempt}
    asset = Asset("web", Connection(way, "192.0.2.1", 161 if way == "snmp" else 22), endpoints=endpoints)
    return StoredHost("u", asset, Attempt(way=way, **told), "", "", (), answers)


def ports(shelf: Shelf, *hosts: StoredHost, checks: Any = ASKED) -> tuple[AssetPorts, ...]:  # noqa: ANN401
    return open_ports_of(cast("Any", shelf), hosts, checks, {})


def told(one: AssetPorts) -> dict[str, tuple[Reach, tuple[str, ...]]]:
    return {port.name: (port.reach, port.services) for port in one.ports}


def test_sockets_and_the_way_in_are_one_list() -> None:
    shelf = Shelf()
    sockets = shelf.answer("sockets", SS)
    (one,) = ports(shelf, host(sockets))
    assert one.why == ""
    assert told(one) == {
        "tcp/22": (Reach.ANSWERED, ("ssh", "sshd")),
        "tcp/5432": (Reach.LOCAL, ()),
        "udp/68": (Reach.NETWORK, ("dhclient",)),
    }
    ssh = one.ports[0]
    assert ssh.addresses == ("0.0.0.0", "::")  # noqa: S104 (what the host lists)
    assert [(t.how, t.said, t.evidence) for t in ssh.told] == [
        (How.WAY_IN, "SSH-2.0-OpenSSH_9.2", ""),
        (How.LISTED, "", sockets.sha256),
    ]


def record(url: str, **said: object) -> str:
    return json.dumps({"url": url, "place": url.partition("//")[2], "name": "", **said}) + "\n"


def test_an_endpoint_that_answered_is_open_and_told_as_it_spoke() -> None:
    shelf = Shelf()
    page = "HTTP/1.1 200 OK\r\nServer: Fenwick/1.2\r\n\r\n"
    web = record("https://192.0.2.1:443/", step="get", state="open", got=page, end="enough")
    web += record("https://192.0.2.1:443/", step="plain", state="open", got="HTTP/1.1 301 Moved\r\n\r\n", end="enough")
    dns = record("dns://192.0.2.1:53", step="recursion", state="open", over="udp", got="00")
    endpoints = (Endpoint("https", "", 443), Endpoint("dns", "", 53), Endpoint("ssh", "", 2222))
    ssh = record("ssh://192.0.2.1:2222", state="refused")
    answers = (shelf.answer("web", web), shelf.answer("dns_service", dns), shelf.answer("ssh_offer", ssh))
    (one,) = ports(shelf, host(*answers, way="endpoint", endpoints=endpoints, logged_in=False))
    assert told(one) == {
        "tcp/80": (Reach.ANSWERED, ("http",)),
        "tcp/443": (Reach.ANSWERED, ("https",)),
        "udp/53": (Reach.ANSWERED, ()),  # it spoke, and what it said is no DNS
    }
    assert [t.said for p in one.ports for t in p.told if p.port == 443] == ["HTTP, status 200, server: Fenwick/1.2"]
    assert one.why == "not to be had over endpoint"


WHY = [
    pytest.param({"logged_in": False, "missing": Missing(Reason.LOGIN_REFUSED)}, ASKED, "login refused", id="no login"),
    pytest.param({}, ASKED, "it was not asked", id="not asked"),
    pytest.param({}, {}, "no check of this scan asks for it", id="nobody asks"),
    pytest.param({"way": "snmp"}, ASKED, "not to be had over snmp", id="snmp"),
]


@pytest.mark.parametrize(("changes", "checks", "why"), WHY)
def test_why_there_is_no_list(changes: dict[str, Any], checks: dict[str, Any], why: str) -> None:
    (one,) = ports(Shelf(), host(**changes), checks=checks)
    assert one.why == why
    assert [port.port for port in one.ports] == [161 if "way" in changes else 22]


def test_a_list_that_did_not_come_whole_is_no_list() -> None:
    shelf = Shelf()
    cut = shelf.answer("sockets", SS[:120])
    late = shelf.answer("sockets", "", Missing(Reason.TIMED_OUT))
    gone = replace(shelf.answer("sockets", "x"), sha256="f" * 64)
    whys = [one.why for one in ports(shelf, host(cut), host(late), host(gone))]
    assert whys == ["output unreadable", "timed out", "it cannot be read"]


def test_a_host_that_was_never_tried_says_so() -> None:
    (one,) = ports(Shelf(), replace(host(), attempt=None))
    assert one == AssetPorts("u", "web", (), "the scan ended before its turn came")


def test_what_was_not_reached_has_no_way_in() -> None:
    (one,) = ports(Shelf(), host(reached=False, logged_in=False, peer="", missing=Missing(Reason.UNREACHABLE)))
    assert (one.ports, one.why) == ((), "unreachable")


@pytest.mark.parametrize("text", [*HOSTILE, "A" * 100_000], ids=range(len(HOSTILE) + 1))
def test_a_hostile_banner_is_cut_and_cannot_move_the_cursor(text: str) -> None:
    (one,) = ports(Shelf(), host(peer=text))
    (said,) = [t.said for t in one.ports[0].told]
    assert len(said) <= MOST_SAID + len(" … (99,800 more characters)")
    assert said.isprintable()


def test_evidence_is_read_in_few_questions() -> None:
    shelf = Shelf()
    sockets = shelf.answer("sockets", SS)
    assert len(ports(shelf, *[host(sockets)] * 401)) == 401
    assert shelf.asked == 3


WINDOWS = json.dumps(
    {"tcp": [{"LocalAddress": "::", "LocalPort": 445, "OwningProcess": 4}], "udp": [], "processes": []}
)


@pytest.mark.parametrize("way", ["winrm", "ssh-windows", "snapshot-windows"])
def test_a_windows_machine_lists_its_sockets_too(way: str) -> None:
    shelf = Shelf()
    told_of_both = (shelf.answer("windows_sockets", WINDOWS), shelf.answer("sockets", SS))
    (one,) = ports(shelf, host(*told_of_both, way=way, reached=False))
    assert (told(one), one.why) == ({"tcp/445": (Reach.NETWORK, ())}, "")
    (other,) = ports(Shelf(), host(way=way, reached=False), checks=ASKED)
    assert other.why == "no check of this scan asks for it", "that of Linux does not count"


def test_a_laptop_judged_by_its_snapshot_lists_what_that_tells() -> None:
    shelf = Shelf()
    away = host(shelf.answer("windows_sockets", WINDOWS), way="winrm", reached=False)
    assert away.attempt is not None
    (one,) = ports(shelf, replace(away, attempt=replace(away.attempt, way="snapshot")))
    assert (told(one), one.why) == ({"tcp/445": (Reach.NETWORK, ())}, "")


# what imported files tell


def said(
    key: str, observed: str = "", check: str = "import.nmap.open-port", outcome: Outcome = Outcome.FAIL
) -> CheckRun:
    subject = Subject("port", key) if key else HOST
    return CheckRun(check, 1, outcome, observed or f"{key} is open", subject)


@dataclass
class Files:
    """Imported files: number of the scan -> tool, day and what it says of one asset."""

    told: dict[int, tuple[str, int, list[CheckRun]]]

    @property
    def imports(self) -> Any:  # noqa: ANN401 (a stand-in)
        return SimpleNamespace(rows=lambda: [self._row(scan, *told) for scan, told in self.told.items()])

    @staticmethod
    def _row(scan: int, tool: str, day: int, _: object) -> ImportRow:
        at = datetime(2026, 11, day, tzinfo=UTC)
        return ImportRow(scan, "ab", "ab", "f.xml", tool, tool, "1.0", at, at, "Ash", "", cast("Any", None))

    def runs_about(self, scan: int, kind: str) -> list[Any]:
        return [("u", run) for run in self.told[scan][2] if run.subject.kind == kind]


def imported(before: int = 9, kind: ScanKind = ScanKind.FULL, **files: tuple[str, int, list[CheckRun]]) -> list[str]:
    store = Files({int(name[1:]): told for name, told in files.items()})
    found = imported_ports(cast("Any", store), cast("Any", SimpleNamespace(id=before, kind=kind)))
    return [f"{p.name} {t.service or '-'}: {t.said}" for these in found.values() for p in these for t in p.told]


def test_ports_of_imported_files() -> None:
    nmap = [
        said("tcp/22", "tcp/22 is open: ssh OpenSSH 9.2"),
        said("tcp/25", "tcp/25 is open: smtp (by its number only)"),
        said("tcp/80", "tcp/80 is open: http nginx; the inventory expects it", outcome=Outcome.PASS),
        said("tcp/23", "tcp/23 is closed", outcome=Outcome.PASS),
        said("", "the host is down", "import.nmap.host-discovery", Outcome.NOT_ASSESSED),
    ]
    nessus = [said("tcp/443", "weak", "import.nessus.1"), said("tcp/22", "weak", "import.nessus.2")]
    assert imported(s1=("nmap", 20, nmap), s2=("nessus", 21, nessus)) == [
        "tcp/22 -: nessus 1.0, 2026-11-21",
        "tcp/22 ssh: ssh OpenSSH 9.2 (nmap 1.0, 2026-11-20)",
        "tcp/25 -: nmap 1.0, 2026-11-20",
        "tcp/443 -: nessus 1.0, 2026-11-21",
        "tcp/80 http: http nginx (nmap 1.0, 2026-11-20)",
    ]


@pytest.mark.parametrize(
    ("later", "left"),
    [
        (("nmap", 21, [said("tcp/22", "tcp/22 is closed", outcome=Outcome.PASS)]), 0),
        (("nmap", 19, [said("tcp/22", "tcp/22 is closed", outcome=Outcome.PASS)]), 1),  # it is of the day before
        (("nmap", 21, []), 1),  # not named proves nothing
        (("nmap", 21, [said("tcp/22", GONE, outcome=Outcome.PASS)]), 1),
        (("nessus", 21, [said("tcp/22", "fixed", "import.nessus.1", Outcome.PASS)]), 1),
        (("nmap", 21, [said("tcp/99999"), said("tcp/"), said("tcp/0"), said("tcp/x"), said("tcp/22")]), 1),
    ],
)
def test_what_a_later_file_calls_closed_is_dropped(later: tuple[str, int, list[CheckRun]], left: int) -> None:
    assert len(imported(s1=("nmap", 20, [said("tcp/22")]), s2=later)) == left


def test_a_report_knows_the_files_that_came_before_its_scan() -> None:
    files = {"s1": ("nmap", 20, [said("tcp/22")]), "s5": ("nmap", 21, [said("tcp/23")])}
    assert [one[:6] for one in imported(before=3, **files)] == ["tcp/22"]
    assert [one[:6] for one in imported(before=5, kind=ScanKind.IMPORT, **files)] == ["tcp/23"], "its own report"


def test_ports_of_other_tools_stand_beside_our_own() -> None:
    scan = SimpleNamespace(id=9, kind=ScanKind.FULL)
    others = imported_ports(cast("Any", Files({1: ("nmap", 20, [said("tcp/22"), said("tcp/9")])})), cast("Any", scan))
    shelf = Shelf()
    (one,) = open_ports_of(cast("Any", shelf), [host(shelf.answer("sockets", SS))], ASKED, others)
    assert told(one)["tcp/9"] == (Reach.ELSEWHERE, ())
    assert told(one)["tcp/22"] == (Reach.ANSWERED, ("ssh", "sshd"))
    assert [t.how for t in next(p for p in one.ports if p.port == 22).told] == [How.WAY_IN, How.LISTED, How.IMPORTED]
    (never,) = open_ports_of(cast("Any", Shelf()), [replace(host(), attempt=None)], {}, others)
    assert (sorted(told(never)), never.why) == (["tcp/22", "tcp/9"], "the scan ended before its turn came")
