"""JSON text that is written by hand is what the general way writes, byte for byte, whatever the values are."""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from random import Random
from types import MappingProxyType
from typing import Any

import pytest

from reports.formats.json_file import document
from reports.json_findings import Findings
from reports.json_plain import plain
from reports.json_stream import compact
from reports.json_text import text, texts
from reports.report import Occurrence, ReportData
from reports.risk_data import RiskTable
from reports.text import json_safe, stamp
from reports.updates import MemberTable
from tests.reports.sample import dark, empty, hostile, sample

WORDS = (
    "",
    "a",
    'quo"te',
    "back\\slash",
    "\x00\x1b[31m",
    "\x7f",
    "é\u202e",
    "\ud800",
    "%s %d %%",
    "line\nline",
    "😀" * 3,
)


class Word(StrEnum):
    ONE = "one"
    QUOTED = 'tw"o'


class Number(IntEnum):
    SEVEN = 7


@dataclass(frozen=True)
class Leaf:
    only: object


@dataclass(frozen=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Branch:
    zeta: object
    alpha: object
    mid: object
    hidden: object = field(default=None, repr=False)


def simple(random: Random) -> object:
    """What there is at the ends."""
    return random.choice(
        (
            random.choice(WORDS),
            random.choice((Word.ONE, Word.QUOTED, Number.SEVEN, None, True, False, -0.0, 1e300, 2.0)),
            random.randrange(-(2**70), 2**70),
            random.random() * 10 ** random.randrange(-8, 20),
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(10**8), microseconds=7),
            datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=random.randrange(-11, 12)))),
            date(2026, 1, 1) + timedelta(days=random.randrange(1_000)),
        )
    )


def value(random: Random, depth: int = 4) -> object:
    if depth == 0 or random.random() < 0.3:
        return simple(random)
    below = [value(random, depth - 1) for _ in range(random.randrange(4))]
    keys = [random.choice((*WORDS, 1, "1", None, Word.ONE)) for _ in below]
    return random.choice(
        (
            below,
            tuple(below),
            dict(zip(keys, below, strict=True)),
            MappingProxyType(dict(zip(keys, below, strict=True))),
            frozenset(random.choices(WORDS, k=3)),
            Leaf(below),
            Nothing(),
            Branch(below, simple(random), Leaf(simple(random))),
        )
    )


def general(one: object) -> Any:  # noqa: ANN401 (JSON values)
    """Told by asking each value what it is."""
    if dataclasses.is_dataclass(one):
        return {f.name: general(getattr(one, f.name)) for f in dataclasses.fields(one)}
    if isinstance(one, Mapping):
        return {str(key): general(below) for key, below in one.items()}
    if isinstance(one, frozenset):
        return sorted(general(below) for below in one)
    if isinstance(one, list | tuple):
        return [general(below) for below in one]
    if isinstance(one, datetime):
        return stamp(one)
    if isinstance(one, date):
        return one.isoformat()
    return round(one, 3) if isinstance(one, float) else one


def encoded(one: object) -> str:
    return json.dumps(one, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@pytest.mark.parametrize("seed", range(2))
def test_text_is_what_an_encoder_makes_of_the_plain_values(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (no secret)
    for _ in range(300):
        one = value(random)
        assert encoded(plain(one)) == encoded(general(one))
        assert text(one) == encoded(general(one))
        assert compact(text(one)) == compact(general(one)) == json_safe(encoded(general(one)))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        text({"a": [number]})


def test_some_attributes_by_name() -> None:
    told = texts("zeta", "mid")(Branch(WORDS, 1, {"b": 1.23456, "a": None}))
    assert told == {"zeta": encoded(list(WORDS)), "mid": '{"a":null,"b":1.235}'}


CASES: tuple[Callable[[], ReportData], ...] = (sample, hostile, empty, dark)


@pytest.mark.parametrize("case", CASES)
def test_each_asset_answer_and_member_of_a_report(case: Callable[[], ReportData]) -> None:
    data = case()
    members = [m for i in data.issues for o in i.occurrences for m in o.members]
    told = [*(a.asset for a in data.assets), *data.evidence, *data.gaps, *members]
    assert [text(one) for one in told] == [encoded(plain(one)) for one in told]


def _plainly(one: Occurrence, members: MemberTable, risks: RiskTable) -> dict[str, Any]:
    kept = {f.name: plain(getattr(one, f.name)) for f in dataclasses.fields(one)}
    return kept | {"members": members.positions(one), "risk": risks.position(one.risk)}


@pytest.mark.parametrize("case", CASES)
def test_each_occurrence_of_a_report(case: Callable[[], ReportData]) -> None:
    data = case()
    by_hand, members, risks = Findings(MemberTable(), RiskTable()), MemberTable(), RiskTable()
    listed = [o for i in data.issues for o in i.occurrences] + [*data.fixed, *data.carried]
    for one in [*listed, *listed]:  # what is known from the first time is told the same again
        assert by_hand.occurrence(one) == encoded(_plainly(one, members, risks))
    for issue in data.issues:
        told = json.loads(by_hand.issue(issue))
        assert [o["ref"] for o in told["occurrences"]] == [o.ref for o in issue.occurrences]


def test_the_arrays_of_a_report_are_as_long_as_its_data() -> None:
    data, told = sample(), document(sample())
    assert [sum(1 for _ in told[part]) for part in ("assets", "issues", "evidence")] == [
        *map(len, (data.assets, data.issues, data.evidence))
    ]
