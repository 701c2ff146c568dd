"""Tables of SNMP answers as rows of cells, and the numbers in them. A value that is none is None, never 0."""

import math
import re
from collections.abc import Iterable

from scanner.probes.network.varbinds import VarBind, VarBinds, key_of

MAX_ROWS = 5_000  # of one table: a fully stacked chassis has 2,000 entities, ports and sensors with it
MAX_NAME = 120  # characters
NUMBER = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,6})?)")
LONGEST_NUMBER = 40

Row = dict[int, VarBind]  # by column


def table(answered: VarBinds, base: str, columns: Iterable[int], scalar: bool = False) -> dict[str, Row]:
    """Rows by index (``3`` or ``1.0.2``) in OID order, at most ``MAX_ROWS``. ``scalar``: one row, with the index 0."""
    rows: dict[str, Row] = {}
    for column in columns:
        start = f"{base}.{column}"
        for bind in answered.under(start):
            index = bind.oid[len(start) + 1 :]
            if scalar and index != "0":
                continue
            if index in rows or len(rows) < MAX_ROWS:
                rows.setdefault(index, {})[column] = bind
    return {index: rows[index] for index in sorted(rows, key=key_of)}


def text(bind: VarBind | None) -> str | None:
    """One printable line of at most ``MAX_NAME`` characters, None when there is nothing in it."""
    if bind is None:
        return None
    told = "".join(c if c.isprintable() else " " for c in bind.text[: 4 * MAX_NAME])
    return " ".join(told.split())[:MAX_NAME] or None


def number(bind: VarBind | None) -> float | None:
    """The number a value begins with: ``42``, ``35 C/95 F``, ``-7.5``."""
    found = NUMBER.match(bind.text[:LONGEST_NUMBER]) if bind else None
    return float(found[1]) if found else None


def whole(bind: VarBind | None) -> int | None:
    """A whole number. What has a fraction or a unit is none."""
    told = bind.text if bind else ""
    return int(told) if re.fullmatch(r"[+-]?\d{1,20}", told) else None


def counter(bind: VarBind | None) -> int | None:
    """A number that cannot be below 0; one that is has been stored in too few bits and says nothing."""
    value = whole(bind)
    return value if value is not None and 0 <= value < 2**64 else None


def rounded(value: float) -> float | None:
    """Six significant digits; None for what is no finite number."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def unique(name: str, index: str, taken: set[str]) -> str:
    """The name, with the table's index behind it where another thing has the same name already."""
    chosen = name if name not in taken else f"{name} ({index})"
    number_ = 2
    while chosen in taken:
        chosen, number_ = f"{name} ({index}, {number_})", number_ + 1
    taken.add(chosen)
    return chosen
