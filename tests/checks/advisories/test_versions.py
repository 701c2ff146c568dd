"""Version order over other people's vectors, by table, and with hostile versions."""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from checks.advisories.versions import InvalidVersion, compare, is_at_least, sort_key
from tests import data

MEANING = {"<": -1, "=": 0, ">": 1}
VECTORS = {  # how many lines of each the ecosystem itself refuses: no version for apk-tools 2 or 3, or only for 2
    "deb": {"debian-versions.txt": 0, "debian-versions-generated.txt": 0, "deb-handwritten.txt": 0},
    "rpm": {"redhat-versions.txt": 0, "rpm-handwritten.txt": 0},
    "apk": {"alpine-versions.txt": 33, "alpine-versions-generated.txt": 0, "apk-handwritten.txt": 2},
}


def vectors(name: str) -> Iterator[tuple[str, str, str]]:
    """Lines of three words with an order between; ``~`` and ``!~`` of apk's file are matches by prefix, no order."""
    for line in (data.folder() / "version-vectors" / name).read_text().splitlines():
        words = line.partition("#")[0].split()
        if len(words) == 3 and words[1] in MEANING:
            yield words[0], words[1], words[2]


@pytest.mark.data
@pytest.mark.parametrize(("scheme", "name"), [(scheme, name) for scheme, files in VECTORS.items() for name in files])
def test_wrong_on_none_of_the_vectors(scheme: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, refused, right = [], [], 0
    for a, sign, b in vectors(name):
        try:
            found = (compare(scheme, a, b), -compare(scheme, b, a))
        except InvalidVersion as refusal:
            refused.append(f"{a} {sign} {b}: {refusal}")
            continue
        right += found == (MEANING[sign],) * 2
        wrong += [] if found == (MEANING[sign],) * 2 else [f"{a} {sign} {b}: {found}"]
    with capsys.disabled():
        print(f"\n{name}: {right} right, {len(wrong)} wrong, {len(refused)} refused", *refused, sep="\n  ")  # noqa: T201
    assert wrong == []
    assert right > 20
    assert len(refused) == VECTORS[scheme][name]


@pytest.mark.data
def test_apk_takes_and_refuses_what_apk_does() -> None:
    lines = (data.folder() / "version-vectors" / "apk-handwritten.txt").read_text().splitlines()
    words = [line.split("#")[0].strip() for line in lines if len(line.split("#")[0].split()) == 1]
    assert len(words) > 20
    found = {word for word in words if refuses("apk", word.removeprefix("!")) is not word.startswith("!")}
    assert found == {"!0.1a1"}  # apk-tools 2 takes it, and Alpine released the like


def refuses(scheme: str, version: str) -> bool:
    try:
        sort_key(scheme, version)
    except InvalidVersion:
        return True
    return False


ORDERED = {
    "deb": [
        ["~~", "~~0"],
        ["~~a"],
        ["~"],
        ["0.~"],
        ["1.0~rc1-1", "0:1.0~rc1-1", "1.00~rc01-1", " 1.0~rc1-1\n"],
        ["1.0", "1.0-0", "1.0-00", "00:1.0"],
        ["1.0-0a"],
        ["1.0-1~bpo12+1"],
        ["1.0-1"],
        ["1.0-1+b1"],
        ["1.0a-1"],
        ["1.0+deb12u3-1", "1.0+deb12u03-1"],
        ["1.0-1-1"],
        ["1.0.1"],
        ["1:0.1"],
        ["1:0.1:2"],
        ["2147483647:0"],
    ],
    "rpm": [
        ["1.0~rc1-9"],
        ["1.0", "0:1.0", "(none):1.0", ":1.0", "1_0", "1.0."],
        ["1.0-", "1.0-."],
        ["1.0-a"],
        ["1.0-0"],
        ["1.0-1.el8"],
        ["1.0-1.el8.1", "1.0-1.el8_1"],
        ["1.0-1.el8_4.3"],
        ["1.0-10.el8"],
        ["1.0^git1-1"],
        ["1.0a-1"],
        ["1.0.1-1"],
        ["1.01-1", "1.001-1"],
        ["1:0-1"],
        ["2:0.5^20260101~pre-1"],
        ["2:0.5^20260101-1"],
        ["2:0.5^20260101^a-1"],
    ],
    "apk": [
        ["1_alpha"],
        ["1_alpha1"],
        ["1_rc1-r9"],
        ["1_rc2_alpha"],
        ["1_rc2"],
        ["1", "01"],
        ["1-r0", "1-r00"],
        ["1-r10"],
        ["1~0abc"],
        ["1~0abc-r1"],
        ["1~0abcd"],
        ["1_git_pre1"],
        ["1_git-r1"],
        ["1_git20230717-r4"],
        ["1_p1_p2"],
        ["1_p2"],
        ["1a"],
        ["1a1_rc1"],
        ["1a1"],
        ["1a01-r1", "1a1-r1"],
        ["1b"],
        ["1.0_rc1"],
        ["1.0"],
        ["1.00"],
        ["1.001"],
        ["1.01"],
        ["1.01.1"],
        ["1.1"],
        ["1.10"],
        ["02"],
    ],
}


@pytest.mark.parametrize("scheme", ORDERED)
def test_oldest_to_newest(scheme: str) -> None:
    for older, newer in pairwise(ORDERED[scheme]):
        for one in older:
            assert [compare(scheme, one, other) for other in older] == [0] * len(older)
            assert [compare(scheme, one, other) for other in newer] == [-1] * len(newer)
            assert not is_at_least(scheme, one, newer[0])
            assert is_at_least(scheme, newer[0], one)
            assert is_at_least(scheme, one, older[-1])


@pytest.mark.parametrize(
    ("scheme", "version"),
    [
        *[
            ("deb", v)
            for v in ("", " ", "1 2", "1:", ":1", "a:1", "1-", "1:-1", "2147483648:1", "1\x00", "1\u0661", "1ä")
        ],
        *[("rpm", v) for v in ("", " ", "1:", "-1", "(none):", "0:-1")],
        *[
            ("apk", v)
            for v in ("", "a", ".1", "1.", "1..2", "1-r", "1.0bc", "1_foo", "1-1", "1-r1-r2", "1 ", "1\n", "1~")
        ],
        *[("apk", v) for v in ("1.2.0A", "1\u0661", "0.8.21.r2", "1a.1", "1a1b", "1~x", "1~a_p1", "1:2")],
        *[(scheme, "1" * 1_000_001) for scheme in ORDERED],
    ],
)
def test_what_the_ecosystem_refuses_is_refused_in_a_short_message(scheme: str, version: str) -> None:
    with pytest.raises(InvalidVersion, match=f"^.{{0,120}} is no {scheme} version: .{{10,80}}$"):
        sort_key(scheme, version)
    with pytest.raises(InvalidVersion):
        compare(scheme, "1", version)


def test_another_scheme_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        sort_key("npm", "1.0.0")


LONG = 100_000


@pytest.mark.parametrize("scheme", ORDERED)
def test_digits_of_absurd_length_are_numbers_still(scheme: str) -> None:
    """``int`` refuses more than 4,300 digits, and takes quadratic time below."""
    assert compare(scheme, "9" * LONG, "1" + "0" * LONG) == -1
    assert compare(scheme, "1" + "0" * LONG, "0" * LONG + "1" + "0" * LONG) == 0
    assert compare(scheme, "1." + "8" * LONG, "1." + "8" * (LONG - 1) + "9") == -1


@pytest.mark.parametrize("scheme", ORDERED)
@pytest.mark.parametrize(
    "version",
    [
        *["1." * 50_000 + "1", "1." * 50_000 + "-", "1" + "_p1" * 33_000, "1" + "_p" * 50_000 + "!", "-r1" * 33_000],
        *[
            "~" * LONG,
            "^" * LONG,
            "-" * LONG,
            "1" + "-" * LONG + "1",
            "0" * LONG + ":1",
            "(none):" * 14_000,
            "é" * LONG,
        ],
        *["1" + "a1" * 50_000, "1~" + "a" * LONG, "\ud800" * LONG, "\x00" * LONG],
    ],
    ids=lambda version: repr(version[:8]),
)
def test_a_hostile_version_of_100_kb_costs_little(scheme: str, version: str) -> None:
    started = time.process_time()
    if not refuses(scheme, version):
        assert compare(scheme, version, version) == 0
        assert compare(scheme, version, "1") == -compare(scheme, "1", version)
    assert time.process_time() - started < 1.0  # linear: about 0.05 s
