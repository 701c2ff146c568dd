"""Files that are made to hurt: too large, too many, packed, binary, deep, long. Each ends in one refusal, soon."""

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.importers import supplied
from scanner.importers.packages import read_packages
from scanner.importers.supplied import MAX_BYTES, MAX_PACKAGES, ImportRefused

LIST = b"bash\t5.2.15-2+b7\nlibssl3:amd64\t3.0.17-1~deb12u2\n"
PURL = "pkg:deb/debian/p{}@1?upstream=s"


def sbom(*purls: str) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "components": [{"purl": purl} for purl in purls]}).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(lambda: b"\n" * (MAX_BYTES + 1), "is larger than 64 MB", id="too large"),
        pytest.param(lambda: gzip.compress(LIST, mtime=0), "is packed with gzip; unpack it first", id="gzip"),
        pytest.param(lambda: b"PK\x03\x04rest", "is packed with zip; unpack it first", id="zip"),
        pytest.param(lambda: b"\x28\xb5\x2f\xfdrest", "is packed with zstd; unpack it first", id="zstd"),
        pytest.param(lambda: b"SQLite format 3\0rest", "f:1: is not text", id="SQLite"),
        pytest.param(lambda: LIST + b"\x7fELF\0", "f:3: is not text", id="binary"),
        pytest.param(
            lambda: b'{"bomFormat": "CycloneDX", "components": [', "f:1: is no complete JSON", id="JSON cut off"
        ),
        pytest.param(lambda: b'{\n"a": 1,\n}', "f:3: is no complete JSON", id="JSON with a comma too many"),
        pytest.param(
            lambda: b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
            "is JSON of a depth or with numbers that no package list has",
            id="deep JSON",
        ),
        pytest.param(lambda: b'{"a":' + b"9" * 5_000 + b"}", "is JSON of a depth or with numbers", id="long number"),
        pytest.param(
            lambda: b'{"a":[' + b"[]," * 5_000_000 + b"[]]}", "has more than 5000000 values", id="many values"
        ),
        pytest.param(lambda: b"a\t1\n" * 2_000_001, "has more than 2000000 lines", id="many lines"),
        pytest.param(lambda: LIST + b"x" * 65_537, "f:3: has more than 65536 characters", id="long line"),
        pytest.param(
            lambda: b"".join(b"p%d\t1\n" % n for n in range(MAX_PACKAGES + 1)),
            "names more than 50000 packages",
            id="many packages of dpkg",
        ),
        pytest.param(
            lambda: b"".join(b"p%d-1-1.noarch\n" % n for n in range(MAX_PACKAGES + 1)),
            "names more than 50000 packages",
            id="many packages of rpm",
        ),
        pytest.param(
            lambda: sbom(*map(PURL.format, range(MAX_PACKAGES + 1))),
            "names more than 50000 packages",
            id="many packages of an SBOM",
        ),
    ],
)
def test_one_refusal(data: Callable[[], bytes], message: str) -> None:
    made, started = data(), time.process_time()
    with pytest.raises(ImportRefused) as refusal:
        read_packages(made, "f")
    assert message in str(refusal.value)
    assert time.process_time() - started < 10  # about 1 s for the largest


def test_a_large_list_is_read_in_bounded_memory() -> None:
    count = MAX_PACKAGES // 5
    data = b"".join(b"ii \tp%d\t1.%d-1\tamd64\tsource%d\t1.%d-1\tDebian\n" % (n, n, n, n) for n in range(count))
    tracemalloc.start()
    found = read_packages(data, "f")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.packages.items) == count
    assert peak < 30 * 1024 * 1024


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_of_other_systems(encoding: str) -> None:
    """Notepad's byte order mark, and what PowerShell writes with >."""
    text = LIST.decode().replace("\n", "\r\n")
    assert read_packages(text.encode(encoding), "f") == read_packages(LIST, "f")


def test_a_description_may_be_in_any_encoding_a_name_may_not() -> None:
    status = "Package: {}\nStatus: install ok installed\nVersion: 1\nDescription: {}\n".format
    found = read_packages(status("a1", "für alle").encode("latin-1"), "f")
    assert found.packages.names == {"a1"}
    with pytest.raises(ImportRefused, match=r"^f:1: 'f\\ufffdr' is no name of a package"):
        read_packages(status("für", "x").encode("latin-1"), "f")


@pytest.mark.parametrize(
    "sign", ["a", "-", "\t", " ", ":", "a-", "-1", "1-1.", "] ", "{} ", "() [", "/", "@", "%2", ".-"]
)
def test_no_form_takes_long_to_say_no(sign: str) -> None:
    """Lines of 60,000 characters, in all forms' regular expressions."""
    line = sign * (60_000 // len(sign)) + "\n"
    data = line.encode() * 20
    started = time.process_time()
    with pytest.raises(ImportRefused):
        read_packages(data, "f")
    with pytest.raises(ImportRefused):
        read_packages(sbom("pkg:deb/debian/" + line), "f")
    assert time.process_time() - started < 5  # about 0.1 s


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [
                *[
                    "Package: a",
                    "Status: install ok installed",
                    "Version: 1",
                    "",
                    "+++-==-==-===-==",
                    "ii  a 1 all x",
                    "P:a",
                    "V:1-r0",
                ],
                *[
                    "a\t1",
                    "ii \ta\t1\tall\ta\t1\t",
                    "a-1-1.noarch",
                    "a-1-r0",
                    "a-1-r0 noarch {a} (x) [installed]",
                    "a\t1-1\tnoarch",
                ],
            ]
        ),
    ),
    min_size=1,
    max_size=8,
)


def read_or_refused(data: bytes) -> None:
    try:
        found = read_packages(data, "f").packages
    except ImportRefused as refusal:
        told = str(refusal)
    else:
        told = "read"
        assert found.items
        assert all(supplied.NAME.fullmatch(p.name) and supplied.VERSION.fullmatch(p.version) for p in found.items)
    assert told.isprintable()


@settings(max_examples=150, deadline=None)
@given(lines=LINES)
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    read_or_refused("\n".join(lines).encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=8),
        st.sampled_from(["pkg:deb/debian/a@1", "pkg:npm/a@1"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "purl",
                    "name",
                    "version",
                    "type",
                    "properties",
                    "components",
                    "value",
                    "externalRefs",
                    "referenceType",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
HEADS = [
    {"bomFormat": "CycloneDX"},
    {"spdxVersion": "SPDX-2.3"},
    {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"},
]


@settings(max_examples=150, deadline=None)
@given(head=st.sampled_from(HEADS), inner=VALUES, described=VALUES)
def test_any_json_is_read_or_refused(head: dict[str, str], inner: object, described: object) -> None:
    document = {**head, "components": inner, "packages": inner, "@graph": inner, "metadata": described}
    read_or_refused(json.dumps(document).encode())
