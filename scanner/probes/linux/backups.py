"""How old the marks are that a backup touches when it succeeds. The inventory names them (``backup_marks``)."""

import shlex

from inventory.asset import Asset
from inventory.facts.missing import Reason
from inventory.facts.storage import BackupMark, Backups
from scanner.probes.linux.sections import bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

# A mark that cannot be seen is missing only if its nearest existing directory may be searched.
BODY = r"""
mark() {
  if [ -e "$1" ]; then printf '> %s %s\n' "$(stat -L -c %Y -- "$1" || date -r "$1" +%s)" "$1"; return; fi
  up=$1
  while [ -n "$up" ] && [ ! -d "${up:-/}" ]; do up=${up%/*}; done
  if [ -x "${up:-/}" ]; then printf '%s\n' "> missing $1"; else printf '%s\n' "> denied $1"; fi
}
echo =now=
date +%s
echo =marks=
"""

AHEAD_SECONDS = 300  # a mark further in the future than this has no age


def ask(asset: Asset) -> Script | None:
    if not asset.backup_marks:
        return None
    calls = "".join(f"mark {shlex.quote(path)}\n" for path in asset.backup_marks)
    return Script("backups", f"{BODY}{calls}echo =end=\n")


def read_backups(text: str) -> Backups:
    found = ended(text, "now", "marks")
    now = number("".join(found.lines("now")))
    if now is None:
        raise Unreadable("the host did not say what time it is")
    bounded(len(found.lines("marks")), 10_000, "backup marks")
    return Backups(tuple(_mark(line, now) for line in found.lines("marks")))


def _mark(line: str, now: int) -> BackupMark:
    sign, _, rest = line.partition(" ")
    said, _, path = rest.partition(" ")
    if sign != ">" or not path:
        raise Unreadable("a line about a backup mark cannot be read")
    if said == "denied":
        raise Unreadable(f"this account may not look for {path}", Reason.PRIVILEGE_TOO_LOW)
    touched = number(said)
    if touched is None and said != "missing":
        raise Unreadable(f"the age of {path} could not be read")
    age = None if touched is None or touched > now + AHEAD_SECONDS else max(0, now - touched)
    return BackupMark(path, touched is not None, age)


BACKUPS = ScriptProbe(
    "backups",
    Script("backups", f"{BODY}echo =end=\n"),
    read_backups,
    script_for=ask,
    nothing_asked="the inventory names no backup marks for this asset",
)
