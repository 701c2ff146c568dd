"""When the accounts that people can work with were last used: lastlog(8), lastlog2(8).

Names and days only: terminals, addresses and times of day are dropped on the host. Accounts without a shell, and
those with neither a password nor a key, are not asked about.
"""

from datetime import date

from inventory.asset import Privilege
from inventory.facts.accounts import Login, Logins
from inventory.facts.missing import Reason
from scanner.probes.linux.sections import ended
from scanner.probes.linux.shadow import REDUCE, read_entry
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

BODY = (
    REDUCE
    + r"""
[ -r /etc/passwd ] || exit 77
[ -r /etc/shadow ] || [ ! -e /etc/shadow ] || exit 77
if [ -e /var/lib/lastlog/lastlog2.db ] && command -v lastlog2 >/dev/null; then tool=lastlog2
elif command -v lastlog >/dev/null; then tool=lastlog
else exit 69
fi
command -v awk >/dev/null || exit 69
echo =now=
date +%s
echo =accounts=
while IFS=: read -r name field uid gid gecos home shell || [ -n "$name" ]; do
  case $shell in */nologin|*/false|*/true|*/sync|*/halt|*/shutdown) continue ;; esac
  key=; [ ! -s "$home/.ssh/authorized_keys" ] || key=key
  if [ "$field" = x ]; then state=; else reduce "$field"; fi
  printf '%s\n' "$name:$state:$key"
done </etc/passwd
echo =shadow=
[ ! -e /etc/shadow ] || while IFS=: read -r name field change least most rest || [ -n "$name" ]; do
  reduce "$field"
  printf '%s\n' "$name:$state:$change:"
done </etc/shadow
if out=$($tool); then
  echo =lastlog=
  printf '%s\n' "$out" | awk 'NR > 1 { if (/\*\*/) print $1; else print $1, $(NF-4), $(NF-3), $NF }'
fi
echo =end=
"""
)

MONTHS = {
    name: place
    for place, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
DAY = 86_400
_NEVER: tuple[str, ...] = ()


def read_logins(text: str) -> Logins:
    found = ended(text, "now", "accounts", "shadow")
    if "lastlog" not in found:
        raise Unreadable("the host keeps no record of log-ins", Reason.OUTPUT_UNREADABLE)
    today = _today(found.lines("now"))
    shadow = {entry.name: entry for entry in map(read_entry, found.lines("shadow"))}
    last = {words[0]: tuple(words[1:]) for line in found.lines("lastlog") if (words := line.split())}
    items = []
    for line in found.lines("accounts"):
        name, state, key = (line.split(":") + [""] * 2)[:3]
        entry = shadow.get(name)
        state = state or (entry.state if entry else "locked")
        if key or state != "locked":
            if name not in last:
                raise Unreadable("the record of log-ins leaves out an account")
            items.append(
                Login(name, _days_ago(last[name], today), _age(entry.last_change_day if entry else None, today))
            )
    return Logins(tuple(items))


def _today(lines: list[str]) -> int:
    """Days since 1970-01-01, by the host's clock."""
    now = number(lines[0]) if lines else None
    if now is None:
        raise Unreadable("the host did not say what time it is")
    return now // DAY


def _days_ago(words: tuple[str, ...], today: int) -> int | None:
    """``Nov 22 2025``, or nothing for never."""
    if words == _NEVER:
        return None
    try:
        month, day, year = words
        then = date(int(year), MONTHS[month], int(day)).toordinal() - date(1970, 1, 1).toordinal()
    except (ValueError, KeyError, OverflowError):
        raise Unreadable("a date in the record of log-ins cannot be read") from None
    return max(0, today - then)


def _age(changed: int | None, today: int) -> int | None:
    """Day 0 means "must be changed at the next log-in" (shadow(5)): it says nothing about the age."""
    return max(0, today - changed) if changed else None


LOGINS = ScriptProbe("logins", Script("logins", BODY, Privilege.ROOT), read_logins, tool="lastlog or lastlog2 (or awk)")
