"""The rules of risk as each scan keeps them: canonical JSON. Pure, standard library only.

The product and ``verify_evidence.py`` read the same JSON with it; ``checks.risk_rules`` reads what people write.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from checks.risk import Level, Rules


def stamped(rules: Rules) -> Rules:
    return replace(rules, digest=hashlib.sha256(as_text(rules).encode()).hexdigest())


def as_text(rules: Rules) -> str:
    """Canonical JSON: sorted keys, no blanks; without the digest, which is that of this text."""
    plain = {**asdict(rules), "day": rules.day.isoformat(), "device_roles": sorted(rules.device_roles)}
    del plain["digest"]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def rules_from(text: str) -> Rules:
    """What :func:`as_text` wrote. A field that an older version did not know has its default.

    Raises ``ValueError``, ``TypeError``, ``KeyError`` or ``AttributeError`` for any other text.
    """
    given = json.loads(text)
    known = {field.name: _READ.get(field.name, _as_it_is) for field in fields(Rules) if field.name in given}
    rules = Rules(**{name: made(given[name]) for name, made in known.items()})
    return replace(rules, digest=hashlib.sha256(text.encode()).hexdigest())


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    return value


_LEVEL_FIELDS = ("kev_least", "kev_least_exposed", "eol", "eol_exposed", "eol_within_a_year", "device_least", "floor")
_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_LEVEL_FIELDS, Level),
    "day": date.fromisoformat,
    "bod": lambda rows: tuple((str(row), Level(level)) for row, level in rows),
    "off": lambda rows: tuple((str(rule), str(why)) for rule, why in rows),
    "device_roles": frozenset,
    "device_systems": tuple,
    "ended_checks": tuple,
    "ending_checks": tuple,
}
