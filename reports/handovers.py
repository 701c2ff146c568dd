"""Handovers from one supplier to another: what was open then, and what of it still is. Pure text and JSON values."""

from collections.abc import Mapping, Sequence
from typing import Any

from checks.responsibility import Inherited
from inventory.estate import Supplier
from reports.text import count, day, listing, safe_text

MOST = 10  # references in a sentence


def sentences(told: Sequence[Inherited], suppliers: Mapping[str, Supplier]) -> list[str]:
    """One for each handover, oldest first."""
    return [_sentence(one, suppliers) for one in told]


def _sentence(one: Inherited, suppliers: Mapping[str, Supplier]) -> str:
    passed = one.baseline.handover
    before, after = (_name(key, suppliers) for key in (passed.before, passed.after))
    was = len(one.baseline.findings)
    still = f"{len(one.still):,} of them still do{f': {listing(one.still, MOST)}' if one.still else ''}"
    return (
        f"{day(passed.day)}: {after} took over the {passed.layer.value} layer of {count(len(passed.assets), 'asset')} "
        f"from {before}. {count(was, 'finding')} counted then (scan {one.baseline.scan}); {still}."
    )


def _name(key: str, suppliers: Mapping[str, Supplier]) -> str:
    found = suppliers.get(key)
    return safe_text(found.name if found else key, 80)


def plain(told: Sequence[Inherited]) -> list[dict[str, Any]]:
    """As JSON values, in the shape of docs/report-schema.json."""
    return [_plain(one) for one in told]


def _plain(one: Inherited) -> dict[str, Any]:
    passed = one.baseline.handover
    return {
        "day": passed.day.isoformat(),
        "before": passed.before,
        "after": passed.after,
        "layer": passed.layer.value,
        "assets": list(passed.assets),
        "scan": one.baseline.scan,
        "evidence_root": one.baseline.evidence_root,
        "findings": list(one.baseline.findings),
        "still": list(one.still),
    }
