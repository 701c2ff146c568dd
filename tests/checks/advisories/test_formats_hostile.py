"""What a broken or hostile publisher may send: refused with one clear error, or counted. Never a crash or a wait."""

import json
import random
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from checks.advisories.formats import DECODERS
from checks.advisories.formats.decoded import text
from checks.advisories.model import FeedContentError
from checks.advisories.table import Table

GOOD = {
    "id": "CVE-2025-0001",
    "modified": "2025-03-04T10:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "curl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}]}],
        }
    ],
}
NESTED = b'{"id": "CVE-2025-0002", "affected": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "\x00",
    "\ud800",
    "x" * 100_000,
    [],
    {},
    [[]],
    {"a": []},
    [None] * 3,
]


def _affecting(**how: list[Any]) -> bytes:
    return json.dumps(GOOD | {"affected": [{"package": {"ecosystem": "Debian:12", "name": "x"}, **how}]}).encode()


def _feed(bad: list[bytes], good: int = 400) -> list[tuple[str, bytes]]:
    records = [json.dumps(GOOD | {"id": f"CVE-2024-{n:04}"}).encode() for n in range(good)]
    return [("feed.jsonl", b"\n".join(records + bad))]


@pytest.mark.parametrize(
    "bad",
    [
        NESTED,
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b'"text"',
        b'{"id": 7}',
        b'{"id": "' + b"A" * 10_000 + b'"}',
        b'{"id": "CVE-2025-0002", "affected": ' + b"9" * 10_000 + b"}",
        json.dumps(GOOD | {"affected": [{}] * 1_000_000}).encode(),
        _affecting(ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}] * 20_000}]),
        _affecting(versions=["1"] * 20_000),
    ],
    ids=["deep", "cut", "bytes", "list", "text", "number", "long id", "long number", "packages", "events", "versions"],
)  # fmt: skip
def test_one_bad_record_among_many_is_counted(bad: bytes) -> None:
    decoded = DECODERS["osv"].decode(_feed([bad]), "debian")
    assert (decoded.records, decoded.skipped) == (400, {"unreadable": 1})


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "../x", "-x", "", "ä", "x" * 300, "a b", "\u202ea"])
def test_a_package_name_that_none_can_be_is_counted(name: str) -> None:
    bad = json.loads(json.dumps(GOOD))
    bad["affected"][0]["package"]["name"] = name
    decoded = DECODERS["osv"].decode(_feed([json.dumps(bad).encode()]), "debian")
    assert decoded.records == 400
    assert sum(decoded.skipped.values()) in (1, 2)
    assert list(Table(decoded.tables["debian:12"]).keys()) == ["curl"]


@pytest.mark.parametrize("version", ["1 2", "1\t2", "x" * 300, "-", "1\n", "$(id)"])
def test_a_version_that_none_can_be_is_counted(version: str) -> None:
    bad = json.loads(json.dumps(GOOD))
    bad["affected"][0]["ranges"][0]["events"][1]["fixed"] = version
    decoded = DECODERS["osv"].decode(_feed([json.dumps(bad).encode()]), "debian")
    assert decoded.records == 400
    assert set(decoded.skipped) <= {"unreadable", "package: unreadable", "affects no package of a known release"}
    assert decoded.skipped


def test_more_than_one_bad_record_in_a_hundred_refuses_the_feed() -> None:
    assert DECODERS["osv"].decode(_feed([b"{"] * 4), "debian").records == 400
    with pytest.raises(
        FeedContentError, match=r"5 of 405 records are unreadable, the first is feed.jsonl line 401: is no JSON"
    ):
        DECODERS["osv"].decode(_feed([b"{"] * 5), "debian")


def test_many_cves_times_many_packages_are_not_multiplied_without_end() -> None:
    cves = [f"CVE-2025-{n:05}" for n in range(10_000)]
    packages = [{**GOOD["affected"][0], "package": {"ecosystem": "Debian:12", "name": f"p{n}"}} for n in range(10_000)]  # type: ignore[dict-item]  # of mixed values
    bomb = json.dumps(GOOD | {"id": "DSA-1-1", "related": cves, "affected": packages}).encode()
    assert DECODERS["osv"].decode(_feed([bomb]), "debian").skipped == {"unreadable": 1}


def test_an_error_shows_no_control_characters() -> None:
    with pytest.raises(FeedContentError) as caught:
        DECODERS["osv"].decode([("\x1b[31mname\u202e.jsonl", b'{"id": "\\u001b[2J"}')], "debian")
    assert str(caught.value).isprintable()


def _mutants(value: Any, dice: random.Random) -> Iterator[Any]:  # noqa: ANN401  # any JSON
    """The same JSON with one of its values replaced, dropped or doubled, in every place."""
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            yield value | {key: dice.choice(STRANGE)}
            yield from (value | {key: mutant} for mutant in _mutants(value[key], dice))
    elif isinstance(value, list):
        for place in range(len(value)):
            yield value[:place] + value[place + 1 :]
            yield [*value, value[place]]
            yield [*value[:place], dice.choice(STRANGE), *value[place + 1 :]]
            yield from ([*value[:place], mutant, *value[place + 1 :]] for mutant in _mutants(value[place], dice))


FULL: dict[str, dict[str, Any]] = {
    "osv": GOOD
    | {
        "aliases": ["CVE-2025-0002"],
        "related": ["CVE-2025-0003"],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L"}],
        "summary": "Important: a:1 x",
        "details": "* x (CVE-2025-0002)",
        "affected": [
            *GOOD["affected"],
            {
                "package": {
                    "ecosystem": "SUSE:Linux Enterprise Server 15 SP6",
                    "name": "curl",
                    "purl": "pkg:rpm/x?distro=y",
                },
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}]}],
                "ecosystem_specific": {"urgency": "high", "binaries": [{"curl": "1", "libcurl4": "1"}]},
            },
        ],
    },
    "osv-compact": {
        "id": "RHSA-2025:1",
        "published": "2025-01-02",
        "cves": ["CVE-2025-0001"],
        "summary": "x",
        "severity": "CVSS:3.1/AV:N/AC:L",
        "fixed": {"enterprise_linux:8::baseos": {"curl": "1-1", "wget": "1-1"}},
    },
    "ubuntu-cve-tracker": {
        "cve": "CVE-2025-0001",
        "priority": "low",
        "public": "2025-01-02",
        "cvss": "",
        "packages": {"noble": {"curl": ["released", "1"]}, "esm-apps/noble": {"wget": ["needed", ""]}},
    },
    "alpine-secdb": {
        "distroversion": "v3.19",
        "packages": [
            {"pkg": {"name": "curl", "secfixes": {"1-r0": ["CVE-2025-0001", "XSA-1"], "0": ["CVE-2025-0002"]}}}
        ],
    },
    "kev": {
        "catalogVersion": "1",
        "dateReleased": "2026-08-07",
        "count": 1,
        "vulnerabilities": [{"cveID": "CVE-2025-0001", "dateAdded": "2026-08-07", "dueDate": "2026-08-08"}],
    },
    "endoflife": {
        "generated_at": "2026-08-22",
        "result": [
            {
                "name": "debian",
                "identifiers": [{"type": "cpe", "id": "x"}],
                "releases": [{"name": "11", "isEol": True, "eolFrom": "2024-08-14", "latest": {"name": "1"}}],
            }
        ],
    },
    "vulnrichment": {
        "cveMetadata": {"cveId": "CVE-2025-0001"},
        "containers": {
            "adp": [{"metrics": [{"other": {"type": "ssvc", "content": {"options": [{"Exploitation": "none"}]}}}]}]
        },
    },
}


@pytest.mark.parametrize("form", FULL)
def test_any_value_of_a_wrong_type_is_refused_or_skipped(form: str) -> None:
    dice = random.Random(form)  # noqa: S311  # the same in every run
    name = "CVE-2025-0001.json" if form == "vulnrichment" else "feed.json"
    tried = accepted = 0
    for mutant in _mutants(FULL[form], dice):
        tried += 1
        try:
            decoded = DECODERS[form].decode([(name, json.dumps(mutant).encode())], form)
        except FeedContentError:
            continue
        accepted += 1
        for table in decoded.tables.values():
            assert list(Table(table).keys()) == sorted(Table(table).keys(), key=str.encode)
    assert tried > 15
    assert accepted < tried


@pytest.mark.parametrize("form", DECODERS)
def test_no_decoder_takes_what_is_nothing(form: str) -> None:
    nothings = (b"", b"\x00", b"\n\n", b"{}", b"[]", b"null", NESTED, b"\xff" * 1000, b"a,b,c\n1,2,3\n")
    names = ("x.json", "x.jsonl", "x.csv", "CVEs.csv", "CVE-1.json", "security-support-limited", "")
    for files in ([], *([(name, data)] for data in nothings for name in names)):
        with pytest.raises(FeedContentError):
            pytest.fail(f"took {DECODERS[form].decode(files, form)} of {str(files)[:100]}")


def test_cutting_and_flipping_bytes_never_crashes() -> None:
    dice = random.Random(7)  # noqa: S311  # the same in every run
    data = json.dumps(FULL["osv"]).encode()
    for _ in range(1500):
        broken = bytearray(data)
        for _ in range(dice.randrange(1, 4)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            DECODERS["osv"].decode(
                [("x.json", bytes(broken[: dice.randrange(len(broken))] if dice.random() < 0.2 else broken))], "x"
            )
        except FeedContentError:
            continue


@pytest.mark.parametrize(
    "details",
    [
        "* " * 500_000,
        "* a (CVE-" * 200_000,
        "(" * 1_000_000,
        "* x (" + "CVE-2025-0001, " * 100_000 + ")",
        "a:" * 500_000,
    ],
    ids=["stars", "openings", "brackets", "ids", "streams"],
)
def test_no_text_takes_long(details: str) -> None:
    record = GOOD | {"id": "DSA-1-1", "related": ["CVE-2025-0001"], "details": details, "summary": details}
    began = time.process_time()
    DECODERS["osv"].decode([("x.json", json.dumps(record).encode())], "debian")
    assert time.process_time() - began < 2


def test_memory_follows_the_records_that_are_kept() -> None:
    """Records that say the same of few packages need little beside their bytes (about 6 MB here)."""
    record = json.dumps(GOOD | {"references": [{"url": "x" * 3000}]}).encode()
    data = b"\n".join([record] * 2000)
    tracemalloc.start()
    try:
        DECODERS["osv"].decode([("x.jsonl", data)], "debian")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("a\nb\t c", "a b c"),
        ("x" * 400, "x" * 299 + "…"),
        ("\x1b[0m\u202eok\ud800", "[0mok"),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_texts_are_one_printable_line(told: object, kept: str) -> None:
    assert text(told) == kept
