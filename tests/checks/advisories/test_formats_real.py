"""Every real feed decodes, and its tables say what its records say: counted here in another way.

Of the large ones every thirteenth record or so is taken, which is still thousands, and in ``make soak`` every third;
benchmarks/feed_load.py takes all.
"""

import csv
import io
import json
import re
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard

from checks.advisories import support
from checks.advisories.formats import DECODERS, Decoded, recognise
from checks.advisories.formats.kinds import NO_WEAKNESS
from checks.advisories.model import Epss, Exploited, Statement, statements_of
from checks.advisories.table import Table
from checks.advisories.windows_updates import product_key, updates_of
from tests.data import ROOT, folder

pytestmark = pytest.mark.data

Files = list[tuple[str, bytes]]
WINDOWS_LINES = 20_000  # of 600,000: enough to see the form


def _unpacked(name: str) -> bytes:
    path = folder() / "feeds" / name
    return (
        zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        if path.suffix == ".zst"
        else path.read_bytes()
    )


def more(*case: object) -> Any:  # noqa: ANN401 (pytest's own)
    """A case that shows on more records what another shows on fewer."""
    return pytest.param(*case, marks=pytest.mark.soak)


def one_file(name: str) -> Files:
    return [(name.removesuffix(".zst"), _unpacked(name))]


def thinned(name: str, every: int, rare: bytes = b"\n") -> Files:
    """One file with every n-th of its lines, and those that hold ``rare``."""
    ((plain, data),) = one_file(name)
    return [(plain, b"\n".join(line for n, line in enumerate(data.splitlines()) if n % every == 0 or rare in line))]


def archive(name: str) -> Files:
    with tarfile.open(fileobj=io.BytesIO(_unpacked(name))) as tar:
        return [(m.name, file.read()) for m in tar if m.isfile() and (file := tar.extractfile(m))]


def decode(form: str, files: Files, feed: str) -> Decoded:
    """The format must be recognised by what the import sees: a name and the first bytes."""
    known = [recognise(name, data[:4096]) for name, data in files]
    assert form in known
    assert set(known) <= {form, None}
    return DECODERS[form].decode(files, feed)


def records(files: Files) -> Iterator[dict[str, Any]]:
    for name, data in files:
        if name.endswith(".json"):
            yield json.loads(data)
        elif name.endswith(".jsonl"):
            yield from map(json.loads, data.splitlines())


def statements(decoded: Decoded) -> Iterator[tuple[str, str, Statement]]:
    for release in decoded.releases:
        table = Table(decoded.tables[release])
        for package in table.keys():  # noqa: SIM118  # a table is no mapping
            row = table.get(package)
            assert row is not None
            yield from ((release, package, statement) for statement in statements_of(row))


@pytest.mark.parametrize(("every", "taken", "repaired"), [(13, 2_779, 10), more(3, 12_056, 28)])
def test_debian(every: int, taken: int, repaired: int) -> None:
    files = thinned("debian-osv-10-13.jsonl.zst", every)
    decoded = decode("osv", files, "debian")
    repairs = {record["id"] for record in records(files) if _repairs(record)}
    assert (decoded.records, decoded.skipped) == (taken, {NO_WEAKNESS: repaired})
    assert sum(map(_repairs, records(files))) == repaired  # one may stand in the file twice
    assert decoded.releases == ("debian:10", "debian:11", "debian:12", "debian:13")
    expected: Counter[str] = Counter()
    for record in (record for record in records(files) if record["id"] not in repairs):
        for affected in record["affected"]:
            (events,) = (item["events"] for item in affected["ranges"])
            expected["rows"] += 1
            expected["unfixed"] += not any("fixed" in event for event in events)
            expected["unimportant"] += affected.get("ecosystem_specific", {}).get("urgency") == "unimportant"
            expected["end of life"] += affected.get("ecosystem_specific", {}).get("urgency") == "end-of-life"
    found: Counter[str] = Counter()
    for _, _, said in statements(decoded):
        found["rows"] += 1
        found["unfixed"] += not said.fixed
        found["unimportant"] += said.unimportant
        found["end of life"] += said.status == "end-of-life"
        assert said.advisory in said.cves or said.advisory.startswith(("DSA-", "DLA-"))
    assert found == expected
    assert len(Table(decoded.tables["cve"])) == sum(record["id"].startswith("CVE-") for record in records(files))


def _repairs(record: dict[str, Any]) -> bool:
    """Data, repairs of an earlier update: an advisory without any CVE that calls itself something else."""
    of_one = record["id"].startswith("CVE-")
    return not of_one and not record.get("related") and not record["summary"].endswith(" - security update")


@pytest.mark.parametrize(
    ("name", "every", "prefix", "release", "skipped"),
    [
        ("almalinux-osv-8-9-10.tar.zst", 13, "ALSA-", "almalinux:", {"not a security advisory": 93}),
        more("almalinux-osv-8-9-10.tar.zst", 3, "ALSA-", "almalinux:", {"not a security advisory": 400}),
        ("rocky-osv.tar.zst", 3, "RLSA-", "rocky:", {"advisory of a special interest group's repository": 4}),
        more("rocky-osv.tar.zst", 1, "RLSA-", "rocky:", {"advisory of a special interest group's repository": 14}),
    ],
)
def test_almalinux_and_rocky(name: str, every: int, prefix: str, release: str, skipped: dict[str, int]) -> None:
    files = archive(name)[::every]
    decoded = decode("osv", files, "el")
    taken = [record for record in records(files) if record["id"].startswith(prefix)]
    named = {(record["id"], *sorted({c for c in record["related"] if c.startswith("CVE-")})) for record in taken}
    assert (decoded.records, decoded.skipped) == (len(taken), skipped)
    fixes = {
        (record["id"], f"{release}{a['package']['ecosystem'][-2:].strip(':')}", a["package"]["name"])
        for record in taken
        for a in record["affected"]
    }
    found: set[tuple[str, str, str]] = set()
    streams: Counter[bool] = Counter()
    for where, package, said in statements(decoded):
        found.add((said.advisory, where, package.removeprefix("src:")))
        assert said.advisory.startswith(prefix)
        assert bool(said.module) == (".module" in said.fixed)
        assert (said.advisory, *said.cves) in named
        streams[said.module == "?"] += bool(said.module)
        assert said.severity in ("critical", "important", "moderate", "low") or "ALSA-2022:5468" in said.advisory
    assert found == fixes
    assert 0 < streams[True] < 0.05 * streams[False]  # a few titles do not name the stream


@pytest.mark.parametrize(("every", "taken"), [(13, 431), more(3, 1_868)])
def test_red_hat(every: int, taken: int) -> None:
    files = thinned("redhat-osv-el8-el9.jsonl.zst", every)
    decoded = decode("osv-compact", files, "redhat")
    assert (decoded.records, decoded.skipped, decoded.releases) == (taken, {}, ("rhel:8", "rhel:9"))
    expected = {
        (record["id"], package, product.split(":")[0].removeprefix("rhel_"), product.split(":")[1], version)
        for record in records(files)
        for product, packages in record["fixed"].items()
        for package, version in packages.items()
    }
    found = set()
    for release, package, said in statements(decoded):
        stream, _, minor = said.scope.partition(":")
        found.add((said.advisory, package, stream or "enterprise_linux", minor or release[-1], said.fixed))
    assert found == expected


@pytest.mark.parametrize(("every", "taken"), [(7, 743), more(1, 5_195)])
def test_suse(every: int, taken: int) -> None:
    files = thinned("suse-osv-sles15-leap15.jsonl.zst", every, rare=b'"Recommended update for grub2"')
    decoded = decode("osv-compact", files, "suse")
    assert (decoded.records, decoded.skipped) == (taken, {NO_WEAKNESS: 1})  # "Recommended update for grub2"
    assert len(decoded.releases) == 11
    scopes = Counter(said.scope for _, _, said in statements(decoded))
    assert set(scopes) == {"", "ltss", "bcl", "teradata"}
    expected = {
        (record["id"], package, version)
        for record in records(files)
        if record["cves"] or not record["summary"].startswith("Recommended")
        for packages in record["fixed"].values()
        for package, version in packages.items()
    }
    assert {(said.advisory, package[4:], said.fixed) for _, package, said in statements(decoded)} == expected


@pytest.mark.parametrize(("every", "taken"), [(20, 1_154), more(5, 4_615)])
def test_ubuntu(every: int, taken: int) -> None:
    files = thinned("ubuntu-cve-tracker-bionic-noble.jsonl.zst", every)
    decoded = decode("ubuntu-cve-tracker", files, "ubuntu")
    assert (decoded.records, decoded.releases) == (
        taken,
        ("ubuntu:18.04", "ubuntu:20.04", "ubuntu:22.04", "ubuntu:24.04"),
    )
    assert sum(decoded.skipped.values()) <= 2  # of the whole: one without a version, one mistyped
    words: Counter[str] = Counter()
    for record in records(files):
        for release, packages in record["packages"].items():
            words.update("esm fix" if "/" in release else word for word, _ in packages.values() if word == "released")
            words.update(word for word, _ in packages.values() if word != "released" and "/" not in release)
    found: Counter[str] = Counter()
    for _, _, said in statements(decoded):
        found["esm fix" if said.scope else "released"] += bool(said.fixed)
        assert bool(said.fixed) != bool(said.status)
        assert said.scope in ("", "esm-infra", "esm-apps")
        assert said.fixed or not said.scope
        found[said.status] += not said.fixed
    assert found["esm fix"] == words["esm fix"]
    assert found["released"] == words["released"] - sum(decoded.skipped.values())
    assert all(found[word] >= words[word] for word in ("needed", "ignored", "deferred", "pending", "needs-triage"))


def few_packages(name: str, data: bytes, every: int) -> tuple[str, bytes]:
    if every == 1 or not name.endswith(".json"):
        return name, data
    whole = json.loads(data)
    head = {key: value for key, value in whole.items() if key != "packages"}
    return name, json.dumps(head | {"packages": whole["packages"][::every]}).encode()


@pytest.mark.parametrize(("every", "rolling", "least"), [(4, 169, 17_500), more(1, 674, 70_000)])
def test_alpine(every: int, rolling: int, least: int) -> None:
    files = [few_packages(*file, every) for file in archive("alpine-secdb.tar.zst")]
    decoded = decode("alpine-secdb", files, "alpine")
    assert len(decoded.releases) == 20
    assert not decoded.dated
    assert decoded.skipped["package: rolling or unnumbered release"] == rolling
    assert 0 < decoded.skipped["package: unreadable"] < 100  # versions that apk itself refuses: 1.0.4.-r0
    found = list(statements(decoded))
    assert len(found) > least
    assert all(said.fixed not in ("", "0") for _, _, said in found)
    assert sum(not said.cves for _, _, said in found) < 500


def test_cve_points() -> None:
    kev = decode("kev", one_file("kev.json"), "kev")
    table = Table(kev.tables["kev"])
    rows = [Exploited(*json.loads(table.get(cve) or b"")) for cve in table.keys()]  # noqa: SIM118  # no mapping
    assert (kev.records, kev.snapshot.isoformat()) == (1_662, "2026-08-07")
    assert sum(row.ransomware for row in rows) == 338
    ((name, data),) = one_file("epss-20260816.csv.zst")
    head, *lines = data.splitlines()
    epss = decode("epss", [(name, b"\n".join((head, *lines[::20])))], "epss")
    assert len(lines) == 360_142
    assert (epss.records, epss.skipped, epss.snapshot.isoformat()) == (18_008, {}, "2026-08-16")
    first = Epss(*json.loads(Table(epss.tables["epss"]).get("CVE-1999-1593") or b""))
    assert first == Epss(0.18126, 0.96946, "2026-08-16")
    ssvc = decode("ssvc", one_file("ssvc-vulnrichment.csv.zst"), "ssvc")
    assert (ssvc.records, ssvc.skipped) == (39_848, {})


def _support() -> support.SupportDates:
    decoded = decode("endoflife", one_file("endoflife-products.json"), "endoflife")
    assert (decoded.records, decoded.skipped, decoded.snapshot.isoformat()) == (464, {}, "2026-08-22")
    return support.decode(Table(decoded.tables["support"]).get("support") or b"")


def test_endoflife_keeps_every_product_and_agrees_with_what_ships() -> None:
    dates = _support()
    raw = json.loads(_unpacked("endoflife-products.json"))["products"]
    assert {name: len(dates.cycles[name]) for name in raw} == {name: len(raw[name]["releases"]) for name in raw}
    shipped = support.decode((ROOT / "scanner/feeds/data/support-dates.json").read_bytes())
    differ = [
        (product, mine.cycle)
        for product, cycles in shipped.cycles.items()
        for mine in cycles
        if (found := dates.cycle(product, mine.cycle)) is None or replace(found, product=product) != mine
    ]
    assert differ in ([], [("nodejs", "3"), ("nodejs", "2"), ("nodejs", "1")])  # "eol: true", shipped as not announced


def test_endoflife_and_distro_info_agree_on_the_end_of_regular_support() -> None:
    dates = _support()
    files = [(p.name, p.read_bytes()) for p in _lists("*.csv")]
    decoded = decode("distro-info", files, "distro-info")
    table = Table(decoded.tables["distro-info"])
    for version in ("9", "10", "11", "12", "13"):
        told = json.loads(table.get(f"debian:{version}") or b"")
        cycle = dates.cycle("debian", version)
        assert cycle is not None
        assert str(cycle.ends) == told["eol"]
        assert str(cycle.extended_ends)[:7] in (told["eol-lts"][:7], "2022-07")  # not the paid ELTS after it
    assert (decoded.records, decoded.skipped) == (65, {"release without a number": 2})


def _lists(pattern: str) -> list[Path]:
    return sorted((folder() / "feeds/eol-debian").glob(pattern))


def test_debian_support_lists() -> None:
    decoded = decode(
        "debian-support", [(p.name, p.read_bytes()) for p in _lists("security-support*")], "debian-support"
    )
    table = Table(decoded.tables["debian-support"])
    assert list(table.keys()) == ["ended:10", "ended:11", "ended:12", "ended:9", "limited"]
    ended = {package: day for package, _, day, _ in json.loads(table.get("ended:12") or b"")}
    assert ended["dnsdist"] == "2025-10-01"
    assert "golang.*" in {package for package, _ in json.loads(table.get("limited") or b"")}


def test_windows_updates() -> None:
    with zipfile.ZipFile(folder() / "feeds/wesng-definitions-20260628.zip") as packed:
        with packed.open("CVEs_20260628.csv") as file:
            data = b"".join(line for _, line in zip(range(WINDOWS_LINES), file, strict=False))
        files = [("CVEs_20260628.csv", data), ("Version_0.94.txt", packed.read("Version_0.94.txt"))]
    decoded = decode("windows-kb", files, "windows-kb")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    with_kb = [row for row in rows if re.fullmatch(r"\d{5,8}", row["BulletinKB"])]
    assert decoded.records == len(with_kb)
    assert decoded.skipped == {"row without a KB number": len(rows) - len(with_kb)}
    pairs = {(product_key(row["AffectedProduct"]), row["BulletinKB"]) for row in with_kb}
    table = Table(decoded.tables["windows-updates"])
    found = {(key, update.kb) for key in table.keys() for update in updates_of(table.get(key) or b"")}  # noqa: SIM118 (a table is no mapping)
    assert found == pairs
