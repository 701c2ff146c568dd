"""CISA's Binding Operational Directive 26-04: how soon a weakness is to be remedied.

The 16 rows are those of CISA's decision table "CISA BOD 26-04" (namespace cisa, key DT_BOD2604, version 1.0.0).
The table itself knows no unknown. Its decision points list their values from the least on; where an input is not known,
the least is taken and named in ``assumed``: what nobody has shown makes nothing more urgent.
"""

from dataclasses import dataclass

VERSION = "1.0.0"
UPGRADE, DAYS_60, DAYS_14, DAYS_3 = "fix on system upgrade", "60 days", "14 days", "3 days"
FORENSIC = "3 days and forensic investigation"

# (in KEV, publicly exposed, automatable, total technical impact) -> by when. Rows in CISA's order.
_ROWS: dict[tuple[bool, bool, bool, bool], tuple[int, str]] = {
    (False, False, False, False): (0, UPGRADE),
    (True, False, False, False): (1, DAYS_14),
    (False, True, False, False): (2, DAYS_60),
    (False, False, True, False): (3, DAYS_60),
    (False, False, False, True): (4, UPGRADE),
    (True, True, False, False): (5, DAYS_14),
    (True, False, True, False): (6, DAYS_14),
    (False, True, True, False): (7, DAYS_14),
    (True, False, False, True): (8, DAYS_14),
    (False, True, False, True): (9, DAYS_14),
    (False, False, True, True): (10, DAYS_60),
    (True, True, True, False): (11, DAYS_3),
    (True, True, False, True): (12, FORENSIC),
    (True, False, True, True): (13, FORENSIC),
    (False, True, True, True): (14, DAYS_3),
    (True, True, True, True): (15, FORENSIC),
}
_INPUTS = ("not in KEV", "not publicly exposed", "not automatable", "partial technical impact")


@dataclass(frozen=True, slots=True)
class Row:
    number: int  # in CISA's table, from 0
    within: str
    assumed: tuple[str, ...]  # inputs that nobody knows, as they were taken


def row_of(kev: bool | None, exposed: bool | None, automatable: bool | None, total: bool | None) -> Row:
    """None: unknown."""
    known = (kev, exposed, automatable, total)
    number, within = _ROWS[bool(kev), bool(exposed), bool(automatable), bool(total)]
    return Row(number, within, tuple(word for word, value in zip(_INPUTS, known, strict=True) if value is None))


def exposed_of(exposure: str | None) -> bool | None:
    """Of the inventory's word. "Publicly exposed" is reachable by untrusted parties over a public network."""
    return None if exposure is None else exposure == "internet"
