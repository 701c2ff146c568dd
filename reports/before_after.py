"""The page "before and after" of one finding: what was wrong, what was seen later, and why that counts as proof."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from checks.check import Check
from checks.finding import Outcome, Severity, Subject
from reports.text import safe_text, stamp

MAX_LINES = 200  # of one answer's difference
MAX_LINE = 400  # characters


@dataclass(frozen=True, slots=True)
class Excerpt:
    query: str  # the section of the visit
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One judgement with the answers it was made from."""

    scan_id: int
    at: datetime
    outcome: Outcome
    observed: str
    privilege: str
    way: str
    answers: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    from_state: str
    to_state: str
    actor: str
    role: str
    hash: str


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    ref: str
    check: Check
    subject: Subject
    asset: str
    asset_uid: str
    estate: str
    marking: str
    supplier: str
    area: str
    state: str
    before: Sighting
    after: Sighting | None  # None: not proven fixed
    proof: tuple[tuple[str, str], ...]  # rule, what satisfied it
    history: tuple[Step, ...]
    severity: Severity | None = None  # of this finding, where it was rated on its own; None: the check's


def render(page: BeforeAfter) -> bytes:
    """A self-contained HTML page; the same data gives the same bytes."""
    template = _environment().get_template("before_after.html.j2")
    return template.render(page=page, changes=changes(page), safe=safe_text, stamp=stamp).encode()


@lru_cache(1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reports"), autoescape=select_autoescape(["j2"], default=True), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def changes(page: BeforeAfter) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per section: the lines that went (-), came (+) or stand around them, capped."""
    before = {answer.query: answer.text for answer in page.before.answers}
    after = {answer.query: answer.text for answer in page.after.answers} if page.after else {}
    return [(query, _difference(text, after.get(query))) for query, text in sorted(before.items())]


def _difference(before: str, after: str | None) -> list[tuple[str, str]]:
    if after is None:
        return [(" ", line) for line in _lines(before)]
    marked = list(difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=2))[3:]  # without the headings
    shown = [("…", "") if line.startswith("@@") else (line[:1], line[1:]) for line in marked[:MAX_LINES]]
    left_out = len(marked) - len(shown)
    return [*shown, ("…", f"{left_out} more lines")] if left_out > 0 else shown


def _lines(text: str) -> Sequence[str]:
    lines = [safe_text(line, MAX_LINE) for line in text.splitlines()]
    return lines if len(lines) <= 20 * MAX_LINES else lines[: 20 * MAX_LINES]
