"""What docs/write-a-check.md shows does load, and names every operator."""

import re
from pathlib import Path

from checks.catalogue import from_text
from checks.mutation import problems
from checks.predicate import OPERATORS

TEXT = (Path(__file__).parents[2] / "docs" / "write-a-check.md").read_text(encoding="utf-8")


def test_the_declarative_check_of_the_page_passes_the_gate() -> None:
    (block,) = [b for b in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "- id:" in b]
    faults: list[str] = []
    (check,) = from_text(block, "write-a-check.md", faults)
    assert faults == []
    assert problems(check) == []


def test_the_page_names_every_operator() -> None:
    part = TEXT[TEXT.index("### Operators") :]
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([a-z_ ]+)`", part))))
    assert set(OPERATORS) <= named
