"""Real machines and real feeds for tests: recorded package lists as facts, publishers' records as tables.

Only records that name one of the wanted packages are decoded: the rest would be decoded for nothing.
"""

import io
import json
import re
import tarfile
from collections.abc import Collection, Iterator
from functools import lru_cache

import zstandard

from checks.advisories.formats import DECODERS
from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote
from checks.advisories.signed import signed_source
from checks.advisories.table import Table
from inventory.facts.kernel import Kernel
from inventory.facts.packages import Package, Packages
from inventory.facts.system import System
from scanner.probes.linux.kernel import read_kernel
from tests.data import folder, recorded_host

FEEDS = {  # feed -> format, file
    "debian": ("osv", "debian-osv-10-13.jsonl.zst"),
    "almalinux": ("osv", "almalinux-osv-8-9-10.tar.zst"),
    "rocky": ("osv", "rocky-osv.tar.zst"),
    "redhat": ("osv-compact", "redhat-osv-el8-el9.jsonl.zst"),
    "suse": ("osv-compact", "suse-osv-sles15-leap15.jsonl.zst"),
    "ubuntu": ("ubuntu-cve-tracker", "ubuntu-cve-tracker-bionic-noble.jsonl.zst"),
    "alpine": ("alpine-secdb", "alpine-secdb.tar.zst"),
    "kev": ("kev", "kev.json"),
}
SYSTEMS = {  # family of the recording -> os-release ID, the package manager
    "alma": ("almalinux", "rpm"),
    "alpine": ("alpine", "apk"),
    "amazon": ("amzn", "rpm"),
    "centos": ("centos", "rpm"),
    "debian": ("debian", "deb"),
    "fedora": ("fedora", "rpm"),
    "opensuse.leap": ("opensuse-leap", "rpm"),
    "oracle": ("ol", "rpm"),
    "redhat": ("rhel", "rpm"),
    "rocky": ("rocky", "rpm"),
    "suse.linux.enterprise.server": ("sles", "rpm"),
    "ubuntu": ("ubuntu", "deb"),
}
_NAMES = re.compile(rb'"name":\s*"([^"]+)"')
_KEYS = re.compile(rb'"([^"]+)":')


def raw(file: str) -> bytes:
    data = (folder() / "feeds" / file).read_bytes()
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read() if file.endswith(".zst") else data


def _files(file: str, wanted: Collection[bytes], release: str) -> Iterator[tuple[str, bytes]]:
    data, names = raw(file), {name.decode() for name in wanted}
    if ".tar" in file:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                read = tar.extractfile(member)
                text = read.read() if read is not None else b""
                text = text if not wanted or names_of(text, _NAMES) & wanted else b""
                text = _of(text, names, release) if text and wanted and release else text
                if text:
                    yield member.name, text
        return
    if wanted and ".jsonl" in file:
        pattern, thinned = (_NAMES, _of) if "debian" in file else (_KEYS, _thinned)
        lines = (line for line in data.splitlines(keepends=True) if names_of(line, pattern) & wanted)
        data = b"".join(thinned(line, names, release) for line in lines)
    yield file.removesuffix(".zst"), data


def _of(text: bytes, wanted: Collection[str], release: str) -> bytes:
    """A record of OSV with what it says of the wanted packages in one major release, b"" where that is nothing."""
    record = json.loads(text)
    named = [(one, one["package"]) for one in record["affected"]]
    kept = [one for one, of in named if of["name"] in wanted and of["ecosystem"].partition(":")[2].startswith(release)]
    return json.dumps(record | {"affected": kept}).encode() + b"\n" if kept else b""


def _thinned(line: bytes, wanted: Collection[str], _: str) -> bytes:
    """A record that lists packages by release, with those that are wanted: of a kernel's CVE it names a hundred."""
    record = json.loads(line)
    listed = "packages" if "packages" in record else "fixed"
    record[listed] = {
        where: {name: said for name, said in packages.items() if name in wanted}
        for where, packages in record[listed].items()
    }
    return json.dumps(record).encode() + b"\n"


def names_of(text: bytes, pattern: re.Pattern[bytes]) -> set[bytes]:
    return set(pattern.findall(text))


@lru_cache
def feed(name: str, wanted: frozenset[str] = frozenset(), release: str = "") -> Feed:
    """``wanted``: names of packages; none: all. ``release``: the major one that counts; "": all."""
    form, file = FEEDS[name]
    decoded = DECODERS[form].decode(_files(file, {one.encode() for one in wanted}, release), name)
    note = FeedNote(name, decoded.publisher, decoded.snapshot, decoded.records, "")
    return Feed(note, {table: Table(data) for table, data in decoded.tables.items()})


def advisories(*names: str, wanted: Collection[str] = (), release: str = "", max_age_days: int = 7) -> Advisories:
    chosen = frozenset(wanted)
    return Advisories([feed(name, chosen if name != "kev" else frozenset(), release) for name in names], max_age_days)


def wanted_of(packages: Packages) -> frozenset[str]:
    """Names under which a publisher may speak of these packages."""
    signed = {signed_source(p.source, p.source_version, p.version)[0] for p in packages.items}
    return frozenset({p.name for p in packages.items} | {p.source for p in packages.items} | signed) - {""}


def system_of(recorded: dict[str, object]) -> System:
    os_id, _ = SYSTEMS[str(recorded["family"])]
    release = str(recorded["release"])
    codename = {"11": "bullseye", "12": "bookworm"}.get(release, "") if os_id == "debian" else ""
    return System(os_id, release, f"{os_id} {release}", (), codename, "recorded", "x86_64", None, "", None, "systemd")


def host(name: str) -> tuple[System, Packages, Kernel]:
    """A recorded machine. Where the recording knows no source packages (SUSE, RHEL, CentOS), there is no SOURCERPM."""
    recorded = recorded_host(name)
    manager = SYSTEMS[recorded["family"]][1]
    sources = {binary: source for source in recorded["source_packages"] for binary in source["binaries"]}
    items = [_package(one, manager, sources.get(one["name"], {})) for one in recorded["packages"]]
    packages = Packages(manager, tuple(sorted(items, key=lambda p: (p.name, p.version, p.architecture))))
    return system_of(recorded), packages, _kernel(recorded, packages)


def _package(one: dict[str, str], manager: str, source: dict[str, str]) -> Package:
    version = f"{one['version']}-{one['release']}" if manager == "rpm" else one["version"]
    module = one.get("modularitylabel", "")
    if manager == "rpm":
        bare = source["version"].rpartition(":")[2] if source else ""
        sourcerpm = f"{source['name']}-{bare}.src.rpm" if source else ""
        return Package(one["name"], version, one.get("arch", ""), sourcerpm, "", "", module=module)
    source_version = source.get("version", version) if manager == "deb" else ""
    return Package(one["name"], version, one.get("arch", ""), source.get("name", one["name"]), source_version)


def _kernel(recorded: dict[str, object], packages: Packages) -> Kernel:
    """What the probe would read on that machine."""
    kernel = recorded["kernel"]
    assert isinstance(kernel, dict)
    maker = "SUSE LLC" if recorded["family"] in ("opensuse.leap", "suse.linux.enterprise.server") else ""
    lines = [f"uname={kernel['release']} #1 SMP" + (f" Debian {kernel['version']}" if kernel["version"] else ""), ""]
    if packages.manager == "deb":
        listed = [f"ii \t{p.name}\t{p.version}" for p in packages.items if p.name.startswith("linux-image-")]
    elif packages.manager == "rpm":
        bare = [(p.name, p.version.partition(":")[2] or p.version, p.architecture) for p in packages.items]
        listed = ["\t".join((*one, maker)) for one in bare if one[0].startswith("kernel")]
    else:
        listed = []
    return read_kernel("\n".join([*lines, f"={packages.manager}=", *listed, f"={packages.manager}:0=", ""]))
