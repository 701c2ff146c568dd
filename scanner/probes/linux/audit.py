"""The kernel's audit subsystem: auditd(8), auditctl(8). Only root may ask it."""

import re

from inventory.asset import Privilege
from inventory.facts.logs import Audit
from scanner.probes.linux.sections import ROOT_ONLY, Parts, parts
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

# Any account may name a process auditd: only root's counts.
BODY = (
    ROOT_ONLY
    + r"""
echo =daemon=
for file in $(grep -lsx auditd /proc/[0-9]*/comm); do [ "$(stat -c %u "${file%/comm}")" != 0 ] || echo auditd; done
echo =looked=
if command -v auditctl >/dev/null; then
  echo =status=; auditctl -s 2>/dev/null; echo "=status:$?="
  echo =rules=; auditctl -l 2>/dev/null; echo "=rules:$?="
fi
exit 0
"""
)

ENABLED = re.compile(r"^(?:AUDIT_STATUS: )?enabled[ =]([012])\b", re.MULTILINE)


def read_audit(text: str) -> Audit:
    said = parts(text)
    if "looked" not in said:
        raise Unreadable("the section on auditing did not answer")
    return Audit("auditd" in said.lines("daemon"), _enabled(said), _rules(said))


def _enabled(said: Parts) -> bool | None:
    """``enabled 1`` (2: and locked); before audit 2.3.4 ``AUDIT_STATUS: enabled=1 ...``."""
    match = ENABLED.search(said.text("status"))
    return None if match is None else number(match[1]) != 0


def _rules(said: Parts) -> int | None:
    """``No rules``, or one rule a line. Nothing at all is an error that went to stderr."""
    lines = said.lines("rules")
    return None if not lines or said.found["rules"].exit_code != 0 else sum(ln.startswith("-") for ln in lines)


AUDIT = ScriptProbe("audit", Script("audit", BODY, Privilege.ROOT), read_audit)
