"""Answers cut at their marks."""

from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.linux.sections import MARK, _marks

LINES = st.sampled_from(["=deb=", "=deb:0=", "=deb", "deb=", "==", "=a-b:12=", "=a:1234=", "", "=", " =deb=", "=x==y="])


@given(st.lists(LINES).map("\n".join), st.sampled_from(["", "\n", "="]))
def test_every_mark_is_found_wherever_it_stands(text: str, end: str) -> None:
    """Looking where lines begin with the sign finds what looking everywhere finds."""
    found = [(mark.start(), mark.group()) for mark in _marks(text + end)]
    assert found == [(mark.start(), mark.group()) for mark in MARK.finditer(text + end)]
