"""Service credits as they are told. Always with the label: what is due is for the two sides of the contract. Pure."""

from fractions import Fraction

from checks.credits import LABEL, Credits, Line

MOST_EVIDENCE = 8  # named in one line


def headline(one: Credits) -> str:
    """``larkspur-core 2026-03 (indicative): at least 2 %, at most 5 % ...``."""
    whole = "" if one.complete else ", month not over"
    charge = f" ({_amounts(one)})" if one.monthly_charge is not None else ""
    bounds = f"at least {percent(one.at_least)}, at most {percent(one.at_most)} of the monthly charge{charge}"
    return f"{one.contract} {one.month} ({LABEL}{whole}): {bounds}"


def _amounts(one: Credits) -> str:
    least, most = one.amount(one.at_least), one.amount(one.at_most)
    return f"{least:,.2f} to {most:,.2f} {one.currency}".strip()


def line(one: Line) -> str:
    """What, how much, and what it rests on."""
    more = len(one.evidence) - MOST_EVIDENCE
    named = ", ".join(one.evidence[:MOST_EVIDENCE]) + (f" and {more} more" if more > 0 else "")
    rests = f"; rests on {named}" if named else ""
    return f"{one.what}: {percent(one.at_least)} to {percent(one.at_most)}{rests}"


def percent(share: Fraction) -> str:
    """Exact to three digits."""
    text = f"{float(share):.3f}".rstrip("0").rstrip(".")
    return f"{text} %"


def plain(one: Credits) -> dict[str, object]:
    """As JSON values."""
    return {
        "label": LABEL,
        "contract": one.contract,
        "supplier": one.supplier,
        "month": one.month,
        "complete": one.complete,
        "currency": one.currency,
        "monthly_charge": one.monthly_charge,
        "at_least_percent": _number(one.at_least),
        "at_most_percent": _number(one.at_most),
        "at_least": one.amount(one.at_least),
        "at_most": one.amount(one.at_most),
        "capped_at_percent": _number(one.cap),
        "lines": [
            {
                "what": each.what,
                "at_least_percent": _number(each.at_least),
                "at_most_percent": _number(each.at_most),
                "evidence": list(each.evidence),
            }
            for each in one.lines
        ],
        "notes": list(one.notes),
    }


def _number(share: Fraction) -> float:
    return round(float(share), 6)
