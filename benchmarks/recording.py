"""One real visit of this machine, kept in a file, and made into many hosts that differ.

The visit's script runs here for real. Its answers are kept, the package list is made longer until one visit brings
``BYTES``, and every host gets its own name, machine-id, host key, boot id, address and a package list of its own.
"""

import base64
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.catalogue import catalogue
from inventory.asset import Asset, Become, Connection, Privilege
from scanner.query import Script
from scanner.service.plan import choose_checks, probes_for
from scanner.transports.script import compose, new_marker, read_transcript

BYTES = 150_000  # plain text of one visit
TRIES = 5  # a section may run into its time limit when this machine is busy
PRIVATE_PACKAGES = 12  # of the longer list differ from host to host


@dataclass(frozen=True, slots=True)
class Section:
    """One answer as it went over the wire. ``root``: it was asked for in the part that needs root."""

    name: str
    root: bool
    ran_as: str
    exit_code: int
    output: bytes


def queries() -> list[Script]:
    """What a scan with the whole catalogue asks of a host that the inventory says nothing special of."""
    asset = Asset("recorded", Connection("ssh", "127.0.0.1", become=Become.SUDO))
    asked = (probe.query(asset, ()) for probe in probes_for(choose_checks(catalogue(), ()), "ssh"))
    return [query for query in asked if query is not None]


def record() -> list[Section]:
    """Run the script here until every section is whole. Raises ``SystemExit`` when that does not come about."""
    asked = queries()
    for _ in range(TRIES):
        marker = new_marker()
        script = compose(asked, marker, Become.SUDO)
        began = time.time()
        done = subprocess.run(["sh", "-s"], input=script, capture_output=True, check=False, timeout=120)
        seen = read_transcript(
            done.stdout,
            asked,
            marker,
            exit_status=done.returncode,
            limit=8 << 20,
            asked_at=began,
            answered_at=time.time(),
        )
        if seen.complete and all(answer.missing is None for answer in seen.answers):
            sections = [
                Section(
                    query.name,
                    query.privilege is Privilege.ROOT,
                    "root" if answer.privilege is Privilege.ROOT else "user",
                    answer.exit_code or 0,
                    answer.output,
                )
                for query, answer in zip(asked, seen.answers, strict=True)
            ]
            return _grown(sections)
    lacking = ", ".join(answer.query for answer in seen.answers if answer.missing)
    raise SystemExit(f"the recording is not whole after {TRIES} tries (run it as root, on a quiet machine): {lacking}")


def _grown(sections: Sequence[Section]) -> list[Section]:
    """A longer package list: this machine is small, and packages are what makes a server's answer long."""
    lacking = BYTES - sum(len(section.output) for section in sections)
    return [_longer(section, lacking) if section.name == "packages" else section for section in sections]


def _longer(section: Section, lacking: int) -> Section:
    if not section.output.startswith(b"=deb="):
        raise SystemExit("the benchmark knows how to lengthen a dpkg list only: run it on Debian or Ubuntu")
    head, end = section.output.rsplit(b"=deb:", 1)
    more: list[bytes] = []
    while lacking > 0:
        more.append(_package(len(more), "1"))
        lacking -= len(more[-1])
    return replace(section, output=head + b"".join(more) + b"=deb:" + end)


def _package(number: int, revision: str) -> bytes:
    name, version = f"libbench{number:04d}-dev", f"{number % 7}.{number % 11}.{number % 13}-{revision}"
    return f"ii \t{name}\t{version}\tamd64\tlibbench{number:04d}\t{version}\t\n".encode()


def for_host(sections: Sequence[Section], number: int) -> list[Section]:
    """The sections of one of many hosts."""
    change = {"identity": _identity, "system": _system, "packages": _packages, "interfaces": _interfaces}
    return [
        replace(s, output=change[s.name](s.output, number)) if s.name in change and s.exit_code == 0 else s
        for s in sections
    ]


def _own(number: int, what: str) -> bytes:
    return hashlib.sha256(f"benchmark host {number} {what}".encode()).digest()


def _identity(_: bytes, number: int) -> bytes:
    own = _own(number, "id")[:16].hex().encode()
    key = b"ssh-ed25519 " + base64.b64encode(public_blob(host_key(number)))
    return b"machine_id=%s\nsmbios_uuid=\n=keys=\n%s\n=keys:0=\n" % (own, key)


def host_key(number: int) -> Ed25519PrivateKey:
    """Made from the number, so that server and scanner agree on it. Good for nothing but a benchmark."""
    return Ed25519PrivateKey.from_private_bytes(_own(number, "host key"))


def public_blob(key: Ed25519PrivateKey) -> bytes:
    """RFC 8709, section 4."""
    return b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + key.public_key().public_bytes_raw()


def _system(output: bytes, number: int) -> bytes:
    boot = UUID(bytes=_own(number, "boot")[:16])
    own = {b"hostname": b"host%04d" % number, b"boot_id": str(boot).encode()}
    lines = (line.partition(b"=") for line in output.split(b"\n"))
    return b"\n".join(key + sign + own.get(key, value) for key, sign, value in lines)


def _packages(output: bytes, number: int) -> bytes:
    """Some packages of a version only this host has, and one that only it lacks."""
    for index in range(PRIVATE_PACKAGES):
        which = (number * 31 + index * 17) % 1000
        output = output.replace(_package(which, "1"), _package(which, f"{number}.1"))
    return output.replace(_package((number * 7) % 1000, "1"), b"")


def _interfaces(output: bytes, number: int) -> bytes:
    return output.replace(b"=flags=\n", b"=flags=\nens%d 0x1003\n" % (number + 1), 1)


def save(sections: Sequence[Section], path: Path) -> None:
    rows = [[s.name, s.root, s.ran_as, s.exit_code, base64.b64encode(s.output).decode()] for s in sections]
    path.write_text(json.dumps(rows))


def load(path: Path) -> list[Section]:
    return [
        Section(name, root, ran_as, code, base64.b64decode(text))
        for name, root, ran_as, code, text in json.loads(path.read_text())
    ]


if __name__ == "__main__":
    save(record(), Path(sys.argv[1]))
