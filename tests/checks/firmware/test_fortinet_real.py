"""Fortinet's 884 real advisories: what is read of them, and pairs of advisory and version judged by hand from its text.

``pytest -s`` prints the shares.
"""

import io
import json
import sys
import tarfile
from collections import Counter
from functools import cache

import pytest
import zstandard

from checks.advisories.formats import DECODERS, recognise
from checks.advisories.formats.decoded import Decoded
from checks.firmware.advisory import FIRMWARE, FirmwareAdvisory, advisories_in
from checks.firmware.fortios import release_of
from checks.firmware.products import key_of
from checks.firmware.standing import Standing, judge
from tests.data import folder

pytestmark = pytest.mark.data
AFFECTED, NOT, UNKNOWN = Standing.AFFECTED, Standing.NOT_AFFECTED, Standing.UNKNOWN
FORTIOS = "fortinet/fortios"


@cache
def files() -> tuple[tuple[str, bytes], ...]:
    packed = (folder() / "feeds" / "fortinet-cvrf.tar.zst").read_bytes()
    data = zstandard.ZstdDecompressor().stream_reader(packed).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tuple((m.name, file.read()) for m in tar if m.isfile() and (file := tar.extractfile(m)))


@cache
def decoded() -> Decoded:
    return DECODERS["fortinet-cvrf"].decode(files(), "fortinet")


@cache
def products() -> dict[str, tuple[FirmwareAdvisory, ...]]:
    lines = (line.partition(b"\t") for line in decoded().tables[FIRMWARE].splitlines())
    return {key.decode(): advisories_in(row) for key, _, row in lines}


def test_every_file_is_recognised_and_accounted_for() -> None:
    assert len(files()) == 884
    assert {recognise(name, data[:4096]) for name, data in files()} == {"fortinet-cvrf"}
    left_out = sum(count for reason, count in decoded().skipped.items() if not reason.startswith("package: "))
    assert decoded().records + left_out == 884
    assert "unreadable" not in decoded().skipped
    assert decoded().snapshot.isoformat() == "2025-02-12"


def test_every_listed_version_of_every_product_is_there_and_no_other() -> None:
    """Counted from the files in another way: each status "Known Affected" names PRODUCT-VERSION."""
    for _, data in files():
        document = json.loads(data)
        status = document["vulnerability"]["product_statuses"].get("status", {})
        wanted = {name for name in status.get("product_id", []) if release_of(name.rpartition("-")[2])}
        found = {
            f"{product}-{low[0]}.{low[1]}.{patch}"
            for product, advisories in products().items()
            for advisory in advisories
            if advisory.id == document["documenttracking"]["identification"]["id"]
            for low, high in advisory.listed
            for patch in range(low[2], high[2] + 1)
        }
        named = (name.rpartition("-") for name in wanted)
        assert {f"{key_of('Fortinet', product)}-{version}" for product, _, version in named} == found


def test_the_shares_of_what_can_be_read() -> None:
    pairs = [advisory for advisories in products().values() for advisory in advisories]
    kinds = Counter(
        "listed" if one.listed else "told in words" if one.told or one.whole else "by train" if one.coarse else "unread"
        for one in pairs
    )
    shares = ", ".join(f"{kind} {count / len(pairs):.1%}" for kind, count in kinds.most_common())
    sys.stdout.write(f"\n{decoded().records} advisories, {len(products())} products, {len(pairs)} pairs: {shares}\n")
    assert kinds["unread"] / len(pairs) < 0.035
    assert sum(bool(one.fixed) for one in pairs) > 600
    assert {one.id for one in pairs if one.raw and (one.listed or one.told)} == set()


@pytest.mark.parametrize(
    ("advisory", "version", "expected", "fixed"),
    [
        # "FortiOS version 7.0.0 through 7.0.8 ...", "upgrade to FortiOS version 7.0.9 or above"
        ("FG-IR-22-398", "7.0.8", AFFECTED, "7.0.9"),
        ("FG-IR-22-398", "7.0.9", NOT, ""),
        ("FG-IR-22-398", "5.6.14", AFFECTED, "6.0.16"),  # the train has no fix of its own
        ("FG-IR-22-398", "6.0.16", NOT, ""),
        ("FG-IR-22-398", "7.4.0", NOT, ""),
        # "FortiOS versions 5.x, 6.x are NOT impacted"; a fix for 6000F alone is called "7.0.5 B8001"
        ("FG-IR-22-377", "7.0.5", AFFECTED, "7.0.7"),
        ("FG-IR-22-377", "7.0.7", NOT, ""),
        ("FG-IR-22-377", "6.4.9", NOT, ""),
        # "FortiOS 6.0 all versions": those that were not out yet as well
        ("FG-IR-22-086", "6.0.18", AFFECTED, "6.2.11"),
        ("FG-IR-22-086", "6.0.99", AFFECTED, "6.2.11"),
        ("FG-IR-22-086", "6.2.11", NOT, ""),
        ("FG-IR-22-158", "6.4.15", AFFECTED, "7.0.6"),  # its list ends with 6.4.14, its words say all versions
        # "Products NOT affected: FortiOS 6.4 all versions ..."
        ("FG-IR-23-183", "6.4.9", NOT, ""),
        ("FG-IR-23-183", "7.0.10", AFFECTED, "7.0.11"),
        # "FortiOS 7.4 all versions are not affected"
        ("FG-IR-22-223", "7.4.1", NOT, ""),
        ("FG-IR-22-223", "6.2.12", AFFECTED, "6.2.13"),
        # "FortiOS version 5.6.0. The following products are NOT affected: FortiOS 5.4 all versions"
        ("FG-IR-18-018", "5.6.0", AFFECTED, "5.6.1"),
        ("FG-IR-18-018", "5.4.3", NOT, ""),
        # "FortiOS 5.4.0 to 5.4.3", "Upgrade to 5.4.4"; the list goes on to 5.4.13
        ("FG-IR-16-013", "5.4.3", AFFECTED, "5.6.0"),
        ("FG-IR-16-013", "5.4.13", UNKNOWN, ""),
        # "when using a Pre-Shared Key": no version at all
        ("FG-IR-18-214", "7.4.5", UNKNOWN, ""),
        # no words, a list up to 7.0.16; FG-IR-23-494 calls all of 7.0 affected on the same day
        ("FG-IR-24-535", "7.0.16", AFFECTED, ""),
        ("FG-IR-24-535", "7.0.17", UNKNOWN, ""),
        ("FG-IR-24-535", "7.2.0", NOT, ""),
    ],
)
def test_fortios_by_hand(advisory: str, version: str, expected: Standing, fixed: str) -> None:
    release = release_of(version)
    assert release is not None
    (found,) = (one for one in judge(products()[FORTIOS], release) if one.advisory.id == advisory)
    assert (found.standing, found.fixed) == (expected, fixed), found.why


def test_a_product_that_only_the_words_name() -> None:
    """FG-IR-22-398 lists no FortiOS-6K7K, and says "FortiOS-6K7K version 7.0.0 through 7.0.7"."""
    for version, expected in (((7, 0, 7), AFFECTED), ((7, 0, 8), NOT)):
        (found,) = (
            one for one in judge(products()["fortinet/fortios-6k7k"], version) if one.advisory.id == "FG-IR-22-398"
        )
        assert found.standing is expected


@pytest.mark.parametrize("version", ["7.4.8", "7.2.11", "7.6.1"])
def test_a_release_with_every_fix_is_not_kept_from_passing_by_readable_advisories(version: str) -> None:
    release = release_of(version)
    assert release is not None
    judged = judge(products()[FORTIOS], release)
    assert not [one.advisory.id for one in judged if one.standing is AFFECTED]
    assert not [one.advisory.id for one in judged if one.standing is UNKNOWN and one.advisory.readable]
