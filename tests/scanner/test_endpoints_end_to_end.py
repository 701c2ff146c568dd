"""Endpoints the whole way: inventory, real servers, record, report; and judged again later from the record alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.certificates import NAME
from tests.lab.daemons import Daemons
from tests.lab.nginx import Nginx
from tests.lab.sshd import SshdFactory
from tests.lab.talkers import says, talker
from tests.scanner.end_to_end import Estate

pytestmark = pytest.mark.lab


def findings(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["asset"], one["check_id"]) for issue in report["issues"] for one in issue["occurrences"]}


def scanned(estate: Estate, *words: str, code: int = 0) -> dict[str, Any]:
    done = estate.run("scan", "--quiet", *words)
    assert done.returncode == code, done.stderr
    return estate.report()


def endpoint(estate: Estate, name: str, *urls: str, **own: object) -> None:
    estate.hosts[name] = {
        "ansible_host": "127.0.0.1",
        "ansible_connection": "endpoint",
        "estatecheck": {"endpoints": list(urls), **own},
    }


def test_good_and_bad_servers_from_inventory_to_findings_and_once_more(
    tmp_path: Path, lab_nginx: Nginx, sshd_factory: SshdFactory, daemons: Daemons
) -> None:
    weak = sshd_factory("PasswordAuthentication yes", "Ciphers aes128-cbc,aes256-gcm@openssh.com")
    sound = sshd_factory()
    estate, ports, ca = Estate(tmp_path), lab_nginx.ports, {"ca": str(lab_nginx.authority.file)}
    for label in ("good", "expired", "wrong-name", "self-signed", "weak-key"):
        endpoint(estate, label, f"https://{NAME}:{ports[label]}/", tls=ca)
    endpoint(estate, "stranger", f"https://{NAME}:{ports['good']}/")  # nobody named its authority
    endpoint(estate, "ssh-weak", f"ssh://:{weak.port}")
    endpoint(estate, "ssh-sound", f"ssh://:{sound.port}")
    endpoint(estate, "files", f"smb://:{daemons['smb'].port}")
    endpoint(estate, "cache", f"redis://:{daemons['redis'].port}", f"redis://:{daemons['redis-password'].port}")
    first = scanned(estate)
    expected = {
        ("expired", "tls.cert.expired"),
        ("wrong-name", "tls.cert.hostname-mismatch"),
        ("self-signed", "tls.cert.self-signed"),
        ("weak-key", "tls.cert.weak-key"),
        ("weak-key", "tls.proto.tls10-tls11"),
        ("weak-key", "tls.cipher.null-anon-export"),
        ("stranger", "tls.cert.untrusted-issuer"),
        ("ssh-weak", "ssh.auth.password-offered"),
        ("ssh-weak", "ssh.cipher.cbc-3des-arcfour"),
        ("files", "smb.signing.not-required"),
        ("cache", "db.auth.missing"),
    }
    found = findings(first)
    assert expected <= found
    mostly = ("tls.cert", "tls.proto", "tls.cipher", "ssh.auth", "ssh.cipher")
    for name in ("good", "ssh-sound"):
        assert not [check for asset, check in found if asset == name and check.startswith(mostly)], name
    # the database was reached from a place that the inventory does not name: no verdict, no pass
    assert ("cache", "db.exposed.user-zone") not in found
    again = estate.run("evaluate", "--format", "json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["changes"] == []


def test_the_vantage_decides_who_is_exposed(tmp_path: Path, daemons: Daemons) -> None:
    estate = Estate(tmp_path)
    endpoint(estate, "cache", f"redis://:{daemons['redis'].port}")
    estate.write = lambda: _write_with_desks(estate)  # type: ignore[method-assign]
    found = findings(scanned(estate, "--check", "db.*"))
    assert found == {("cache", "db.exposed.user-zone"), ("cache", "db.auth.missing")}


def _write_with_desks(estate: Estate) -> None:
    Estate.write(estate)
    place = estate.folder / "inventory.yaml"
    document = json.loads(place.read_text())
    document["estatecheck"] |= {"sites": {"desks": {"users": True}}, "scanner": {"site": "desks"}}
    place.write_text(json.dumps(document))


def test_a_passive_scope_keeps_endpoints_from_being_asked(tmp_path: Path) -> None:
    estate = Estate(tmp_path)
    estate.scopes["lab"] = {**estate.scopes["lab"], "intrusiveness": "passive"}
    with talker(says(b"+PONG\r\n")) as port:
        endpoint(estate, "cache", f"redis://:{port}")
        report = scanned(estate, "--check", "db.auth.missing", code=3)  # nothing was looked at
    assert findings(report) == set()
    assert "the scope permits passive only" in json.dumps(report)
