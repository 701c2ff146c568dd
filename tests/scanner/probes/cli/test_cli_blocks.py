"""The evidence of a command line: what the transport writes is what the probe reads, and nothing else is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.facts.missing import Missing, Reason
from scanner.probes.cli.blocks import MAX_BLOCKS, Said, read
from scanner.query import Unreadable
from scanner.transports.cli_text import block, gap, head

WHOLE = head("cisco_ios") + block("show version", "a\nb") + block("show inventory", "")


def test_what_is_written_is_read() -> None:
    late = gap("show modules", Missing(Reason.TIMED_OUT, "no prompt\nwithin 45 s"))
    assert read(WHOLE + late) == Said(
        "cisco_ios",
        {"show version": "a\nb", "show inventory": ""},
        ("show modules: timed out: no prompt within 45 s",),
    )
    assert read(head(None)) == Said(None, {})


@given(st.lists(st.text(), max_size=5))
def test_no_output_can_pass_for_a_frame(outputs: list[str]) -> None:
    asked = {f"show {number}": text for number, text in enumerate(outputs)}
    said = read(head("fortinet") + b"".join(block(command, text) for command, text in asked.items()))
    assert said.gaps == ()
    assert said.outputs == {c: t.encode("utf-8", "replace").decode() for c, t in asked.items()}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"Cisco IOS Software\n",
        b"#cli cisco_ios",
        WHOLE[:-1],
        WHOLE[:-4],
        head(None) + b"#output 99 show version\nshort\n",
        head(None) + b"#output -1 show version\n\n",
        head(None) + b"#output 99999999999 show version\n\n",
        head(None) + b"#output 3\nabc\n",
        head(None) + b"router> \n",
        head(None) + block("show version", "") * (MAX_BLOCKS + 1) + b"x",
        head(None) + b"".join(block(f"show {n}", "") for n in range(MAX_BLOCKS + 1)),
    ],
)
def test_a_broken_frame_is_said(broken: bytes) -> None:
    with pytest.raises(Unreadable, match="evidence of a command line"):
        read(broken)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Unreadable):  # nothing else is raised
        said = read(b"#cli -\n" + raw)
        assert len(said.outputs) + len(said.gaps) <= MAX_BLOCKS
