"""Laws of any order, and agreement with the package managers' own programs where these are present."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from checks.advisories.versions import InvalidVersion, compare, sort_key

NUMBERS = st.sampled_from(["", "0", "00", "1", "01", "9", "10", "010", "20261101"])
DEB = st.lists(st.sampled_from([*"~+.-:aAzZ0129", "00", "10", "rc", "dfsg", "~~", "_"]), min_size=1, max_size=8).map(
    "".join
)
RPM = st.lists(
    st.sampled_from([*"~^.-:_+aAzZ0129", "00", "10", "el8", "git", "β", "(none):"]), min_size=1, max_size=8
).map("".join)
SUFFIX = st.sampled_from(["_alpha", "_beta", "_pre", "_rc", "_cvs", "_svn", "_git", "_hg", "_p"])
APK = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["0", "1", "01", "10"]),
    st.lists(NUMBERS.filter(bool), max_size=3).map(lambda numbers: "".join(f".{n}" for n in numbers)),
    st.one_of(st.just(""), st.builds("{}{}".format, st.sampled_from("abz"), NUMBERS)),
    st.lists(st.builds("{}{}".format, SUFFIX, NUMBERS), max_size=2).map("".join),
    st.sampled_from(["", "", "~0", "~0a", "~ff"]),
    st.sampled_from(["", "-r0", "-r1", "-r01", "-r10"]),
)
ANY = {"deb": DEB, "rpm": RPM, "apk": APK}


def valid(scheme: str, version: str) -> bool:
    try:
        sort_key(scheme, version)
    except InvalidVersion:
        return False
    return True


@pytest.mark.parametrize("scheme", ANY)
@settings(max_examples=75, deadline=None)
@given(draw=st.data())
def test_it_is_an_order(scheme: str, draw: st.DataObject) -> None:
    """Antisymmetric and transitive, over every pair and every triple of some versions."""
    versions = draw.draw(st.lists(ANY[scheme].filter(lambda version: valid(scheme, version)), min_size=3, max_size=6))
    for a in versions:
        for b in versions:
            assert compare(scheme, a, b) == -compare(scheme, b, a)
            assert (compare(scheme, a, b) == 0) is (sort_key(scheme, a) == sort_key(scheme, b))
            for c in versions:
                if compare(scheme, a, b) <= 0 and compare(scheme, b, c) <= 0:
                    assert compare(scheme, a, c) <= 0


@pytest.mark.parametrize("scheme", ANY)
@settings(max_examples=75, deadline=None)
@given(version=st.text(max_size=12), other=st.text(max_size=12))
def test_any_text_is_ordered_or_refused(scheme: str, version: str, other: str) -> None:
    if valid(scheme, version) and valid(scheme, other):
        assert compare(scheme, version, other) == -compare(scheme, other, version)


# Many pairs to a process, few processes. No shrinking, which would start many more: a failure tells every wrong pair.
PAIRS = st.lists(st.tuples(DEB, DEB), max_size=40)
ASK_DPKG = r"""
while IFS="$(printf '\t')" read -r a b; do
  dpkg --compare-versions "$a" lt "$b"; case $? in 0) echo -1; continue ;; 2) echo refused; continue ;; esac
  dpkg --compare-versions "$a" eq "$b" && echo 0 || echo 1
done
"""


def ours(scheme: str, a: str, b: str) -> str:
    return str(compare(scheme, a, b)) if valid(scheme, a) and valid(scheme, b) else "refused"


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed here")
@settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(pairs=PAIRS)
def test_equal_to_dpkg(pairs: Sequence[tuple[str, str]]) -> None:
    asked = [(a, b) for a, b in pairs if not (a + b).startswith("-") and not b.startswith("-")]  # not taken for options
    text = "".join(f"{a}\t{b}\n" for a, b in asked)
    done = subprocess.run(["sh", "-c", ASK_DPKG], input=text, capture_output=True, text=True, timeout=60, check=True)
    theirs = done.stdout.split()
    assert len(theirs) == len(asked)
    assert [(*pair, said) for pair, said in zip(asked, theirs, strict=True) if said != ours("deb", *pair)] == []


RPM_PAIRS = st.lists(st.tuples(RPM, RPM), max_size=40)
SPLIT = r'local a, b = line:match("^([^\t]*)\t([^\t]*)$")'


@pytest.mark.skipif(shutil.which("rpm") is None, reason="rpm is not installed here")
@settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(pairs=RPM_PAIRS)
def test_equal_to_rpm(pairs: Sequence[tuple[str, str]], tmp_path: Path) -> None:
    asked = [(a, b) for a, b in pairs if "(none)" not in a + b and valid("rpm", a) and valid("rpm", b)]
    given_to_it = tmp_path / "pairs"
    given_to_it.write_text("".join(f"{a}\t{b}\n" for a, b in asked))
    lua = f'for line in io.lines("{given_to_it}") do {SPLIT} print(rpm.vercmp(a, b) .. ";") end'
    done = subprocess.run(["rpm", "--eval", f"%{{lua:{lua}}}"], capture_output=True, text=True, timeout=60, check=True)
    theirs = done.stdout.replace("\n", "").split(";")[:-1]
    assert len(theirs) == len(asked)
    assert [(*pair, said) for pair, said in zip(asked, theirs, strict=True) if said != ours("rpm", *pair)] == []
