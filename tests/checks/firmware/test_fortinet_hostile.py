"""What a broken or hostile publisher of CVRF may send; and that its XML says the same as its JSON."""

import time

import pytest

from checks.advisories.formats import DECODERS
from checks.advisories.formats.cvrf_xml import MAX_DEPTH, parsed_xml
from checks.advisories.formats.decoded import BadRecord, Decoded
from checks.advisories.model import FeedContentError
from checks.firmware.advisory import FIRMWARE, advisories_in
from tests.checks.firmware.cvrf import BOMB, VECTOR, advisory, as_xml, plain


def decode(*files: bytes, suffix: str = "json") -> Decoded:
    named = [(f"FG-IR-{at}.{suffix}", data) for at, data in enumerate(files)]
    return DECODERS["fortinet-cvrf"].decode(named, "fortinet")


def good(count: int = 100) -> list[bytes]:
    return [plain(advisory(number)) for number in range(1, count + 1)]


def test_xml_and_json_of_an_advisory_say_the_same() -> None:
    one, other = decode(plain(advisory())), decode(as_xml(advisory()), suffix="xml")
    assert one.tables == other.tables
    (found,) = advisories_in(one.tables[FIRMWARE].partition(b"\t")[2])
    assert (found.id, found.cves, found.issued, found.day) == (
        "FG-IR-26-001",
        ("CVE-2026-0001",),
        "2026-01-10",
        "2026-02-10",
    )
    assert (found.vector, found.whole, found.fixed) == (VECTOR, ((6, 4),), ((7, 0, 3),))
    assert found.listed == (((6, 4, 0), (6, 4, 0)), ((7, 0, 0), (7, 0, 2)))
    assert DECODERS["fortinet-cvrf"].recognises("FG-IR-26-001.xml", as_xml(advisory())[:4096])


def test_only_what_is_known_affected_counts() -> None:
    told = advisory()
    told["vulnerability"]["product_statuses"]["status"]["type"] = "Known Not Affected"
    (found,) = advisories_in(decode(plain(told)).tables[FIRMWARE].partition(b"\t")[2])
    assert found.listed == ()
    (found,) = advisories_in(
        decode(as_xml(advisory(), kind="Fixed"), suffix="xml").tables[FIRMWARE].partition(b"\t")[2]
    )
    assert found.listed == ()


def test_a_train_that_is_listed_by_its_name_alone() -> None:
    """As Fortinet's newer CVRF does: FortiOS-7.6, without saying which releases of it."""
    told = advisory(documentnotes={})
    told["product_tree"]["branch"]["branch"][0]["branch"] = [
        {"name": "7.6", "full_product_name": {"product_id": "FortiOS-7.6"}}
    ]
    told["vulnerability"]["product_statuses"]["status"]["product_id"] = ["FortiOS-7.6"]
    (found,) = advisories_in(decode(plain(told)).tables[FIRMWARE].partition(b"\t")[2])
    assert (found.coarse, found.listed, found.readable) == (((7, 6),), (), True)


EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><cvrfdoc>&x;</cvrfdoc>"""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "has a document type"),
        (EXTERNAL, "has a document type"),
        (b"<cvrfdoc>", "is no XML"),
        (b"", "is no XML"),
        (b"<a>&undefined;</a>", "is no XML"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "is no XML"),
        (b"<a>" * (MAX_DEPTH + 1), "nested too deep"),
        (b"<a>" + b"<b/>" * 100_001 + b"</a>", "too many elements"),
        (b"<a>" + b"x" * 4_194_305 + b"</a>", "characters of text"),
        (b"<a>" + b" " * 8_388_608 + b"</a>", "is larger than 8 MB"),
    ],
    ids=["bomb", "external", "cut", "empty", "entity", "encoding", "deep", "many", "long", "large"],
)
def test_xml_that_is_refused(data: bytes, why: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadRecord, match=why):
        parsed_xml(data)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "bad",
    [
        BOMB,
        b"{",
        b"[]",
        b"[" * 100_000,
        plain(advisory(documenttracking={})),
        plain(advisory(documenttracking={"identification": {"id": "../../x"}, "current_release_date": "2026-01-01"})),
        plain(advisory(documenttracking={"identification": {"id": "FG-IR-26-999"}})),
        plain(
            advisory(
                product_tree={
                    "branch": {
                        "branch": [
                            {
                                "name": "FortiOS",
                                "branch": [{"name": "7.0.0", "full_product_name": {"product_id": "FortiOS-7.0.0"}}]
                                * 20_001,
                            }
                        ]
                    }
                }
            )
        ),
    ],
    ids=["bomb", "cut", "list", "deep", "no tracking", "id", "no day", "versions"],
)
def test_one_bad_advisory_among_many_is_counted(bad: bytes) -> None:
    found = decode(*good(), bad)
    assert (found.records, found.skipped) == (100, {"unreadable": 1})


def test_more_than_one_in_a_hundred_refuses_the_feed() -> None:
    with pytest.raises(FeedContentError, match="2 of 102 records are unreadable"):
        decode(*good(), b"{", b"{")


@pytest.mark.parametrize(
    "part", ["document_title", "documentnotes", "vulnerability", "product_tree", "document_type", "documenttracking"]
)
@pytest.mark.parametrize(
    "value", [None, 5, "x" * 50_000, [], [5], {}, [{"note": 5, "branch": "x"}], {"branch": [None]}]
)
def test_parts_of_the_wrong_kind_never_crash(part: str, value: object) -> None:
    found = decode(*good(), plain(advisory(101, **{part: value})))
    assert found.records in (100, 101)


@pytest.mark.parametrize("version", ["x" * 300, "1\t2.3", "7.0.0\n", "99999.1.1", "-", ""])
def test_versions_that_none_can_be_are_counted(version: str) -> None:
    told = advisory(101)
    told["product_tree"]["branch"]["branch"][0]["branch"].append(
        {"name": version, "full_product_name": {"product_id": "odd"}}
    )
    told["vulnerability"]["product_statuses"]["status"]["product_id"].append("odd")
    found = decode(*good(), plain(told))
    assert found.records == 101
    rows = advisories_in(found.tables[FIRMWARE].partition(b"\t")[2])
    assert {row.listed for row in rows} == {(((6, 4, 0), (6, 4, 0)), ((7, 0, 0), (7, 0, 2)))}


def test_words_without_end_take_no_time() -> None:
    began = time.monotonic()
    for words in ("FortiOS 1.0.0 to " * 5_000, "FortiOS" * 5_000, "1.1.1, " * 5_000, "FortiOS " + "7.0 " * 5_000):
        told = advisory(1, product_tree={}, documentnotes={"note": [{"title": t, "text": words} for t in NOTES]})
        decode(*good(), plain(told))
    assert time.monotonic() - began < 10


NOTES = ("Affected Products", "Solutions")
